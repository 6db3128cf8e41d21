import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from transformers import PreTrainedTokenizerBase

from eval.checkpoint import checkpoint_of
from tests.conftest import ROOT
from tests.training.conftest import (
    TINY,
    Cut,
    cut_after,
    cut_before_the_result,
    drifting_data,
    equal_weights,
    grpo_config,
    make_samples,
    sft_config,
    weights,
    write_samples,
)
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json, write_json
from tickertune.core.models import resolve_model
from tickertune.core.prompting import prompt_ids
from tickertune.core.recipe import GrpoConfig, ModelConfig, load_config
from tickertune.core.tasks import get_task
from training import grpo, sft
from training.checkpoints import last_complete
from training.grpo import train

LOGGED = {
    "reward", "rewards/format/mean", "rewards/accuracy/mean", "rewards/pnl/mean", "share/up", "share/down",
    "share/unparsed", "right", "stage", "frac_reward_zero_std", "entropy", "completions/mean_length", "completions/clipped_ratio", "tokens",
}  # fmt: skip


@pytest.fixture(scope="module")
def base(answering_model: Path) -> ModelConfig:
    return ModelConfig(name=str(answering_model / "model"), dtype="float32")


@pytest.fixture(scope="module")
def adapter_stage(dataset: Path, base: ModelConfig, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("sft")
    sft.train(sft_config(dataset, output, model=base, token_budget=600))
    return output


@pytest.fixture(scope="module")
def whole(dataset: Path, base: ModelConfig, adapter_stage: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An undisturbed run of four steps from an adapter."""
    output = tmp_path_factory.mktemp("grpo")
    train(grpo_config(dataset, output, model=base, init=adapter_stage))
    return output


def test_the_sft_adapter_is_trained_on(whole: Path, adapter_stage: Path) -> None:
    before, after = weights(adapter_stage / "adapter"), weights(whole / "adapter")
    assert before.keys() == after.keys()
    assert any(bool((before[name] != after[name]).any()) for name in before)
    facts = read_json(whole / "tickertune.json")
    assert (facts["method"], facts["steps"], facts["rollouts"]) == ("lora", 4, 32)


def test_every_step_is_logged_with_its_terms_and_actions(whole: Path) -> None:
    lines = [json.loads(line) for line in (whole / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [1, 2, 3, 4]
    for line in lines:
        assert line.keys() >= LOGGED
        assert line["share/up"] + line["share/down"] + line["share/unparsed"] == pytest.approx(1)
        terms = 0.25 * line["rewards/format/mean"] + 0.25 * line["rewards/accuracy/mean"] + line["rewards/pnl/mean"]
        assert line["reward"] == pytest.approx(terms, abs=1e-5)
    assert lines[-1]["tokens"] == read_json(whole / "tickertune.json")["tokens"]
    assert read_json(whole / "baselines.json")["policies"]


@pytest.fixture(scope="module")
def reused(dataset: Path, base: ModelConfig, adapter_stage: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An undisturbed run of six steps that trains twice on the rollouts of each generation buffer."""
    output = tmp_path_factory.mktemp("reused")
    train(grpo_config(dataset, output, model=base, init=adapter_stage, **REUSING))
    return output


REUSING: dict[str, Any] = {"steps": 6, "save_steps": 2, "trainer": {"num_iterations": 2}}


@pytest.mark.parametrize(
    ("undisturbed", "changes", "cut"),
    [("whole", {}, 3), ("reused", REUSING, 3), ("reused", REUSING, 5)],
    ids=["between buffers", "inside the second buffer", "inside the third buffer"],
)
def test_resumed_training_ends_in_the_same_weights_and_log(
    undisturbed: str, changes: dict[str, Any], cut: int, dataset: Path, base: ModelConfig, adapter_stage: Path,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest,
) -> None:  # fmt: skip
    """With ``num_iterations`` 2 a buffer lasts two steps: a kill after its first resumes from the checkpoint before it."""
    expected: Path = request.getfixturevalue(undisturbed)
    config = grpo_config(dataset, tmp_path, model=base, init=adapter_stage, **changes)
    with monkeypatch.context() as patch:
        cut_after(patch, cut)
        with pytest.raises(Cut):
            train(config)
    assert last_complete(tmp_path / "checkpoints") == tmp_path / "checkpoints" / f"checkpoint-{cut - 1}"
    train(config)
    assert equal_weights(expected / "adapter", tmp_path / "adapter")
    assert (expected / "log.jsonl").read_text() == (tmp_path / "log.jsonl").read_text()


def test_killed_between_its_last_checkpoint_and_its_result_it_takes_no_further_step(
    reused: Path, dataset: Path, base: ModelConfig, adapter_stage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = grpo_config(dataset, tmp_path, model=base, init=adapter_stage, **REUSING)
    with monkeypatch.context() as patch:
        cut_before_the_result(patch, grpo)
        with pytest.raises(Cut):
            train(config)
    again = train(config)
    assert {**read_json(reused / "tickertune.json"), "seconds": 0} == {**again, "seconds": 0}
    assert equal_weights(reused / "adapter", tmp_path / "adapter")
    prompts = REUSING["steps"] // 2 * config.prompts_per_step
    assert (again["samples"], again["rollouts"]) == (prompts, prompts * config.num_generations)


def test_same_seed_same_bytes_and_another_seed_others(
    whole: Path, dataset: Path, base: ModelConfig, adapter_stage: Path, tmp_path: Path
) -> None:
    for seed in (0, 1):
        train(grpo_config(dataset, tmp_path / str(seed), model=base, init=adapter_stage, seed=seed))
    files = [folder / "adapter" / "adapter_model.safetensors" for folder in (whole, tmp_path / "0", tmp_path / "1")]
    assert files[0].read_bytes() == files[1].read_bytes() != files[2].read_bytes()


def test_an_adapter_of_another_base_of_the_same_name_is_refused(
    dataset: Path, base: ModelConfig, adapter_stage: Path, whole: Path, tmp_path: Path
) -> None:
    """``name`` of both is a folder called ``model``; the other one has the tiny model's first weights."""
    other = ModelConfig(name=str(tmp_path / "model"), dtype="float32")
    shutil.copytree(resolve_model(TINY), other.name)
    for folder in (adapter_stage, whole):
        with pytest.raises(TickerTuneError, match="was trained on another base than"):
            checkpoint_of("tuned", folder, other)
        assert checkpoint_of("tuned", folder, base).adapter == folder / "adapter"
    with pytest.raises(TickerTuneError, match="was trained on another base than"):
        train(grpo_config(dataset, tmp_path / "out", model=other, init=adapter_stage))
    assert not (tmp_path / "out" / "adapter").exists()


def test_a_refused_command_leaves_what_a_finished_stage_has_found(
    dataset: Path, base: ModelConfig, adapter_stage: Path, whole: Path, tmp_path: Path
) -> None:
    shutil.copytree(whole, tmp_path / "run")
    other = grpo_config(dataset, tmp_path / "run", model=base, init=adapter_stage, pnl={"cost_bps": 50})
    with pytest.raises(TickerTuneError, match=r"trained with other settings or data \(pnl\)"):
        train(other)
    for name in ("baselines.json", "config.yaml", "log.jsonl", "tickertune.json"):
        assert (tmp_path / "run" / name).read_bytes() == (whole / name).read_bytes()


def test_fully_trained_weights_are_trained_on(dataset: Path, answering_model: Path, tmp_path: Path) -> None:
    facts = train(grpo_config(dataset, tmp_path, init=answering_model, steps=2, beta=0.04))
    assert facts["method"] == "full"
    assert not equal_weights(answering_model / "model", tmp_path / "model")


def test_with_a_kl_term_only_the_policy_is_saved(
    dataset: Path, base: ModelConfig, adapter_stage: Path, tmp_path: Path
) -> None:
    train(grpo_config(dataset, tmp_path, model=base, init=adapter_stage, steps=1, beta=0.04))
    assert not [path for path in (tmp_path / "adapter").iterdir() if path.is_dir()]


def test_rollouts_start_from_the_same_ids_as_sft(
    dataset: Path,
    base: ModelConfig,
    tokenizer: PreTrainedTokenizerBase,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from trl import GRPOTrainer

    seen: list[tuple[Any, Any]] = []
    tokenise = GRPOTrainer._tokenize_prompts

    def spy(self: Any, prompts: Any) -> Any:
        ids = tokenise(self, prompts)
        seen.extend(zip(prompts, ids[0], strict=True))
        return ids

    monkeypatch.setattr(GRPOTrainer, "_tokenize_prompts", spy)
    train(grpo_config(dataset, tmp_path, model=base, steps=1))
    assert len(seen) == 8
    assert all(ids == prompt_ids(tokenizer, prompt) for prompt, ids in seen)


def test_a_reward_that_pays_a_constant_stops_before_training(tmp_path: Path) -> None:
    data = drifting_data(tmp_path / "data")
    with pytest.raises(TickerTuneError, match="Policy 'always up' earns"):
        train(grpo_config(data, tmp_path / "out", on_constant_wins="stop"))
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["baselines.json"]


def test_vllm_rollouts_need_a_gpu(dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr("training.preflight.checks.find_spec", lambda name: object())
    with pytest.raises(TickerTuneError, match="rollouts by vLLM need an NVIDIA GPU"):
        train(grpo_config(dataset, tmp_path, vllm=True))


def test_qlora_policies_are_not_handed_to_vllm(dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_json(tmp_path / "tickertune.json", {"method": "qlora"})
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("training.preflight.checks.find_spec", lambda name: object())
    with pytest.raises(TickerTuneError, match="a QLoRA policy cannot be handed to vLLM"):
        train(grpo_config(dataset, tmp_path / "out", init=tmp_path, vllm=True))


def test_an_unfinished_or_foreign_start_is_refused(dataset: Path, adapter_stage: Path, tmp_path: Path) -> None:
    with pytest.raises(TickerTuneError, match="to start from does not exist"):
        train(grpo_config(dataset, tmp_path / "out", init=tmp_path / "nowhere"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(TickerTuneError, match=r"tickertune.json does not exist"):
        train(grpo_config(dataset, tmp_path / "out", init=tmp_path / "empty"))
    with pytest.raises(TickerTuneError, match="was trained on model, not on tiny-llama"):
        train(grpo_config(dataset, tmp_path / "out", init=adapter_stage))


@pytest.mark.parametrize("name", ["retuning", "trading_r1", "portfolio"])
def test_the_example_rewards_train(name: str, tmp_path: Path) -> None:
    """A step of every stage on the tiny model, whose replies nobody can read: all terms are logged and finite."""
    recipe = load_config(GrpoConfig, ROOT / "recipes" / name / "grpo.yaml")
    task = "movement5" if name == "trading_r1" else "movement3"
    samples = [
        sample.model_copy(update={"task": task, "answer": get_task(task).answer(sample.label)})
        for sample in make_samples(8)
    ]
    data = write_samples(tmp_path / "data", samples)
    stages = [stage.model_copy(update={"steps": 1}) for stage in recipe.stages]
    changes = {
        "model": TINY, "dataset": data, "output": tmp_path / "out", "stages": stages, "steps": max(len(stages), 1),
        "prompts_per_step": 4, "num_generations": 2, "max_completion_length": 64, "save_steps": 1, "on_constant_wins": "warn",
    }  # fmt: skip
    train(recipe.model_copy(update=changes))
    lines = [json.loads(line) for line in (tmp_path / "out" / "log.jsonl").read_text().splitlines()]
    terms = recipe.schedule()[0][1]
    assert [line["stage"] for line in lines] == list(range(len(lines)))
    for line, (_, paid) in zip(lines, recipe.schedule(), strict=True):
        assert list(paid) == list(terms)
        reward = sum(weight * line[f"rewards/{term}/mean"] for term, weight in paid.items())
        assert line["reward"] == pytest.approx(reward, abs=1e-5)
    names = [f"baselines-{stage.name}.json" for stage in stages] or ["baselines.json"]
    assert all(read_json(tmp_path / "out" / file)["policies"] for file in names)
