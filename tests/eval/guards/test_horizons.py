"""Labels of several sessions: neighbouring outcomes are alike, and old news still bears on them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from data_pipeline.dataset import read_info
from eval.guards import stale_news
from eval.guards.case import Case, Subject, above_zero, scored
from eval.guards.chance import shuffled_outcomes, shuffled_scores, stale_replay
from tests.eval.conftest import made_samples
from tests.eval.guards.scripted import predictions
from tickertune.core.recipe import EvalConfig, GuardsConfig
from tickertune.core.tasks import label_task

TASK = label_task("movement")


def world(horizon: int, days: int, stocks: int, seed: int) -> tuple[pl.DataFrame, np.ndarray]:
    """Samples whose news tells the sign of what a stock gains a session over the horizon; and all of these signs [days, stocks]."""
    draw = np.random.default_rng(seed)
    news = draw.choice([-1.0, 1.0], (days + horizon, stocks))
    noise = draw.normal(0, 1, (days + horizon, stocks))
    each = news.copy()
    for back in range(1, horizon):  # news of so many sessions ago still drifts
        each[back:] += news[:-back]
    gained = np.cumsum(each / horizon + 1.5 * noise / np.sqrt(horizon), axis=0)
    outcome = np.array([gained[day + horizon - 1] - (gained[day - 1] if day else 0) for day in range(days)])
    template, start = made_samples(0, 1).head(1), date(2020, 1, 6)
    rows = []
    for day in range(days):
        session = start + timedelta(days=day)
        for stock in range(stocks):
            words = "gains" if news[day, stock] > 0 else "loses"
            rows.append(
                {
                    "sample_id": f"s{day:03d}-{stock:02d}",
                    "instrument_id": f"S{stock:02d}",
                    "session": session,
                    "as_of": datetime(session.year, session.month, session.day, 14, tzinfo=UTC),
                    "label": "up" if outcome[day, stock] > 0 else "down",
                    "messages": [
                        {"role": "system", "content": "Say: down, up."},
                        {
                            "role": "user",
                            "content": f"S{stock:02d}\n<news>\nS{stock:02d} {words} {day}-{stock}\n</news>",
                        },
                    ],
                }
            )
    changed = pl.DataFrame(rows)
    rest = template.drop(changed.columns)
    frame = pl.concat([changed, pl.concat([rest] * len(rows))], how="horizontal").select(template.columns)
    return frame.cast(dict(template.schema)), news[:days]


def case_of(frame: pl.DataFrame, horizon: int, movement_data, **guards) -> Case:
    info = read_info(movement_data).model_copy(update={"horizon": horizon})
    return Case(info, TASK, frame, frame.clear(), movement_data, EvalConfig(resamples=400), GuardsConfig(**guards))


def reads(samples: pl.DataFrame) -> list[str]:
    return ["up" if " gains " in messages[-1]["content"] else "down" for messages in samples["messages"].to_list()]


@pytest.mark.parametrize("horizon", [1, 5, 15])
def test_answers_that_never_change_pass_as_seldom_as_they_should(horizon, movement_data):
    """Nominal level 5%, 40 made data sets: more than 6 of them would be so in one of 300 cases."""
    passed = 0
    for seed in range(40):
        samples, _ = world(horizon, 60, 10, seed)
        fixed = np.random.default_rng(1000 + seed).choice(["up", "down"], 10)
        case = case_of(samples, horizon, movement_data, permutations=100)
        told = [str(fixed[int(name[1:])]) for name in samples["instrument_id"]]
        found = shuffled_outcomes(case, Subject("fixed", "base", predictions(samples, TASK, told)))
        passed += found.verdict == "pass"
    assert passed <= 6


@pytest.mark.parametrize("horizon", [5, 15])
def test_a_model_that_reads_the_news_is_neither_random_nor_a_look_ahead(horizon, movement_data):
    samples, _ = world(horizon, 250, 20, 7)
    case = case_of(samples, horizon, movement_data, samples=20_000, permutations=100)
    reader = Subject("reader", "base", predictions(samples, TASK, reads(samples)))
    assert shuffled_outcomes(case, reader).verdict == "pass"
    assert [found.verdict for found in stale_replay(case, reader)] == ["pass"]
    (asked,) = stale_news.variants(case).values()
    assert stale_news.judge(case, reader, predictions(asked, TASK, reads(asked))).verdict == "pass"
    sooner = stale_news.stale_prompts(samples, 1)
    assert above_zero(scored(predictions(sooner, TASK, reads(sooner)), case)), (
        "news of yesterday does bear on the label"
    )


def test_nothing_stale_is_younger_than_the_horizon(movement_data):
    samples, _ = world(1, 5, 2, 0)
    for horizon, sessions in ((1, [1, 5]), (5, [5]), (15, [15])):
        assert case_of(samples, horizon, movement_data).stale_sessions == sessions
    assert replace(case_of(samples, 3, movement_data), guards=GuardsConfig(stale_sessions=[1, 9])).stale_sessions == [
        3,
        9,
    ]


def test_stocks_of_a_block_change_places_in_the_same_way_on_each_of_its_days():
    """Two stocks, always apart, four days of one block: all or none change places, so the score is 1 or -1."""
    gold = np.array([0, 1] * 4)
    days, block = np.repeat(np.arange(4), 2), np.array([0, 1] * 4)
    together = shuffled_scores(gold, gold, days, 2, 200, 0, block)
    assert set(np.round(together, 6)) == {-1.0, 1.0}
    assert abs(together.mean()) < 0.3
    apart = shuffled_scores(gold, gold, days, 2, 200, 0)
    assert len(set(np.round(apart, 6))) > 2
