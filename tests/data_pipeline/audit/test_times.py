"""Clocks of feeds: shifted by hours, dates that look like stamps, and what real documents show."""

import json
import lzma
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.audit.times import audit_times, time_profile
from data_pipeline.sources import load_source
from tickertune.core.document import Document
from tickertune.core.recipe import SimulatedSourceConfig, StockNetSourceConfig
from tickertune.core.table import schema_of


@lru_cache
def simulated() -> pl.DataFrame:
    """A newswire on New York's clock, each item seen some seconds or minutes after it was published."""
    made = load_source(SimulatedSourceConfig(companies=12), date(2022, 9, 1), date(2023, 1, 1)).documents
    late = np.random.default_rng(0).exponential(90, len(made)).clip(1, 800)
    published = pl.col("published_at")
    seen = published + pl.duration(seconds=pl.Series(late).round().cast(pl.Int64))
    return made.with_columns(first_seen_at=pl.when(pl.col("time_quality") == "exact").then(seen))


def shifted(documents: pl.DataFrame, hours: float) -> pl.DataFrame:
    return documents.with_columns(published_at=pl.col("published_at") + timedelta(hours=hours))


def unseen(documents: pl.DataFrame) -> pl.DataFrame:
    return documents.with_columns(first_seen_at=pl.lit(None, dtype=documents.schema["first_seen_at"]))


def found(documents: pl.DataFrame) -> dict[str, float]:
    return dict(audit_times(documents).select("kind", "value").rows())


def stamped(times: list[datetime], text: str = "", market: str = "US", **changes: object) -> pl.DataFrame:
    rows = [
        Document.model_validate(
            {
                "doc_id": str(number),
                "source": "made",
                "category": "news",
                "market": market,
                "licence": "",
                "redistributable": False,
                "title": text,
                "published_at": moment,
                "time_quality": "exact",
                "available_at": moment,
                "raw_sha256": "",
                "parser_version": "",
            }
            | changes
        ).model_dump()
        for number, moment in enumerate(times)
    ]
    return pl.DataFrame(rows, schema=schema_of(Document))


def test_a_feed_on_its_market_s_clock_is_quiet() -> None:
    assert found(simulated()) == {}
    assert found(unseen(simulated())) == {}


@pytest.mark.parametrize("hours", [-5, 8, -1, 3])
def test_a_zone_error_shows_in_the_lag_with_its_hours(hours: int) -> None:
    result = audit_times(shifted(simulated(), hours))
    errors = result.filter(pl.col("kind") == "zone_error")
    assert errors["value"].to_list() == [-hours]
    assert f"{abs(hours)} hours too {'early' if hours < 0 else 'late'}" in errors["detail"][0]
    assert ("seen_before_published" in result["kind"]) == (hours > 0)


@pytest.mark.parametrize("hours", [-5, 8])
def test_a_zone_error_of_a_feed_that_nobody_watched_shows_in_its_night(hours: int) -> None:
    assert set(found(unseen(shifted(simulated(), hours)))) == {"night_by_day"}


def test_dates_called_exact_are_found_in_the_market_s_zone_and_in_utc() -> None:
    for zone in ("UTC", "America/New_York", "Asia/Shanghai"):
        local = pl.col("published_at").dt.convert_time_zone(zone).dt.truncate("1d").dt.convert_time_zone("UTC")
        dated = unseen(simulated()).with_columns(published_at=local, time_quality=pl.lit("exact"))
        result = audit_times(dated)
        assert result["kind"].to_list() == ["midnight"]
        assert result["value"][0] == 1.0
        assert f"100% of the exact stamps are midnight in {zone}: they are dates" in result["detail"][0]


def test_dates_that_are_said_to_be_dates_are_no_fault() -> None:
    days = simulated().with_columns(published_at=pl.col("published_at").dt.truncate("1d"), time_quality=pl.lit("day"))
    assert found(unseen(days)) == {}


OFFICE = [datetime(2022, 3, 1, 1, 7, 9, tzinfo=UTC) + timedelta(days=n, minutes=53 * (n % 9)) for n in range(60)]


@pytest.mark.parametrize(
    ("market", "text", "reported"),
    [
        ("US", "", True),
        ("CN", "The Dow and the Nasdaq closed higher", True),
        ("CN", "Shanghai stocks rose", False),
        ("global", "S&P 500 ends lower", True),
    ],
)
def test_asian_office_hours_are_reported_for_feeds_about_us_markets(market: str, text: str, reported: bool) -> None:
    assert ("asian_office_hours" in found(stamped(OFFICE, text, market))) == reported


def test_too_few_stamps_are_not_judged() -> None:
    assert found(stamped(OFFICE[:49])) == {}


def test_stamps_called_exact_that_are_full_minutes_or_hours_are_told() -> None:
    for width, unit in (("1m", "minute"), ("1h", "hour")):
        rounded = unseen(simulated()).with_columns(published_at=pl.col("published_at").dt.truncate(width))
        detail = audit_times(rounded).filter(pl.col("kind") == "coarse")["detail"]
        assert f"time quality '{unit}'" in detail[0]


def test_a_feed_polled_every_two_hours_has_no_zone_error() -> None:
    late = np.random.default_rng(1).uniform(0, 7200, len(simulated()))
    polled = simulated().with_columns(
        first_seen_at=pl.col("published_at") + pl.duration(seconds=pl.Series(late).round().cast(pl.Int64))
    )
    assert found(polled) == {}


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(-14, 14))
def test_the_order_of_rows_and_other_sources_do_not_matter(seed: int, hours: int) -> None:
    own = shifted(simulated(), hours).with_columns(source=pl.lit("b"))
    both = pl.concat([own, simulated()]).sample(fraction=1, shuffle=True, seed=seed)
    assert audit_times(both).equals(audit_times(own))
    assert time_profile(both).row(0) == time_profile(own).row(0)


def test_the_profile_counts_what_there_is() -> None:
    profile = time_profile(simulated()).row(0, named=True)
    assert profile["documents"] == len(simulated())
    assert profile["share_exact"] + profile["share_day"] == pytest.approx(1)
    assert 0 < profile["lag_05"] < profile["lag_median"] < profile["lag_95"] < 800
    assert profile["share_negative"] == 0
    assert sum(profile["by_hour"]) == round(profile["share_exact"] * profile["documents"])
    assert profile["zone"] == "America/New_York"


def test_no_documents_make_no_findings() -> None:
    empty = pl.DataFrame(schema=schema_of(Document))
    assert audit_times(empty).is_empty()
    assert time_profile(empty).is_empty()
    unknown = stamped(OFFICE, published_at=None, available_at=None, time_quality="unknown")
    assert found(unknown) == {}


@lru_cache
def yahoo(year: int, shared: Path) -> pl.DataFrame:
    """Articles with the stamps as they stand, read as UTC, and the time of the crawl."""
    articles = json.loads(lzma.decompress((shared / "yahoo_articles" / f"{year}_processed.json.xz").read_bytes()))
    published = [datetime.fromisoformat(item["date_publish"]).replace(tzinfo=UTC) for item in articles]
    seen = [datetime.fromisoformat(item["date_download"]) for item in articles]
    return stamped(published).with_columns(
        title=pl.Series([item["title"] or "" for item in articles]),
        first_seen_at=pl.Series(seen, dtype=pl.Datetime("us", "UTC")),
    )


@pytest.mark.parametrize(("year", "midnight", "before"), [(2017, 124, 0), (2018, 58, 6), (2019, 124, 7)])
def test_midnight_stamps_and_stamps_after_the_crawl_of_yahoo_articles(
    year: int, midnight: int, before: int, shared_data: Path
) -> None:
    documents = yahoo(year, shared_data)
    result = found(documents)
    assert result.pop("midnight") == pytest.approx(midnight / len(documents))
    assert time_profile(documents)["share_negative"][0] == pytest.approx(before / len(documents))
    # 7 of 1,588 stay below the share that is reported.
    assert set(result) == ({"seen_before_published"} if year == 2018 else set())


@pytest.mark.slow
def test_stocknet_tweets_are_exact_and_by_day_unless_their_zone_is_wrong(shared_data: Path) -> None:
    source = StockNetSourceConfig(path=shared_data / "stocknet")
    tweets = load_source(source, date(2014, 1, 1), date(2015, 10, 1)).documents
    assert found(tweets) == {}
    assert time_profile(tweets)["share_exact"][0] == 1
    for hours in (-5, 8):
        assert set(found(shifted(tweets, hours))) == {"night_by_day"}
