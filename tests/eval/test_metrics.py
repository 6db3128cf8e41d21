import warnings

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from eval import metrics
from eval.metrics import METRICS, Totals, day_totals
from eval.pnl import pnl
from eval.prediction import predictions_of
from tests.eval.conftest import made_samples
from tickertune.core.decision import Decision
from tickertune.core.tasks import get_task

TASK = get_task("movement")
pairs = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3)), min_size=1, max_size=60)


def confusion_of(rows: list[tuple[int, int]], classes: int = 3) -> np.ndarray:
    table = np.zeros((classes, classes + 1))
    for gold, chosen in rows:
        table[gold, chosen] += 1
    return table


@given(pairs)
def test_confusion_metrics_agree_with_scikit_learn(rows: list[tuple[int, int]]) -> None:
    """The last column, "no label", is a class of its own there that is never the truth."""
    gold, chosen = zip(*rows, strict=True)
    table = confusion_of(rows)
    labels = [0, 1, 2]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert metrics.accuracy(table) == pytest.approx(sk.accuracy_score(gold, chosen))
        assert metrics.mcc(table) == pytest.approx(sk.matthews_corrcoef(gold, chosen), abs=1e-9)
        for name, measure in (("macro", metrics.macro_f1), ("weighted", metrics.weighted_f1)):
            expected = sk.f1_score(gold, chosen, labels=labels, average=name, zero_division=0)
            assert measure(table) == pytest.approx(expected)


@given(st.lists(pairs, min_size=1, max_size=4))
def test_leading_axes_are_independent(tables: list[list[tuple[int, int]]]) -> None:
    stacked = np.stack([confusion_of(rows) for rows in tables])
    for measure in (metrics.accuracy, metrics.mcc, metrics.macro_f1, metrics.weighted_f1, metrics.accuracy_on_parsed):
        np.testing.assert_allclose(measure(stacked), [measure(table) for table in stacked])


def test_one_class_only_gives_mcc_zero() -> None:
    assert metrics.mcc(confusion_of([(0, 0), (0, 0)])) == 0
    assert metrics.mcc(confusion_of([(0, 1), (1, 1)])) == 0


def test_unparsed_is_wrong_in_the_headline_and_left_out_beside_it() -> None:
    table = confusion_of([(0, 0), (1, 3), (2, 3), (1, 0)])
    assert metrics.accuracy(table) == 0.25
    assert metrics.accuracy_on_parsed(table) == 0.5
    assert metrics.unparsed_share(table) == 0.5


def test_all_unparsed_gives_zeros() -> None:
    table = confusion_of([(0, 3), (1, 3)])
    assert [float(measure(table)) for measure in (metrics.mcc, metrics.accuracy_on_parsed, metrics.macro_f1)] == [
        0,
        0,
        0,
    ]


def predictions(labels: list[str | None], confidence: float | None = None) -> pl.DataFrame:
    samples = made_samples(0, len(labels) // 3)
    decisions = [
        Decision(outcome="unparsed") if label is None else Decision(outcome="label", label=label, confidence=confidence)
        for label in labels
    ]
    return predictions_of(samples, TASK, decisions)


def total(frame: pl.DataFrame) -> Totals:
    return Totals.of_flat(day_totals(frame, TASK, 5.0).flat().sum(axis=0), 2)


def test_pnl_reward_is_the_mean_of_the_training_reward() -> None:
    frame = predictions(["up", "down", None, "down", "up", "up"])
    expected = [
        pnl(None if row["label"] is None else row["position"], row["ret_scaled"], row["volatility"], 5.0)
        for row in frame.iter_rows(named=True)
    ]
    assert float(METRICS["pnl_reward"].value(total(frame))) == pytest.approx(
        np.mean([value for value in expected if value is not None])
    )


def test_missing_outcomes_are_left_out_of_pnl_and_raw() -> None:
    frame = predictions(["up"] * 6).with_columns(
        ret_raw=pl.when(pl.int_range(6) > 0).then("ret_raw"), ret_scaled=pl.when(pl.int_range(6) > 1).then("ret_scaled")
    )
    assert float(METRICS["accuracy_raw"].count(total(frame))) == 5
    assert float(METRICS["pnl_reward"].count(total(frame))) == 4
    assert float(METRICS["accuracy"].count(total(frame))) == 6


def test_accuracy_raw_judges_by_the_sign_of_the_raw_return() -> None:
    frame = predictions(["up", "down"] * 6)
    raw = frame["ret_raw"].to_numpy()
    expected = ((raw > 0) == (frame["label"] == "up").to_numpy()).mean()
    assert float(METRICS["accuracy_raw"].value(total(frame))) == pytest.approx(expected)


def test_calibration_error_is_the_gap_of_confidence_and_accuracy() -> None:
    frame = predictions(["up"] * 6, confidence=0.9)
    hits = (frame["gold"] == "up").mean()
    assert isinstance(hits, float)
    assert float(METRICS["ece"].value(total(frame))) == pytest.approx(abs(0.9 - hits))


def test_day_totals_are_in_order_of_time_and_sum_to_all() -> None:
    frame = predictions(["up", "down", "down"] * 4)
    shuffled = day_totals(frame.sample(fraction=1, shuffle=True, seed=1), TASK, 5.0).flat()
    np.testing.assert_allclose(shuffled, day_totals(frame, TASK, 5.0).flat())
    assert shuffled.shape[0] == 4
    assert day_totals(frame, TASK, 5.0).confusion.sum() == 12
