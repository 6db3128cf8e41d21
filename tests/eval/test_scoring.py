import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.backends.fake import FakeBackend
from eval.scoring import decide, encode, read_scores
from tickertune.core.errors import TickerTuneError
from tickertune.core.tasks import get_task

TASK = get_task("movement3")


@given(st.lists(st.lists(st.floats(-50, -0.01), min_size=3, max_size=3), min_size=1, max_size=5))
def test_decision_is_the_likeliest_label_with_its_share(rows: list[list[float]]) -> None:
    decisions, normalised = decide(TASK, np.array(rows))
    np.testing.assert_allclose(np.exp(normalised).sum(axis=1), 1)
    for row, shares, decision in zip(rows, normalised, decisions, strict=True):
        assert decision.label is not None
        place = TASK.labels.index(decision.label)
        assert row[place] == pytest.approx(max(row), abs=1e-12)
        assert decision.confidence == pytest.approx(np.exp(shares).max())


def test_of_equal_labels_the_first_is_taken() -> None:
    decisions, _ = decide(TASK, np.full((1, 3), -2.0))
    assert decisions[0].label == "down"


def test_label_without_probability_is_no_obstacle() -> None:
    decisions, normalised = decide(TASK, np.array([[-np.inf, -1.0, -2.0]]))
    assert decisions[0].label == "flat"
    assert normalised[0, 0] == -np.inf


@pytest.mark.parametrize("row", [[np.nan, -1.0, -2.0], [-np.inf] * 3])
def test_broken_weights_are_an_error(row: list[float]) -> None:
    with pytest.raises(TickerTuneError, match="not numbers"):
        decide(TASK, np.array([row]))


def test_predictions_carry_the_outcome_that_judges_them(movement_samples: pl.DataFrame, tiny_base: str) -> None:
    task, samples = get_task("movement"), movement_samples.head(6)
    encoded = encode(tiny_base, None, task, samples)
    frame = read_scores(samples, task, FakeBackend().score(encoded.prompts, [ids[0] for ids in encoded.continuations]))
    assert encoded.longest == max(map(len, encoded.prompts))
    assert frame["cluster"].to_list() == [session.isoformat() for session in samples["session"]]
    assert frame["gold"].to_list() == samples["label"].to_list()
    assert frame["volatility"].to_list() == samples["volatility"].to_list()
    assert all((row["position"] > 0) == (row["label"] == "up") for row in frame.iter_rows(named=True))
