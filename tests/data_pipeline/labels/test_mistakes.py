"""Mistakes seen in public code, injected into our own: each is caught by a check or by what the tests assert."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from data_pipeline.labels import sessions as sessions_module
from data_pipeline.labels import smoothing, targets, timeline
from data_pipeline.labels.fit import FittedState
from data_pipeline.labels.registry import label_spec
from data_pipeline.labels.timeline import build_timeline
from data_pipeline.samples import labelling
from data_pipeline.samples.checks import check_samples
from data_pipeline.samples.view import DocumentIndex
from tests.data_pipeline.labels.made_labels import EVERY_LABEL
from tests.data_pipeline.made import config, market, new_york
from tests.data_pipeline.samples.test_movement import rewritten, samples
from tickertune.core.errors import TickerTuneError

FROZEN = FittedState(cut_points=[0.0], fitted_on=1)


def test_same_day_prices_with_after_hours_news_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = timeline.entry_session
    monkeypatch.setattr(timeline, "entry_session", lambda *arguments: right(*arguments) - 1)
    built = samples(market(), config())
    with pytest.raises(TickerTuneError, match="a decision at or after its entry"):
        check_samples(built, market().documents, 0)


def test_a_window_that_reaches_past_its_end_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = DocumentIndex.known
    late = np.timedelta64(3, "h")
    monkeypatch.setattr(DocumentIndex, "known", lambda self, name, after, as_of: right(self, name, after, as_of + late))
    built = samples(market(), config())
    with pytest.raises(TickerTuneError, match="a document later than the decision"):
        check_samples(built, market().documents, 0)


@pytest.mark.parametrize("label", ["excess", "excess, beta", "trading_r1"])
def test_quantiles_fitted_on_everything_are_caught(label: str, monkeypatch: pytest.MonkeyPatch) -> None:
    source, recipe = market(), config(label=EVERY_LABEL[label])
    right = labelling.label_candidates

    def leaky(*arguments, **named):  # type: ignore[no-untyped-def]
        *first, train, task, fitted = arguments
        return right(*first, np.ones_like(train), task, fitted, **named)

    test = pl.col("session") >= recipe.split.test_start
    names = ("open", "close")
    changed = (pl.when(test).then(pl.col(name) ** 1.5).otherwise(name).alias(name) for name in names)
    other = replace(source, bars=source.bars.with_columns(*changed))
    assert samples(source, recipe).fitted == samples(other, recipe).fitted
    monkeypatch.setattr("data_pipeline.samples.movement.label_candidates", leaky)
    assert samples(source, recipe).fitted != samples(other, recipe).fitted


def test_a_week_stamped_on_its_sunday_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Resampling to Sundays and filling forward takes the next known price: here that of the Monday after."""
    recipe = config(label={"name": "fingpt_forecaster"})

    def weeks_end_in_their_week() -> bool:
        line = build_timeline(recipe, label_spec(recipe.label), new_york())
        entry, end = (new_york().dates[at].astype("datetime64[D]").astype(int) for at in (line.entry, line.exit))
        return bool(((entry - 4) // 7 == (end - 4) // 7).all())

    assert weeks_end_in_their_week()
    right = sessions_module.last_of_week
    monkeypatch.setattr(timeline, "last_of_week", lambda sessions: np.minimum(right(sessions) + 1, len(sessions)))
    assert not weeks_end_in_their_week()


def test_hours_of_summer_time_with_the_wrong_sign_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = config(label={"name": "fingpt_v1_as_published"})

    def decisions_lie_in_their_session() -> bool:
        line, sessions = build_timeline(recipe, label_spec(recipe.label), new_york()), new_york()
        return bool(((sessions.opens[line.entry] < line.as_of) & (line.as_of < sessions.closes[line.entry])).all())

    assert decisions_lie_in_their_session()
    right = timeline.local_time
    eight = np.timedelta64(8, "h")  # 4 hours taken away where 4 were to be added
    monkeypatch.setattr(timeline, "local_time", lambda *arguments: right(*arguments) - eight)
    assert not decisions_lie_in_their_session()


def test_a_signal_that_is_shifted_the_wrong_way_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trading-R1's printed algorithm labels the past: the note of the data card would say so at once."""
    recipe = config(label=EVERY_LABEL["trading_r1"])
    right = samples(market(), recipe).notes

    def past(panel, spec, line, volatility):  # type: ignore[no-untyped-def]
        backwards = replace(line, entry=line.last_close - spec.ema_horizons[-1])
        return smoothing.smoothed_signal(panel, spec, backwards, volatility)

    monkeypatch.setattr("data_pipeline.labels.targets.smoothed_signal", past)
    wrong = samples(market(), recipe).notes

    def largest(notes: list[str]) -> float:
        return max(abs(float(word.strip(".,"))) for word in notes[0].split("decision is ")[1].split()[:3])

    assert largest(wrong) > 0.6 > 0.35 > largest(right)


def test_a_volatility_that_sees_the_return_it_scales_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The volatility of a decision must not change when every later price does."""
    recipe = config()
    decided = samples(market(), recipe, FROZEN).frame.filter(pl.col("split") == "test")["as_of"]
    cut = decided.sort()[len(decided) // 2]

    def unchanged() -> bool:
        values = []
        for source in (market(), rewritten(market(), cut)):
            frame = samples(source, recipe, FROZEN).frame.filter(pl.col("as_of") == cut).sort("sample_id")
            values.append(frame["volatility"].to_list())
        assert values[0]
        return values[0] == values[1]

    assert unchanged()
    right = targets._columns
    monkeypatch.setattr(targets, "_columns", lambda values, columns: right(values, columns + 2))
    assert not unchanged()
