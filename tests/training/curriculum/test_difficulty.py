"""The starting checkpoint's share of right answers: measured once, exact after a kill, measured again for other weights."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from transformers import PreTrainedTokenizerBase

from eval.backends.base import Completion
from tests.training.conftest import TINY, Cut, grpo_config, make_samples
from tickertune.core.errors import TickerTuneError
from tickertune.core.prompting import label_continuations, scoring_ids
from tickertune.core.recipe import GrpoConfig
from tickertune.core.sample import Sample
from tickertune.core.table import frame_of
from tickertune.core.tasks import get_task
from training.curriculum import difficulty
from training.curriculum.difficulty import right_shares
from training.models import load_base
from training.rewards.compose import Reward

TASK = get_task("movement")
REWARD = Reward(TASK, {"pnl": 1.0})
SAMPLES = frame_of(Sample, make_samples(20))
ARGS = SimpleNamespace(process_index=0, device=torch.device("cpu"))


@pytest.fixture(scope="module")
def model(answering_model: Path) -> Any:
    return load_base(str(answering_model / "model"), TINY, "full")


def config(output: Path, **block: Any) -> GrpoConfig:
    return grpo_config(output, output, curriculum={"difficulty": {"rollouts": 4, **block}})


def measure(model: Any, tokenizer: Any, recipe: GrpoConfig, output: Path, weights: Any = ("base", None)) -> list[float]:
    return right_shares(SAMPLES, model, tokenizer, REWARD, recipe, weights, output, ARGS)


def test_rollouts_give_shares_of_right_answers(model: Any, tokenizer: PreTrainedTokenizerBase, tmp_path: Path) -> None:
    shares = measure(model, tokenizer, config(tmp_path), tmp_path)
    assert len(shares) == 20
    assert {share * 4 for share in shares} <= {0, 1, 2, 3, 4}
    assert np.mean(shares) > 0.05, "a model that learned to answer is sometimes right"
    lines = [json.loads(line) for line in (tmp_path / difficulty.FILE).read_text().splitlines()]
    assert [line["right"] for line in lines[1:]] == shares


def test_shares_count_the_right_answers_of_each_prompt(
    model: Any, tokenizer: PreTrainedTokenizerBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prompt n is answered rightly by n mod 5 of its four replies."""
    truth = SAMPLES["label"].to_list()

    def scripted(self: Any, prompts: Any, *given: Any) -> list[list[Completion]]:
        replies = []
        for place in range(len(prompts)):
            number, turn = divmod(place, 4)
            wrong = "up" if truth[number] == "down" else "down"
            replies.append([Completion(TASK.answer(truth[number] if turn < number % 5 else wrong), True)])
        return replies

    monkeypatch.setattr(difficulty.TransformersBackend, "generate", scripted)
    shares = measure(model, tokenizer, config(tmp_path), tmp_path)
    assert shares == [number % 5 / 4 for number in range(20)]


def test_a_model_that_says_nothing_readable_is_never_right(tokenizer: PreTrainedTokenizerBase, tmp_path: Path) -> None:
    from tickertune.core.models import resolve_model

    untrained = load_base(resolve_model(TINY), TINY, "full")
    assert measure(untrained, tokenizer, config(tmp_path), tmp_path) == [0.0] * 20


def test_probabilities_are_those_of_a_plain_pass(
    model: Any, tokenizer: PreTrainedTokenizerBase, tmp_path: Path
) -> None:
    shares = measure(model, tokenizer, config(tmp_path, by="probability"), tmp_path)
    tokens = [ids[0] for ids in label_continuations(tokenizer, TASK)]
    for sample, share in zip(SAMPLES.iter_rows(named=True), shares, strict=True):
        ids = torch.tensor([scoring_ids(tokenizer, TASK, sample["messages"])])
        with torch.no_grad():
            chances = model(input_ids=ids).logits[0, -1, tokens].float().softmax(-1)
        assert share == pytest.approx(float(chances[TASK.labels.index(sample["label"])]), abs=1e-5)


def test_a_measurement_that_was_cut_off_ends_in_the_same_numbers(
    model: Any, tokenizer: PreTrainedTokenizerBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(difficulty, "CHUNK", 6)
    whole = measure(model, tokenizer, config(tmp_path / "whole"), tmp_path / "whole")
    rollouts, done = difficulty._rollouts, []

    def dying(*given: Any) -> list[float]:
        if len(done) == 2:
            raise Cut
        done.append(rollouts(*given))
        return done[-1]

    with monkeypatch.context() as patch:
        patch.setattr(difficulty, "_rollouts", dying)
        with pytest.raises(Cut):
            measure(model, tokenizer, config(tmp_path / "cut"), tmp_path / "cut")
    path = tmp_path / "cut" / difficulty.FILE
    assert len(path.read_text().splitlines()) == 13
    with path.open("a") as handle:
        handle.write('{"sample_id": "s012", "right": 0.75}\n{"sample_id": "s0')  # killed inside the third chunk
    assert measure(model, tokenizer, config(tmp_path / "cut"), tmp_path / "cut") == whole
    assert path.read_bytes() == (tmp_path / "whole" / difficulty.FILE).read_bytes()


def test_what_is_stored_is_not_measured_again_unless_something_changed(
    model: Any, tokenizer: PreTrainedTokenizerBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    rollouts = difficulty._rollouts

    def counting(part: Any, *given: Any) -> list[float]:
        asked.append(len(part))
        return rollouts(part, *given)

    monkeypatch.setattr(difficulty, "_rollouts", counting)
    first = measure(model, tokenizer, config(tmp_path), tmp_path)
    assert measure(model, tokenizer, config(tmp_path, buckets=2), tmp_path) == first
    assert asked == [20]
    measure(model, tokenizer, config(tmp_path), tmp_path, ("base", "other adapter"))
    assert asked == [20, 20]
    other = SAMPLES.with_columns(label=SAMPLES["label"].reverse())
    right_shares(other, model, tokenizer, REWARD, config(tmp_path), ("base", None), tmp_path, ARGS)
    assert asked == [20, 20, 20]


def test_nothing_of_the_model_or_of_chance_is_disturbed(
    model: Any, tokenizer: PreTrainedTokenizerBase, tmp_path: Path
) -> None:
    model.train()
    torch.manual_seed(3)
    before = {name: weight.clone() for name, weight in model.named_parameters()}
    measure(model, tokenizer, config(tmp_path), tmp_path)
    drawn = torch.rand(1)
    torch.manual_seed(3)
    assert torch.equal(drawn, torch.rand(1))
    assert model.training
    assert all(bool((weight == before[name]).all()) for name, weight in model.named_parameters())


def test_sharded_weights_and_open_tasks_are_refused(
    model: Any, tokenizer: PreTrainedTokenizerBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forecast = Reward(get_task("forecaster"), {"pnl": 1.0})
    with pytest.raises(TickerTuneError, match="needs a task with scored labels, and forecaster has none"):
        right_shares(
            SAMPLES, model, tokenizer, forecast, config(tmp_path, by="probability"), ("b", None), tmp_path, ARGS
        )
    monkeypatch.setenv("ACCELERATE_USE_FSDP", "true")
    with pytest.raises(TickerTuneError, match="measured by one process with the whole model"):
        measure(model, tokenizer, config(tmp_path), tmp_path)
