"""The share of labels that bfloat16 flips: counted by hand, and on the tiny model."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import polars as pl
import pytest

from eval.scoring import Encoded
from tests.eval.conftest import made_samples, write_made
from tickertune.core.errors import TickerTuneError
from tickertune.core.tasks import label_task

TASK = label_task("movement")


@pytest.fixture
def flipping(script: Callable[[str], ModuleType]) -> ModuleType:
    return script("precision_flips")


def test_flips_are_counted_with_an_interval_and_their_margins(flipping: ModuleType) -> None:
    exact = np.log(np.array([[0.6, 0.4], [0.51, 0.49], [0.2, 0.8], [0.3, 0.7]]))
    rounded = np.log(np.array([[0.6, 0.4], [0.49, 0.51], [0.2, 0.8], [0.3, 0.7]]))
    found = flipping.flips(TASK, Encoded([[1, 2, 3]] * 4, [[5], [6]]), exact, rounded)
    assert (found["prompts"], found["tokens"], found["flips"], found["share"]) == (4, 12, 1, 0.25)
    # Wilson, z = 1.96: centre (0.25 + 0.4802) / 1.9604 = 0.3725, half width 0.3270
    assert found["interval"] == pytest.approx([0.0456, 0.6994], abs=2e-4)
    assert found["max_abs_logprob_difference"] == pytest.approx(np.log(0.51 / 0.49), abs=1e-4)
    assert found["median_margin_flipped"] == pytest.approx(np.log(0.51 / 0.49), abs=1e-4)
    assert found["median_margin"] == pytest.approx((np.log(0.6 / 0.4) + np.log(0.7 / 0.3)) / 2, abs=1e-4)


def test_equal_answers_flip_nothing(flipping: ModuleType) -> None:
    scores = np.log(np.array([[0.6, 0.4]]))
    found = flipping.flips(TASK, Encoded([[1]], [[5], [6]]), scores, scores)
    assert (found["flips"], found["median_margin_flipped"], found["max_abs_logprob_difference"]) == (0, None, 0.0)


def test_a_built_set_is_scored_in_both_types(flipping: ModuleType, tmp_path: Path) -> None:
    samples = made_samples()
    data = write_made(samples, tmp_path / "data", "movement")
    found = flipping.measure(data, 10, "tiny-llama", None, 0)
    assert (found["prompts"], found["task"]) == (10, "movement")
    assert 0 < float(str(found["max_abs_logprob_difference"])) < 0.1  # the types differ, and little
    empty = write_made(samples.filter(pl.col("split") == "train"), tmp_path / "empty", "movement")
    with pytest.raises(TickerTuneError, match="has no test samples"):
        flipping.measure(empty, 10, "tiny-llama", None, 0)
