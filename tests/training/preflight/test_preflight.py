import json
from pathlib import Path
from typing import Any

import pytest
from transformers import PreTrainedTokenizerBase

from data_pipeline.dataset import read_split
from tests.training.conftest import TINY, drifting_data, grpo_config, make_samples, sft_config, write_samples
from tickertune.core.errors import TickerTuneError
from tickertune.core.models import resolve_model
from tickertune.core.prompting import completion_ids, prompt_ids
from tickertune.core.tasks import get_task
from training.examples import build_examples
from training.models import end_ids, load_tokenizer
from training.preflight import check_template, estimate, first_reading, grpo_lengths, sft_lengths, sft_shape
from training.preflight.look import look
from training.sft import train

TASK = get_task("movement")


@pytest.fixture
def sample(dataset: Path) -> dict[str, Any]:
    return read_split(dataset, "train").row(0, named=True)


def test_lengths_are_those_that_training_reads(
    dataset: Path, tmp_path: Path, tokenizer: PreTrainedTokenizerBase
) -> None:
    samples = read_split(dataset, "train")
    config = sft_config(dataset, tmp_path, max_length=400)
    read = [len(ids) for ids in build_examples(samples, tokenizer, TASK, config).input_ids]
    found = sft_lengths(samples, "train", tokenizer, TASK, config)
    assert (found.rows, found.least, found.most, found.tokens) == (len(read), min(read), max(read), sum(read))
    assert (found.over, found.no_end, found.masked) == (0, 0, 0)
    short = sft_lengths(samples, "train", tokenizer, TASK, sft_config(dataset, tmp_path, max_length=found.median))
    assert short.over == sum(size > found.median for size in read)
    assert short.tokens == sum(size for size in read if size <= found.median)
    prompts = grpo_lengths(samples, "train", tokenizer, grpo_config(dataset, tmp_path))
    assert prompts.most == max(len(prompt_ids(tokenizer, messages)) for messages in samples["messages"].to_list())


@pytest.mark.parametrize(("policy", "kept"), [("drop", "fewer"), ("truncate", "all")])
def test_too_long_samples(
    policy: str, kept: str, dataset: Path, tmp_path: Path, tokenizer: PreTrainedTokenizerBase
) -> None:
    samples = read_split(dataset, "train")
    whole = build_examples(samples, tokenizer, TASK, sft_config(dataset, tmp_path))
    limit = max(map(len, whole.input_ids)) - 1
    config = sft_config(dataset, tmp_path, max_length=limit, too_long=policy)
    examples = build_examples(samples, tokenizer, TASK, config)
    over = sum(len(ids) > limit for ids in whole.input_ids)
    assert over > 0
    assert (len(examples) == len(whole)) == (kept == "all")
    assert (examples.truncated, examples.dropped["too_long"]) == ((over, 0) if policy == "truncate" else (0, over))
    for name, ids, mask in zip(examples.sample_ids, examples.input_ids, examples.completion_mask, strict=True):
        before = whole.input_ids[whole.sample_ids.index(name)]
        assert ids == before[-len(ids) :]  # what goes is the oldest
        assert mask == whole.completion_mask[whole.sample_ids.index(name)][-len(ids) :]
        assert sum(mask) > 1
        assert ids[-1] == tokenizer.eos_token_id
    assert sft_lengths(samples, "train", tokenizer, TASK, config).tokens == examples.tokens


def test_too_long_samples_can_be_refused(dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(TickerTuneError, match=r"\d+ of 24 samples are longer than max_length 50"):
        train(sft_config(dataset, tmp_path, max_length=50, too_long="raise"))


def test_the_answer_is_what_is_trained(sample: dict[str, Any], tokenizer: PreTrainedTokenizerBase) -> None:
    reading = first_reading(sample, tokenizer, TASK)
    trained = "".join(piece for piece, on in zip(reading.pieces, reading.trained, strict=True) if on)
    assert trained == sample["answer"] + tokenizer.eos_token
    assert sample["messages"][1]["content"] in "".join(reading.pieces)


def test_a_sound_template_passes(sample: dict[str, Any], tokenizer: PreTrainedTokenizerBase) -> None:
    check_template(sample, tokenizer, TASK, end_ids(resolve_model(TINY), TINY, tokenizer))


def test_an_end_that_stops_no_generation_is_refused(sample: dict[str, Any], tokenizer: PreTrainedTokenizerBase) -> None:
    with pytest.raises(TickerTuneError, match="generates on until"):
        check_template(sample, tokenizer, TASK, {0})


def test_a_template_that_rewrites_the_conversation_is_refused(
    sample: dict[str, Any], tokenizer: PreTrainedTokenizerBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    template = tokenizer.chat_template
    monkeypatch.setattr(
        tokenizer, "chat_template", "{% if messages[-1]['role'] == 'assistant' %}again{% endif %}" + str(template)
    )
    with pytest.raises(TickerTuneError, match="renders a conversation otherwise"):
        check_template(sample, tokenizer, TASK, {tokenizer.eos_token_id})


def test_two_begin_tokens_are_refused(sample: dict[str, Any]) -> None:
    own = load_tokenizer(resolve_model(TINY), TINY)
    own.bos_token = own.convert_ids_to_tokens(5)
    own.chat_template = own.bos_token * 2 + str(own.chat_template)
    with pytest.raises(TickerTuneError, match="two begin tokens"):
        check_template(sample, own, TASK, {own.eos_token_id})


@pytest.mark.parametrize(("batch", "accumulation", "epochs"), [(4, 1, 1), (4, 2, 2), (8, 1, 1.5), (5, 1, 1)])
def test_steps_and_checkpoints_are_those_of_training(
    batch: int, accumulation: int, epochs: float, dataset: Path, tmp_path: Path
) -> None:
    config = sft_config(
        dataset, tmp_path, batch_size=batch, gradient_accumulation=accumulation, epochs=epochs, save_steps=2
    )
    facts = train(config)
    shape = sft_shape(config, facts["samples"], 1)
    assert shape.steps == facts["steps"]
    assert shape.rows == batch * accumulation


def test_memory_counts_the_models_weights(dataset: Path, tmp_path: Path) -> None:
    from safetensors import safe_open

    base = resolve_model(TINY)
    (path,) = Path(base).glob("*.safetensors")
    with safe_open(path, "pt") as stored:
        weights = sum(stored.get_tensor(name).numel() for name in stored.keys())  # noqa: SIM118 (no mapping)
    full = estimate(sft_config(dataset, tmp_path, method="full", lora={}), base, "full", 4, 200, 9)
    assert (full.weights, full.gradients, full.optimizer) == (4 * weights, 4 * weights, 8 * weights)
    lora = estimate(sft_config(dataset, tmp_path), base, "lora", 4, 200, 9)
    qlora = estimate(sft_config(dataset, tmp_path, method="qlora"), base, "qlora", 4, 200, 9)
    assert qlora.weights < lora.weights < full.total
    assert lora.optimizer == 2 * lora.gradients < full.optimizer
    saving = estimate(sft_config(dataset, tmp_path, gradient_checkpointing=True), base, "lora", 4, 200, 9)
    assert saving.activations < lora.activations
    assert estimate(sft_config(dataset, tmp_path), base, "lora", 8, 200, 9).activations == 2 * lora.activations
    assert estimate(grpo_config(dataset, tmp_path), base, "lora", 4, 200, 9).rollouts > 0


def test_adapter_weights_are_those_of_the_saved_adapter(dataset: Path, tmp_path: Path) -> None:
    from tests.training.conftest import weights

    config = sft_config(dataset, tmp_path)
    train(config)
    saved = sum(tensor.numel() for tensor in weights(tmp_path / "adapter").values())
    assert estimate(config, resolve_model(TINY), "lora", 4, 200, 9).gradients == 4 * saved


def test_look_at_both_stages(dataset: Path, tmp_path: Path, tokenizer: PreTrainedTokenizerBase) -> None:
    sft = look(sft_config(dataset, tmp_path), dataset, 2, "lora")
    assert [row["split"] for row in sft["lengths"]] == ["train"]
    assert sft["batches"]["rows"] == 8
    assert sft["answer_tokens"]["up"] == len(completion_ids(tokenizer, TASK, "up"))
    grpo = look(grpo_config(dataset, tmp_path), dataset, 1, "lora")
    assert grpo["reading"] is None
    assert grpo["batches"]["rows"] == 8
    json.dumps([sft, grpo], allow_nan=False)
    assert grpo["dropped"] == {"too_long": 0, "no_outcome": 0, "other_task": 0}
    assert not list(tmp_path.iterdir()), "a look writes nothing"


@pytest.mark.parametrize(
    ("changes", "processes", "said"),
    [
        ({"max_completion_length": 2}, 1, "Set max_completion_length to at least"),
        ({"max_completion_length": 12, "reply": "tagged"}, 1, r"an answer of task movement has \d\d tokens"),
        ({"trainer": {"max_grad_nrm": 1}}, 1, "did you mean 'max_grad_norm'"),
        ({"trainer": {"generation_kwargs": {"top_p": 0.9}}}, 1, "importance ratio"),
        ({"trainer": {"num_iterations": 4}}, 1, "save_steps 2 is no multiple of trainer.num_iterations 4"),
        ({"trainer": {"per_device_train_batch_size": "four"}}, 1, "is 'four', not a whole number from 1 on"),
        ({"lora": {"target_modules": ["q_proj", "v_porj"]}}, 1, r"names 'v_porj' \(did you mean 'v_proj'\?\)"),
        ({"lora": {"target_modules": "q_porj"}}, 1, "PEFT cannot adapt lora.target_modules 'q_porj'"),
        ({}, 3, "cannot be shared by 3 processes"),
        ({"rewards": {"decision_matrix": 1}}, 1, "rows has 5 rows, but task movement has 2 labels"),
        ({"prompts_per_step": 30}, 1, "A step takes 30 prompts, but 24 of 24 are left"),
        (
            {"max_prompt_length": 40},
            1,
            r"A step takes 2 prompts, but 0 of 24 are left \(24 too_long, 0 no_outcome, 0 other_task\)",
        ),
        ({"max_completion_length": 2040}, 1, "tiny-llama has 2048 positions"),
    ],
)
def test_what_grpo_would_refuse_is_refused_before(
    changes: dict[str, Any], processes: int, said: str, dataset: Path, tmp_path: Path
) -> None:
    with pytest.raises(TickerTuneError, match=said):
        look(grpo_config(dataset, tmp_path, **changes), dataset, processes, "lora")


def test_a_reward_that_pays_a_constant_is_told_before(tmp_path: Path) -> None:
    data = drifting_data(tmp_path / "data")
    with pytest.raises(TickerTuneError, match="Policy 'always up' earns"):
        look(grpo_config(data, tmp_path, on_constant_wins="stop"), data, 1, "lora")
    (warning,) = look(grpo_config(data, tmp_path, on_constant_wins="warn"), data, 1, "lora")["warnings"]
    assert warning.startswith("Policy 'always up' earns")


def test_prompts_that_grpo_leaves_out_are_counted(tmp_path: Path) -> None:
    samples = [
        sample.model_copy(update={"ret_scaled": None} if place < 5 else {})
        for place, sample in enumerate(make_samples())
    ]
    data = write_samples(tmp_path / "data", samples)
    assert look(grpo_config(data, tmp_path), data, 1, "lora")["dropped"] == {
        "too_long": 0,
        "no_outcome": 5,
        "other_task": 0,
    }


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"trainer": {"optim": "steepest"}}, "TRL refuses the configuration"),
        ({"trainer": {"learning_rat": 1}}, "did you mean 'learning_rate'"),
        ({"max_length": 40}, "No training example is left of 24"),
        ({"max_length": 50, "too_long": "raise"}, "longer than max_length 50"),
    ],
)
def test_what_sft_would_refuse_is_refused_before(
    changes: dict[str, Any], said: str, dataset: Path, tmp_path: Path
) -> None:
    with pytest.raises(TickerTuneError, match=said):
        look(sft_config(dataset, tmp_path, **changes), dataset, 1, "lora")


def test_open_answers_can_be_trained_by_sft_and_not_by_grpo(tmp_path: Path) -> None:
    """The task of entities has no labels."""
    samples = [
        sample.model_copy(update={"task": "entities", "label": "", "answer": "Company 1 (organisation)"})
        for sample in make_samples()
    ]
    data = tmp_path / "data"
    write_samples(data, samples)
    assert look(sft_config(data, tmp_path), data, 1, "lora")["answer_tokens"] == {}
    with pytest.raises(TickerTuneError, match="Task entities has open answers, and rewards compare labels"):
        look(grpo_config(data, tmp_path), data, 1, "lora")


def test_replies_held_to_a_form_that_the_task_does_not_have_are_refused_before(tmp_path: Path) -> None:
    """A forecaster's answers have labels, and free text around them."""
    samples = [sample.model_copy(update={"task": "forecaster"}) for sample in make_samples()]
    labels = get_task("forecaster").labels
    samples = [sample.model_copy(update={"label": labels[0]}) for sample in samples]
    data = write_samples(tmp_path / "data", samples)
    config = grpo_config(
        data, tmp_path, vllm=True, structured=True, rewards={"accuracy": 1.0}, max_completion_length=400
    )
    with pytest.raises(TickerTuneError, match="answers of task forecaster are no closed list"):
        look(config, data, 1, "lora")


def test_a_packed_row_may_be_longer_than_the_models_context(dataset: Path, tmp_path: Path) -> None:
    """Positions start again with each of its samples."""
    found = look(sft_config(dataset, tmp_path, packing=True, max_length=3000), dataset, 1, "lora")
    assert found["batches"]["steps"] < 6
