"""A checkpoint read so that it never holds."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import polars as pl
import pytest

from eval.prediction import predictions_of
from tests.eval.made_predictions import movement_samples
from tickertune.core.decision import Decision
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


def test_what_has_no_probabilities_or_not_of_every_sample_is_not_read(
    never_hold: ModuleType, samples: pl.DataFrame
) -> None:
    decisions = [Decision(outcome="label", label=label) for label in SAID]
    assert never_hold.never_holding(samples, predictions_of(samples, TASK, decisions), TASK) is None
    some = predictions_of(samples, TASK, decisions, np.log(SHARES)).head(3)
    assert never_hold.never_holding(samples, some, TASK) is None


def test_a_run_that_is_not_scored_ends_in_words(
    never_hold: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert never_hold.main([str(tmp_path)]) == 2
    assert "holds no finished evaluation" in capsys.readouterr().err
