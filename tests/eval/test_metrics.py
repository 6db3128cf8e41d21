import warnings

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics as sk

from eval import metrics
from eval.metrics import METRICS, Totals, day_totals
from eval.metrics.calibration import BINS, bins_of
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


@given(st.lists(st.floats(0, 1), min_size=1, max_size=200))
def test_bins_of_confidence_hold_equally_many_but_for_ties(confidence: list[float]) -> None:
    values = np.array(confidence)
    bins = bins_of(values)
    assert ((bins >= 0) & (bins < BINS)).all()
    order = np.argsort(values)
    assert (np.diff(bins[order]) >= 0).all()
    if len(set(confidence)) == len(confidence):
        assert np.bincount(bins, minlength=BINS).max() <= -(-len(confidence) // BINS) + 1


def stated_predictions(count: int) -> pl.DataFrame:
    """Decisions with probabilities that are right more often than not, three a day."""
    samples = made_samples(0, count // 3)
    up = np.random.default_rng(3).uniform(0.05, 0.95, count)
    logprobs = np.log(np.stack([up, 1 - up] if TASK.labels[0] == "up" else [1 - up, up], axis=-1))
    best = logprobs.argmax(axis=1)
    decisions = [
        Decision(outcome="label", label=TASK.labels[place], confidence=float(np.exp(row[place])))
        for row, place in zip(logprobs, best, strict=True)
    ]
    return predictions_of(samples, TASK, decisions, logprobs)


def test_proper_scores_agree_with_scikit_learn() -> None:
    frame = stated_predictions(60)
    up = np.exp(np.array(frame["logprobs"].to_list())[:, TASK.labels.index("up")])
    truth = (frame["gold"] == "up").to_numpy()
    assert float(METRICS["brier"].value(total(frame))) == pytest.approx(2 * sk.brier_score_loss(truth, up))
    assert float(METRICS["log_score"].value(total(frame))) == pytest.approx(-sk.log_loss(truth, up))
    assert METRICS["brier"].count(total(frame)) == 60


def test_predictors_without_probabilities_have_no_proper_score() -> None:
    assert METRICS["brier"].count(total(predictions(["up"] * 6))) == 0


def test_the_rank_correlation_of_days_agrees_with_scipy() -> None:
    frame = stated_predictions(60).with_columns(
        ret_scaled=pl.when(pl.int_range(60) != 4).then("ret_scaled"),
        label=pl.when(pl.int_range(60) != 8).then("label"),
    )
    up = np.exp(np.array(frame["logprobs"].to_list())[:, TASK.labels.index("up")])
    expected = []
    for number in range(20):
        rows = slice(3 * number, 3 * number + 3)
        if number != 1:  # it has two returns
            expected.append(stats.spearmanr(up[rows], frame["ret_scaled"].to_numpy()[rows]).statistic)
    assert METRICS["rank_ic"].count(total(frame)) == 19
    assert float(METRICS["rank_ic"].value(total(frame))) == pytest.approx(np.mean(expected))


def test_equal_decisions_rank_nothing() -> None:
    assert METRICS["rank_ic"].count(total(predictions(["up"] * 6))) == 0


def test_the_surest_half_is_judged_alone() -> None:
    frame = stated_predictions(60)
    sure = frame.sort("confidence", descending=True)[:30]
    assert float(METRICS["confident_half_accuracy"].value(total(frame))) == pytest.approx(
        (sure["label"] == sure["gold"]).mean()
    )


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30), st.integers(0, 30))
def test_the_timing_test_is_the_root_of_hausmans_form(a: int, b: int, c: int, d: int) -> None:
    """In a 2 x 2 table it nearly is the z test that two shares are equal; both must agree on the side, and in large tables on p."""
    p = float(metrics.pesaran_timmermann_p(np.array([[20.0 * a, 20.0 * b, 7.0], [20.0 * c, 20.0 * d, 0.0]])))
    assert 0 <= p <= 1
    if min(a, b, c, d) > 2:
        table = 20 * np.array([[a, b], [c, d]])
        z = np.sign(a * d - b * c) * np.sqrt(stats.chi2_contingency(table, correction=False).statistic)
        assert p == pytest.approx(stats.norm.sf(z), abs=0.02)


def test_the_timing_test_of_one_class_finds_nothing() -> None:
    assert metrics.pesaran_timmermann_p(confusion_of([(0, 1), (1, 1)], 2)) == 1


def test_day_totals_are_in_order_of_time_and_sum_to_all() -> None:
    frame = predictions(["up", "down", "down"] * 4)
    shuffled = day_totals(frame.sample(fraction=1, shuffle=True, seed=1), TASK, 5.0).flat()
    np.testing.assert_allclose(shuffled, day_totals(frame, TASK, 5.0).flat())
    assert shuffled.shape[0] == 4
    assert day_totals(frame, TASK, 5.0).confusion.sum() == 12
