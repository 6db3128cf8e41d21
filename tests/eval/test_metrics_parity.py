"""Metrics beside scikit-learn and scipy on random inputs, to 1e-12."""

import warnings

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics as sk

from eval import metrics
from eval.metrics import METRICS, Totals, day_totals
from eval.metrics.calibration import BINS
from eval.prediction import predictions_of
from tests.eval.conftest import made_samples
from tickertune.core.decision import Decision
from tickertune.core.tasks import get_task

TASK = get_task("movement")
SAMPLES = made_samples(0, 20)
exact = {"rel": 1e-12, "abs": 1e-12}
classes = st.integers(2, 6).flatmap(
    lambda k: st.tuples(
        st.just(k), st.lists(st.tuples(st.integers(0, k - 1), st.integers(0, k)), min_size=2, max_size=200)
    )
)


@settings(deadline=None)
@given(classes)
def test_confusion_metrics_equal_scikit_learn(drawn: tuple[int, list[tuple[int, int]]]) -> None:
    k, rows = drawn
    gold, chosen = map(list, zip(*rows, strict=True))
    table = np.zeros((k, k + 1))
    np.add.at(table, (gold, chosen), 1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert metrics.accuracy(table) == pytest.approx(sk.accuracy_score(gold, chosen), **exact)
        assert metrics.mcc(table) == pytest.approx(sk.matthews_corrcoef(gold, chosen), **exact)
        for average, measure in (("macro", metrics.macro_f1), ("weighted", metrics.weighted_f1)):
            expected = sk.f1_score(gold, chosen, labels=range(k), average=average, zero_division=0)
            assert measure(table) == pytest.approx(expected, **exact)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32 - 1), st.integers(2, 4))
def test_stated_probabilities_equal_scikit_learn_and_scipy(seed: int, decimals: int) -> None:
    generator = np.random.default_rng(seed)
    count = len(SAMPLES)
    up = np.clip(np.round(generator.uniform(0.02, 0.98, count), decimals), 0.01, 0.99)
    logprobs = np.log(np.stack([1 - up, up], axis=-1))
    best = logprobs.argmax(axis=1)
    decisions = [
        Decision(outcome="label", label=TASK.labels[place], confidence=float(np.exp(logprobs[row, place])))
        for row, place in enumerate(best)
    ]
    frame = predictions_of(SAMPLES, TASK, decisions, logprobs).with_columns(  # type: ignore[arg-type]
        ret_scaled=pl.Series(np.round(generator.normal(size=count), 1))
    )
    total = Totals.of_flat(day_totals(frame, TASK, 5.0).flat().sum(axis=0), 2)  # type: ignore[arg-type]
    truth = (frame["gold"] == "up").to_numpy()
    right = (frame["gold"] == frame["label"]).to_numpy()

    def value(name: str) -> float:
        return float(METRICS[name].value(total))

    assert value("brier") == pytest.approx(2 * sk.brier_score_loss(truth, up), **exact)
    assert value("log_score") == pytest.approx(-sk.log_loss(truth, up), **exact)
    sure = frame["confidence"].to_numpy()
    edges = np.quantile(sure, np.arange(1, BINS) / BINS)
    gaps = 0.0
    for place in range(BINS):
        inside = (sure >= (edges[place - 1] if place else -1)) & (sure < (edges[place] if place < BINS - 1 else 2))
        gaps += abs(sure[inside].sum() - right[inside].sum())
    assert value("ece") == pytest.approx(gaps / count, **exact)
    ranks = []
    for _, day in frame.with_columns(up=pl.Series(up)).group_by("cluster"):
        signal, outcome = day["up"].to_numpy(), day["ret_scaled"].to_numpy()
        if len(day) >= 3 and len(set(np.round(signal, 9))) > 1 and len(set(outcome)) > 1:
            ranks.append(stats.spearmanr(signal, outcome).statistic)
    assert value("rank_ic") == pytest.approx(np.mean(ranks), **exact)
