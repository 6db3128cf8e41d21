"""Parts of a split: the same numbers as the whole evaluation's, and p-values that agree with intervals."""

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import matthews_corrcoef

from eval.comparison import metric_rows
from eval.prediction import predictions_of
from eval.slices import MEASURES, Sampling, answers_of, score_part
from eval.statistics import holm, p_of_interval
from tests.eval.conftest import made_samples
from tickertune.core.decision import Decision
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import EvalConfig
from tickertune.core.tasks import get_task

TASK = get_task("movement")
LABELS = list(TASK.labels)
CONFIG = EvalConfig(resamples=300, block_sessions=2, seed=5)


def answered(days: int, skill: float, seed: int, unread: float = 0.0) -> pl.DataFrame:
    samples = made_samples(0, days)
    generator = np.random.default_rng(seed)
    decisions = []
    for gold in samples["label"].to_list():
        label = gold if generator.random() < skill else {"up": "down", "down": "up"}[gold]
        read = generator.random() >= unread
        decisions.append(Decision(outcome="label", label=label) if read else Decision(outcome="unparsed"))
    return predictions_of(samples, TASK, decisions)


@pytest.mark.parametrize("metric", MEASURES)
@pytest.mark.parametrize("horizon", [1, 3])
def test_the_whole_split_has_the_evaluations_own_numbers(metric: str, horizon: int) -> None:
    made = {"base": answered(30, 0.5, 0, 0.1), "sft": answered(30, 0.8, 1)}
    rows = metric_rows(made, TASK, CONFIG, "w", horizon, list(made), ["sft"])
    expected = {row.checkpoint: row for row in rows if row.metric == metric}
    answers = answers_of(made, LABELS)
    everything = np.ones(len(answers.samples), dtype=bool)
    part = score_part(answers, everything, metric, Sampling(300, 5, 2, horizon))
    for found in (part.row("base", "w"), part.row("sft", "w"), part.difference("sft", "base", "w")):
        assert found == expected[found.checkpoint]


def test_a_part_is_scored_on_its_samples_alone() -> None:
    made = {"sft": answered(30, 0.7, 1)}
    answers = answers_of(made, LABELS)
    inside = np.arange(len(answers.samples)) % 3 == 0
    part = score_part(answers, inside, "mcc", Sampling(100, 0, 1, 1))
    frame = made["sft"].sort("cluster", "sample_id").filter(pl.Series(inside))
    assert part.values[0] == pytest.approx(matthews_corrcoef(frame["gold"], frame["label"]))
    assert (part.n, part.days) == (frame.height, frame["cluster"].n_unique())


def test_one_day_has_a_value_and_no_interval() -> None:
    answers = answers_of({"sft": answered(30, 0.7, 1)}, LABELS)
    row = score_part(answers, answers.day == 0, "accuracy", Sampling(100, 0, 1, 1)).row("sft", "w")
    assert (row.low, row.high, row.days) == (None, None, 1)


def test_other_samples_are_refused() -> None:
    with pytest.raises(TickerTuneError, match="not about the samples"):
        answers_of({"base": answered(30, 0.5, 0), "sft": answered(29, 0.5, 0)}, LABELS)


@pytest.mark.parametrize(
    ("value", "low", "high"), [(0.1, 0.02, 0.2), (-0.1, -0.3, -0.01), (0.1, -0.001, 0.2), (-0.1, -0.2, 0.0001)]
)
@pytest.mark.parametrize("days", [5, 60])
def test_a_p_value_is_below_its_level_only_where_the_interval_leaves_zero_out(
    value: float, low: float, high: float, days: int
) -> None:
    assert (p_of_interval(value, low, high, days) < 0.05) == (low > 0 or high < 0)


def test_p_values_have_heavier_tails_where_there_are_fewer_days() -> None:
    few, many = (p_of_interval(0.3, 0.2, 0.4, days) for days in (6, 600))
    assert many < 1e-6 < few < 0.01


def test_the_same_predictor_twice_differs_in_nothing() -> None:
    assert p_of_interval(0.0, 0.0, 0.0, 50) == 1.0
    assert p_of_interval(0.2, 0.2, 0.2, 50) == 0.0
    assert p_of_interval(0.2, 0.2, 0.2, 1) == 1.0


def test_a_value_outside_of_its_interval_is_not_surer_than_its_width_allows() -> None:
    assert p_of_interval(0.05, 0.1, 0.3, 50) > 0.05


def test_on_placebo_predictors_hardly_ever_is_anything_called_different() -> None:
    """200 worlds of two trained checkpoints, a base and two baselines that all guess: family-wise, 5% and not more by chance."""
    claims = 0
    for world in range(200):
        made = {name: answered(40, 0.5, 10 * world + at) for at, name in enumerate(("base", "a", "b", "x", "y"))}
        answers = answers_of(made, LABELS)
        part = score_part(answers, np.ones(len(answers.samples), dtype=bool), "mcc", Sampling(300, world, 1, 1))
        rows = [part.difference(first, second, "w") for first in "ab" for second in ("base", "x", "y")]
        alone = {row.checkpoint: p_of_interval(row.value, row.low or 0, row.high or 0, row.days) for row in rows}
        claims += min(holm(alone).values()) < 0.05
    assert claims <= 19  # 99% of binomial(200, 0.05) lie at or below
