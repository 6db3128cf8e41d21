"""A checkpoint read so that it never holds."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from data_pipeline.dataset import read_split
from eval.checkpoint import base_checkpoint
from eval.evaluate import evaluate
from eval.prediction import predictions_of
from tests.eval.conftest import made_samples, write_made
from tests.eval.made_predictions import movement_samples
from tickertune.core.decision import Decision
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import EvalConfig, ModelConfig
from tickertune.core.recipe.loading import parse_config
from tickertune.core.tasks import MovementTask, label_task

TASK = label_task("movement3")
SAID = ("flat", "flat", "down", "flat")
SHARES = [[0.1, 0.7, 0.2], [0.3, 0.6, 0.1], [0.8, 0.1, 0.1], [0.2, 0.6, 0.2]]
"""Of down, flat and up."""


@pytest.fixture
def never_hold(script: Callable[[str], ModuleType]) -> ModuleType:
    return script("never_hold")


@pytest.fixture
def samples() -> pl.DataFrame:
    return movement_samples(0.5, 4, seed=0)[0].head(4)


def test_up_or_down_is_read_whichever_is_likelier_and_sample_by_sample(
    never_hold: ModuleType, samples: pl.DataFrame
) -> None:
    assert isinstance(TASK, MovementTask)
    decisions = [Decision(outcome="label", label=label) for label in SAID]
    found = predictions_of(samples, TASK, decisions, np.log(SHARES))
    read = never_hold.never_holding(samples, found, TASK)
    assert read["label"].to_list() == ["up", "down", "down", "up"]
    assert read["position"].to_list() == [1.0, -1.0, -1.0, 1.0]
    turned = never_hold.never_holding(samples, found.reverse(), TASK)
    assert turned.equals(read)


def test_samples_without_probabilities_are_counted_and_nothing_is_read(
    never_hold: ModuleType, samples: pl.DataFrame
) -> None:
    decisions = [Decision(outcome="label", label=label) for label in SAID]
    assert never_hold.never_holding(samples, predictions_of(samples, TASK, decisions), TASK) == 4
    some = predictions_of(samples, TASK, decisions, np.log(SHARES)).head(3)
    assert never_hold.never_holding(samples, some, TASK) == 1


def test_a_run_that_is_not_scored_ends_in_words(
    never_hold: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert never_hold.main([str(tmp_path)]) == 2
    assert "holds no finished evaluation" in capsys.readouterr().err


COST = 40
"""Basis points a side: 0.4 of the made volatility for both."""


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run whose market can be held, with the truth, scored on its validation split."""
    frame = made_samples(test_days=20).with_columns(
        task=pl.lit(TASK.name),
        label=pl.when(pl.col("ret_scaled").abs() < 0.5).then(pl.lit("flat")).otherwise("label"),
        split=pl.when((pl.col("split") == "test") & (pl.col("sample_id").str.slice(-3) < "022"))
        .then(pl.lit("validation"))
        .otherwise("split"),
    )
    data = write_made(frame, tmp_path / "run" / "planted" / "data", TASK.name)
    truth = frame.select("instrument_id", "session", tone="ret_scaled", expected_excess="ret_excess")
    truth.write_parquet(data / "truth_tones.parquet")
    score(tmp_path / "run", ["majority", "tfidf"])
    return tmp_path / "run"


def score(run: Path, baselines: list[str]) -> None:
    block = {"backend": "fake", "split": "validation", "cost_bps": COST, "resamples": 200, "baselines": baselines}
    votes = {"votes": {"samples": 1, "alone": True}} if "tfidf" not in baselines else {}
    config = parse_config(EvalConfig, {**block, **votes}, "r")
    grpo = base_checkpoint(ModelConfig(name="tiny-llama"), "grpo")
    evaluate(run / "planted" / "data", [grpo], config, run / "planted" / "eval", "planted")


def test_a_study_reads_the_split_that_was_scored_and_tells_what_it_leaves_out(
    never_hold: ModuleType, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines, left_out = never_hold.study(run, "planted", [COST])
    assert left_out == [f"{run}: majority is left out, 30 of 30 samples have no label log-probabilities"]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert [row[1] for row in cells] == [
        "grpo", "grpo, never holding", "tfidf, never holding",
        f"at {COST} basis points: Bayes policy, holding {np.mean(moves(run) < 0.4):.0%}",
    ]  # fmt: skip
    frame = pl.read_parquet(run / "planted" / "eval" / "predictions" / "tfidf.parquet")
    chances = np.array(frame["logprobs"].to_list())
    side = np.where(chances[:, TASK.labels.index("up")] >= chances[:, TASK.labels.index("down")], 1.0, -1.0)
    earned = np.mean(side * np.clip(frame["ret_scaled"].to_numpy(), -3, 3) - 0.4)
    assert float(cells[2][2].split()[0]) == pytest.approx(earned, abs=6e-4)
    clipped = np.minimum(moves(run), 3) - 0.4
    assert float(cells[3][2].split()[0]) == pytest.approx(np.mean(np.maximum(clipped, 0)), abs=6e-4)
    assert float(cells[3][3].removeprefix("oracle ")) == pytest.approx(np.mean(clipped), abs=6e-4)
    assert never_hold.main([str(run), "--cost-bps", str(COST)]) == 0
    assert capsys.readouterr().out.splitlines()[2:] == [*lines, "", *left_out]


def moves(run: Path) -> NDArray[np.float64]:
    """Sizes of the scored split's returns, in volatilities."""
    return read_split(run / "planted" / "data", "validation")["ret_scaled"].abs().to_numpy()


def test_data_that_was_built_again_is_refused(never_hold: ModuleType, run: Path) -> None:
    data = run / "planted" / "data"
    frame = pl.concat([read_split(data, split) for split in ("train", "validation", "test")])
    write_made(frame.with_columns(ret_scaled=-pl.col("ret_scaled")), data, TASK.name)
    with pytest.raises(TickerTuneError, match=rf"{run}/planted/eval is not of {data}: their outcome_hash differs"):
        never_hold.study(run, "planted", [])


def test_a_run_of_which_nothing_is_left_is_refused(never_hold: ModuleType, run: Path) -> None:
    score(run, ["majority"])
    with pytest.raises(TickerTuneError, match=r"None of grpo@1, majority in .* has log-probabilities"):
        never_hold.study(run, "planted", [])
