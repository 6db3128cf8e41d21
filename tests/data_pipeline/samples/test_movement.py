"""Movement samples: the two invariants, and the mistakes seen in public code."""

import time
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.curation import superseded_at
from data_pipeline.labels.fit import FittedState
from data_pipeline.samples.checks import check_samples
from data_pipeline.samples.movement import TARGETS, MovementSamples, movement_samples
from data_pipeline.sources import SourceData
from tests.data_pipeline.labels.made_labels import EVERY_LABEL, assert_prefix
from tests.data_pipeline.made import bar, bars, config, document, documents, instruments, market, new_york, utc
from tickertune.core.recipe import MovementDataConfig

LABELS = list(EVERY_LABEL)


def samples(source: SourceData, recipe: MovementDataConfig, fitted: FittedState | None = None) -> MovementSamples:
    return movement_samples(
        source.documents,
        superseded_at(source.documents),
        source.instruments,
        source.bars,
        source.actions,
        new_york(),
        recipe,
        fitted,
    )


@lru_cache
def full(seed: int, label: str) -> tuple[SourceData, MovementDataConfig, MovementSamples]:
    source, recipe = market(seed), config(label=EVERY_LABEL[label], latency_minutes=5)
    return source, recipe, samples(source, recipe)


def truncated(source: SourceData, cut: datetime) -> SourceData:
    """The source as it stood at ``cut``."""
    sessions = new_york()
    closed = pl.Series(sessions.dates[sessions.closes <= pl.Series([cut]).dt.replace_time_zone(None).to_numpy()[0]])
    return SourceData(
        documents=source.documents.filter(pl.col("available_at") <= cut),
        instruments=source.instruments,
        bars=source.bars.filter(pl.col("session").is_in(closed.cast(pl.Date).implode())),
        actions=source.actions.filter(pl.col("ex_date") <= cut.date()),
    )


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2), st.sampled_from(LABELS), st.integers(0, 60 * 24 * 48))
def test_what_was_decided_by_a_date_does_not_depend_on_what_came_after(seed: int, label: str, minutes: int) -> None:
    source, recipe, whole = full(seed, label)
    cut = utc("2020-04-01T00:00") + timedelta(minutes=minutes)
    early = samples(truncated(source, cut), recipe, whole.fitted)
    assert_prefix(early.frame, whole.frame, cut, needs_outcome=not whole.spec.categorical)


def rewritten(source: SourceData, cut: datetime) -> SourceData:
    """The source with every text, price and action after ``cut`` changed: opens and closes each by their own time."""
    sessions = new_york()
    times = pl.DataFrame({"session": sessions.dates, "opened": sessions.opens, "closed": sessions.closes})
    factor = 1 + pl.col("session").dt.day() / 10
    moment = pl.lit(cut.replace(tzinfo=None))
    return SourceData(
        documents=source.documents.with_columns(
            title=pl.when(pl.col("available_at") > cut).then(pl.lit("Changed")).otherwise("title")
        ),
        instruments=source.instruments,
        bars=source.bars.join(times.with_columns(pl.col("session").cast(pl.Date)), on="session")
        .with_columns(
            open=pl.when(pl.col("opened") > moment).then(pl.col("open") * factor).otherwise("open"),
            close=pl.when(pl.col("closed") > moment).then(pl.col("close") * factor).otherwise("close"),
        )
        .drop("opened", "closed"),
        actions=source.actions.filter(pl.col("ex_date") <= cut.date()),
    )


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 2),
    st.sampled_from(LABELS),
    st.integers(1, 70),
    st.sampled_from([0, 0, 0, 29, 31, 391, 900]),
)
def test_prompts_and_volatility_do_not_change_when_the_future_does(
    seed: int, label: str, decision: int, minutes: int
) -> None:
    source, recipe, whole = full(seed, label)
    decisions = whole.frame["as_of"].unique().sort()
    cut = decisions[min(decision, len(decisions) - 1)] + timedelta(minutes=minutes)
    columns = ["sample_id", "messages", "doc_ids", "volatility"]  # not touch and exit: those are outcomes
    before = whole.frame.filter(pl.col("as_of") <= cut).select(columns).sort("sample_id")
    after = samples(rewritten(source, cut), recipe, whole.fitted).frame.select(columns).sort("sample_id")
    both = before.join(after, on="sample_id", how="semi")
    assert len(both)
    assert both.equals(after.join(before, on="sample_id", how="semi"))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.integers(0, 120), st.booleans(), st.integers(1, 8), st.integers(1, 600))
def test_no_sample_looks_ahead(seed: int, latency: int, fresh: bool, lookback: int, minutes: int) -> None:
    source = market(seed % 3, posts=150)
    recipe = config(
        latency_minutes=latency, fresh_only=fresh, lookback_days=lookback, decision_minutes_before_open=minutes
    )
    built = samples(source, recipe)
    assert len(built.frame)
    check_samples(built, source.documents, latency)
    table = source.documents.select("doc_id", "revision", "available_at")
    shown = built.used.join(table, on=["doc_id", "revision"]).join(built.frame, on="sample_id")
    assert len(shown) == built.frame["doc_ids"].list.len().sum()
    assert (shown["available_at"] + timedelta(minutes=latency) <= shown["as_of"]).all()
    assert (built.frame["as_of"] + timedelta(minutes=latency) < built.frame["entry"]).all()


def quiet(posts: list[dict[str, Any]], **changes: Any) -> pl.DataFrame:
    """Samples of posts about A in a market whose every move is known."""
    source = market(0)
    recipe = config(**changes)
    table = documents(posts)
    return movement_samples(
        table,
        superseded_at(table),
        source.instruments,
        source.bars,
        source.actions,
        new_york(),
        recipe,
        FittedState(cut_points=[0.0], fitted_on=1),
    ).frame


def sessions_of(frame: pl.DataFrame) -> list[date]:
    return frame.sort("session")["session"].to_list()


def test_news_after_the_close_is_paired_with_the_next_session_and_not_with_that_day_s_move() -> None:
    frame = quiet([document("late", utc("2020-02-11T21:30"))])
    assert sessions_of(frame) == [date(2020, 2, 12)]
    assert frame["entry"][0] == utc("2020-02-12T14:30")


def test_news_of_the_trading_day_is_not_paired_with_that_day_s_open() -> None:
    assert sessions_of(quiet([document("noon", utc("2020-02-11T17:00"))])) == [date(2020, 2, 12)]


def test_weekend_news_is_paired_with_monday_alone() -> None:
    assert sessions_of(quiet([document("w", utc("2020-02-08T12:00"))])) == [date(2020, 2, 10)]


def test_news_before_a_holiday_weekend_is_paired_with_tuesday() -> None:
    assert sessions_of(quiet([document("h", utc("2020-02-15T12:00"))])) == [date(2020, 2, 18)]


def test_each_post_belongs_to_one_decision_at_both_ends_of_the_window() -> None:
    at_decision = quiet([document("edge", utc("2020-02-11T14:00"))])
    just_after = quiet([document("edge", utc("2020-02-11T14:00") + timedelta(microseconds=1))])
    assert sessions_of(at_decision) == [date(2020, 2, 11)]
    assert sessions_of(just_after) == [date(2020, 2, 12)]


def test_summer_time_moves_decisions_in_utc() -> None:
    winter = quiet([document("a", utc("2020-03-05T13:45"))])
    summer = quiet([document("a", utc("2020-03-10T13:15"))])
    assert sessions_of(winter) == [date(2020, 3, 5)]
    assert sessions_of(summer) == [date(2020, 3, 11)]


def test_a_date_without_a_time_is_not_known_that_day() -> None:
    post = document("d", utc("2020-02-12T05:00"), published_at=utc("2020-02-11T05:00"), time_quality="day")
    frame = quiet([post])
    assert sessions_of(frame) == [date(2020, 2, 12)]
    assert "Wed News d" in frame["messages"][0][1]["content"]


def test_samples_do_not_depend_on_the_zone_of_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    posts = [document("a", utc("2020-02-11T23:30"))]
    here = quiet(posts)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    there = quiet(posts)
    monkeypatch.undo()
    time.tzset()
    assert here.equals(there)


def test_a_prompt_shows_no_price_level() -> None:
    source, _, whole = full(0, "excess")
    levels = {f"{value:.2f}" for name in ("open", "close") for value in source.bars[name]}
    words = {word.strip("%,") for prompt in whole.frame["messages"] for word in prompt[1]["content"].split()}
    assert not levels & words


@pytest.mark.parametrize("label", LABELS)
def test_test_prices_change_nothing_in_training(label: str) -> None:
    source, recipe, whole = full(0, label)
    test = pl.col("session") >= recipe.split.test_start
    other = SourceData(
        documents=source.documents,
        instruments=source.instruments,
        bars=source.bars.with_columns(
            *(pl.when(test).then(pl.col(name) ** 1.5).otherwise(name).alias(name) for name in ("open", "close"))
        ),
        actions=source.actions,
    )
    again = samples(other, recipe)
    assert again.fitted == whole.fitted
    train = pl.col("split") == "train"
    assert again.frame.filter(train).equals(whole.frame.filter(train))
    assert not again.frame.filter(~train).equals(whole.frame.filter(~train))


def test_a_split_within_the_window_is_no_move() -> None:
    source, recipe, whole = full(1, "excess")
    assert len(source.actions.filter(pl.col("kind") == "split"))
    assert whole.frame["ret_raw"].abs().max() < 0.2  # type: ignore[operator]
    raw = samples(SourceData(source.documents, source.instruments, source.bars, source.actions.clear()), recipe).frame
    assert raw["ret_raw"].abs().max() > 0.4  # type: ignore[operator]


def test_targets_are_what_they_say() -> None:
    _, _, whole = full(0, "excess, 3 sessions")
    frame = whole.frame.drop_nulls(list(TARGETS))
    scaled = frame["ret_excess"] / frame["volatility"]
    assert ((scaled - frame["ret_scaled"]).abs() < 1e-12).all()
    low, high = whole.fitted.cut_points
    flat = frame.filter(pl.col("label") == "flat")["ret_scaled"]
    assert flat.is_between(low, high).all()
    assert (frame.filter(pl.col("label") == "up")["ret_scaled"] > high).all()


def test_a_raw_return_is_the_trade_from_the_entry_s_open_to_the_exit_s() -> None:
    frame = full(0, "excess, 3 sessions")[2].frame
    source = full(0, "excess, 3 sessions")[0]
    sessions = new_york()
    opens = {(row["instrument_id"], row["session"]): row["open"] for row in source.bars.iter_rows(named=True)}
    acted = {(row["instrument_id"], row["ex_date"]) for row in source.actions.iter_rows(named=True)}
    checked = 0
    for sample in frame.iter_rows(named=True):
        start = sessions.at_or_after(sample["session"])
        days = [day.item() for day in sessions.dates[start : start + 4]]
        if not any((sample["instrument_id"], day) in acted for day in days):
            first, last = (opens[sample["instrument_id"], day] for day in (days[0], days[-1]))
            assert sample["ret_raw"] == pytest.approx(last / first - 1)
            assert sample["exit"].date() == days[-1]
            checked += 1
    assert checked > 50


def test_without_a_known_volatility_there_is_no_excess_label() -> None:
    rows = [bar(name, day.item(), 100 + n, 7) for name in "AB" for n, day in enumerate(new_york().dates)]
    source = SourceData(
        documents=documents([document("a", utc("2020-02-11T12:00"))]),
        instruments=instruments(["A", "B"]),
        bars=bars(rows),
    )
    built = samples(source, config(label={"horizon": 4}), FittedState(cut_points=[0.0], fitted_on=1))
    assert built.frame.is_empty()
    assert built.counts["no_target"] == 1


def test_the_dead_band_is_counted() -> None:
    rows = [bar("A", day.item(), 100, 100 * 1.006 ** (n % 2)) for n, day in enumerate(new_york().dates)]
    flat = [bar("B", day.item(), 100, 100 + n / 100) for n, day in enumerate(new_york().dates)]
    posts = [document(f"{name}{day}", utc(f"2020-02-{day}T12:00"), [name]) for name in "AB" for day in (11, 12, 18)]
    source = SourceData(documents(posts), instruments(["A", "B"]), bars(rows + flat))
    built = samples(source, config(label={"name": "acl18"}, lookback_days=1))
    assert set(built.frame["instrument_id"]) == {"A"}
    assert built.counts["dead_band"] == 3


def test_only_the_newest_documents_are_shown_and_the_rest_is_counted() -> None:
    posts = [document(f"p{hour}", utc(f"2020-02-11T0{hour}:00")) for hour in range(8)]
    source = market(0)
    built = samples(
        SourceData(documents(posts), source.instruments, source.bars, source.actions),
        config(max_documents=3),
        FittedState(cut_points=[0.0], fitted_on=1),
    )
    assert built.frame["doc_ids"].to_list() == [["p5", "p6", "p7"]]
    assert built.counts["documents_beyond_max"] == 5


def test_a_limit_draws_by_id_and_not_by_outcome() -> None:
    source, recipe, whole = full(0, "excess")
    few = samples(source, recipe.model_copy(update={"limit": {"train": 20}}))
    assert len(few.frame.filter(pl.col("split") == "train")) == 20
    assert few.fitted == whole.fitted
    assert len(few.frame) + few.counts["over_limit"] == len(whole.frame)
    assert set(few.used["sample_id"]) == set(few.frame["sample_id"])


def test_each_candidate_is_a_sample_or_is_counted() -> None:
    for label in LABELS:
        counts = full(0, label)[2].counts
        left = sum(counts.get(name, 0) for name in ("purged", "embargoed", "outside_split", "no_target", "dead_band"))
        assert counts["decisions_with_news"] == len(full(0, label)[2].frame) + left
