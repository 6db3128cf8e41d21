import numpy as np
import polars as pl
import pytest
from sklearn.metrics import matthews_corrcoef

from eval.comparison import metric_rows
from eval.metrics import MetricRow
from eval.prediction import predictions_of
from tests.eval.conftest import made_samples
from tickertune.core.decision import Decision
from tickertune.core.recipe import EvalConfig
from tickertune.core.tasks import get_task

TASK = get_task("movement")
CONFIG = EvalConfig(resamples=500)


def table(days: int, skill: float, seed: int) -> pl.DataFrame:
    samples = made_samples(0, days)
    generator = np.random.default_rng(seed)
    labels = [
        gold if generator.random() < skill else {"up": "down", "down": "up"}[gold]
        for gold in samples["label"].to_list()
    ]
    return predictions_of(samples, TASK, [Decision(outcome="label", label=label) for label in labels])


def rows_of(days: int = 20) -> dict[tuple[str, str], MetricRow]:
    made = {"base": table(days, 0.5, 0), "sft": table(days, 0.9, 1), "grpo": table(days, 0.9, 2)}
    made["majority"] = table(days, 0.5, 3)
    rows = metric_rows(made, TASK, CONFIG, "w", 1, ["base", "sft", "grpo"], ["sft", "grpo"])
    assert len(rows) == len({(row.checkpoint, row.metric) for row in rows})
    return {(row.checkpoint, row.metric): row for row in rows}


def test_rows_hold_the_metric_and_an_interval_around_it() -> None:
    rows = rows_of()
    frame = table(20, 0.9, 1)
    row = rows["sft", "mcc"]
    assert row.value == pytest.approx(matthews_corrcoef(frame["gold"], frame["label"]))
    assert row.low is not None
    assert row.high is not None
    assert row.low < row.value < row.high
    assert (row.n, row.days) == (60, 20)


def test_pairs_are_later_minus_earlier_and_trained_minus_baseline() -> None:
    rows = rows_of()
    pairs = {name for name, _ in rows if " minus " in name}
    assert pairs == {
        "sft minus base", "grpo minus base", "grpo minus sft", "sft minus majority", "grpo minus majority",
    }  # fmt: skip
    row = rows["sft minus base", "mcc"]
    assert row.value == pytest.approx(rows["sft", "mcc"].value - rows["base", "mcc"].value)
    assert row.low is not None
    assert row.low > 0
    assert ("sft minus base", "unparsed_share") not in rows


def test_p_values_are_adjusted_over_the_trained_checkpoints_only() -> None:
    rows = rows_of()
    assert rows["sft", "mcc_p_above_zero"].value < 0.01
    assert rows["base", "mcc_p_above_zero"].value > 0.01
    assert rows["sft", "mcc_p_above_zero_holm"].value >= rows["sft", "mcc_p_above_zero"].value
    assert ("base", "mcc_p_above_zero_holm") not in rows


def test_one_day_has_values_without_intervals() -> None:
    rows = rows_of(days=1)
    row = rows["sft", "accuracy"]
    assert (row.low, row.high, row.days) == (None, None, 1)
    assert ("sft", "mcc_p_above_zero") not in rows
