"""The simulated market: what was planted is there, and nothing else."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.sources import SourceData, load_source
from data_pipeline.sources.simulated.ceiling import ceiling_of, probability_up
from tickertune.core.document import Document
from tickertune.core.market import Bar, CorporateAction, Instrument
from tickertune.core.recipe import SimulatedSourceConfig
from tickertune.core.table import check_table

SINCE, UNTIL = date(2023, 1, 3), date(2023, 7, 1)


def simulate(until: date = UNTIL, **settings: object) -> SourceData:
    return load_source(SimulatedSourceConfig.model_validate({"news_probability": 0.3, **settings}), SINCE, until)


@pytest.fixture(scope="module")
def planted() -> SourceData:
    return simulate()


@pytest.fixture(scope="module")
def told(planted) -> pl.DataFrame:
    """Tones with the open-to-open excess return that followed, from the prices alone."""
    return with_excess(planted).filter(pl.col("tone") != 0)


def with_excess(data: SourceData) -> pl.DataFrame:
    """Excess return from each open to the next, adjusted once for splits and dividends."""
    sessions = data.bars["session"].unique().sort()
    ids = data.instruments["instrument_id"].sort()
    grid = pl.DataFrame({"session": sessions}).join(pl.DataFrame({"instrument_id": ids}), how="cross")
    paid = data.actions.with_columns(
        ratio=pl.when(pl.col("kind") == "split").then("value").otherwise(1.0),
        cash=pl.when(pl.col("kind") == "cash_dividend").then("value").otherwise(0.0),
    ).select("instrument_id", session="ex_date", ratio="ratio", cash="cash")
    table = (
        grid.join(data.bars.select("instrument_id", "session", "open"), on=["instrument_id", "session"], how="left")
        .join(paid, on=["instrument_id", "session"], how="left")
        .sort("instrument_id", "session")
        .with_columns(pl.col("ratio").fill_null(1.0), pl.col("cash").fill_null(0.0))
        .with_columns(
            ret=(
                (pl.col("open").shift(-1) * pl.col("ratio").shift(-1) + pl.col("cash").shift(-1)) / pl.col("open") - 1
            ).over("instrument_id")
        )
        .drop_nulls("ret")
    )
    count, total = pl.len().over("session"), pl.col("ret").sum().over("session")
    table = table.with_columns(excess=pl.col("ret") - (total - pl.col("ret")) / (count - 1))
    return table.join(data.truth["tones"], on=["instrument_id", "session"])


def test_tables_are_valid_nouns(planted):
    for frame, noun in (
        (planted.documents, Document),
        (planted.bars, Bar),
        (planted.actions, CorporateAction),
        (planted.instruments, Instrument),
    ):
        assert check_table(frame, noun, "simulated").equals(frame)
        noun.model_validate(frame.row(0, named=True))


def test_the_same_seed_gives_the_same_tables_and_another_seed_others(planted):
    again, other = simulate(), simulate(seed=1)
    assert again.documents.equals(planted.documents)
    assert again.bars.equals(planted.bars)
    assert not other.documents["title"].equals(planted.documents["title"])


def test_a_longer_window_leaves_the_past_as_it_was(planted):
    longer = simulate(until=date(2023, 9, 1))
    known = planted.documents["doc_id"]
    assert longer.documents.filter(pl.col("doc_id").is_in(known.to_list())).equals(planted.documents)
    last = planted.bars["session"].max()
    assert longer.bars.filter(pl.col("session") <= last).equals(planted.bars)


def test_the_return_from_the_entry_carries_the_tone(told):
    slope = np.polyfit(told["tone"].to_numpy(), told["excess"].to_numpy(), 1)[0]
    assert 1.6 * 0.012 < slope < 1.6 * 0.022  # signal times the range of volatilities


def test_the_excess_return_is_on_average_what_the_truth_says(told):
    expected, excess = told["expected_excess"].to_numpy(), told["excess"].to_numpy()
    noise = excess - expected
    assert abs(noise.mean()) < 3 * noise.std() / np.sqrt(len(noise))
    slope = (expected @ excess) / (expected @ expected)
    assert abs(slope - 1) < 3 * noise.std() / np.sqrt(expected @ expected)


def test_the_sign_of_the_tone_is_right_as_often_as_the_closed_form_says(told):
    hits = ((told["tone"] > 0) == (told["excess"] > 0)).cast(pl.Float64)
    expected = np.maximum(told["p_up"], 1 - told["p_up"]).mean()
    error = 3 * np.sqrt(expected * (1 - expected) / len(hits))
    assert abs(hits.mean() - expected) < error


def test_the_placebo_carries_nothing():
    told = with_excess(simulate(signal=0.0)).filter(pl.col("tone") != 0)
    assert (told["p_up"] == 0.5).all()
    hits = ((told["tone"] > 0) == (told["excess"] > 0)).mean()
    assert abs(hits - 0.5) < 3 * 0.5 / np.sqrt(len(told))


def test_the_placebo_reads_like_the_planted_market(planted):
    stories = pl.col("revision") == 0  # a late revision reports the price that followed, which differs
    placebo = simulate(signal=0.0).documents.filter(stories)
    assert placebo["title"].equals(planted.documents.filter(stories)["title"])


def test_prices_before_a_story_say_nothing_of_it(planted):
    table = with_excess(planted).sort("instrument_id", "session")
    table = table.with_columns(before=pl.col("excess").shift(1).over("instrument_id")).filter(pl.col("tone") != 0)
    correlation = table.drop_nulls().select(pl.corr("before", "tone")).item()
    assert abs(correlation) < 3 / np.sqrt(len(table))


def test_stories_are_known_before_the_entry_and_after_the_previous_open(planted):
    truth = planted.truth["documents"].filter(pl.col("kind").is_in(["story", "distractor", "spam", "false_ticker"]))
    known = planted.documents.join(truth, on=["doc_id", "revision"])
    zone = ZoneInfo("America/New_York")
    opens = pl.Series([datetime(d.year, d.month, d.day, 9, 30, tzinfo=zone).astimezone(UTC) for d in known["session"]])
    assert (known["available_at"] < opens.cast(known["available_at"].dtype)).all()


def test_late_revisions_come_after_the_open_and_tell_the_outcome(planted):
    truth = planted.truth["documents"].filter(pl.col("kind") == "revision")
    revised = planted.documents.join(truth, on=["doc_id", "revision"])
    assert revised.height > 0
    assert revised["title"].str.contains("shares (jump|slide)").all()
    local = revised["available_at"].dt.convert_time_zone("America/New_York")
    assert (local.dt.date() == revised["session"]).all()
    assert ((local.dt.hour().cast(pl.Int32) * 60 + local.dt.minute()) > 9 * 60 + 30).all()


def test_every_kind_of_dirt_is_planted_and_in_the_truth_table(planted):
    kinds = set(planted.truth["documents"]["kind"])
    copies = {"exact_duplicate", "near_duplicate", "syndication"}
    assert kinds == copies | {"story", "distractor", "revision", "foreign", "spam", "false_ticker"}
    repeated = planted.truth["documents"].filter(pl.col("kind").is_in(list(copies)))
    assert repeated["original"].is_in(planted.documents["doc_id"].to_list()).all()
    assert "day" in set(planted.documents["time_quality"])
    weekdays = set(planted.documents["available_at"].dt.convert_time_zone("America/New_York").dt.weekday())
    assert {6, 7} <= weekdays
    assert set(planted.actions["kind"]) == {"split", "cash_dividend"}
    assert planted.truth["missing_bars"].height > 0


def test_a_split_is_no_return(planted):
    splits = planted.actions.filter(pl.col("kind") == "split")
    assert splits.height > 0
    assert with_excess(planted)["ret"].abs().max() < 0.4


@given(st.lists(st.floats(0.01, 0.99), min_size=2, max_size=50))
@settings(max_examples=50)
def test_no_policy_beats_the_ceiling_accuracy(chances):
    p_up = np.array(chances)
    best = ceiling_of(p_up)["accuracy"]
    assert best >= p_up.mean() - 1e-12
    assert best >= (1 - p_up).mean() - 1e-12
    assert 0.5 <= best <= 1


def test_ceiling_without_samples_or_signal_is_chance():
    assert ceiling_of(np.array([])) == {"accuracy": 0.0, "mcc": 0.0}
    tones = np.array([[1.0, -1.0]])
    assert (probability_up(tones, np.array([0.01, 0.02]), 0.0, 1.0) == 0.5).all()
