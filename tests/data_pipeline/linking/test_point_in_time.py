"""Links of a day are the same whether or not the tables know what came later."""

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.linking import link
from data_pipeline.sources import SourceData, load_source
from data_pipeline.sources.simulated.cast import changes
from tickertune.core.market import Alias, Instrument
from tickertune.core.recipe import SimulatedSourceConfig
from tickertune.core.table import frame_of

SINCE, UNTIL = date(2023, 1, 3), date(2023, 4, 28)


@pytest.fixture(scope="module")
def world() -> SourceData:
    config = SimulatedSourceConfig.model_validate({"seed": 5, "companies": 6, "dirt": {"links": 1.0}})
    return load_source(config, SINCE, UNTIL)


def known(spans: list[dict], day: date) -> list[dict]:
    """Spans that begin by ``day``; an end after it is not known yet."""
    return [
        {**span, "valid_to": span["valid_to"] if span["valid_to"] and span["valid_to"] <= day else None}
        for span in spans
        if span["valid_from"] is None or span["valid_from"] <= day
    ]


def instruments_as_of(frame: pl.DataFrame, day: date) -> pl.DataFrame:
    rows = []
    for row in known(frame.to_dicts(), day):
        names = known(row["names"], day)
        rows.append(
            Instrument.model_validate({**row, "names": names, "name": names[-1]["name"] if names else row["name"]})
        )
    return frame_of(Instrument, rows)


@given(days=st.integers(0, (UNTIL - SINCE).days))
@settings(max_examples=8, deadline=None)
def test_later_names_symbols_and_aliases_change_no_earlier_link(world: SourceData, days: int) -> None:
    day = SINCE + timedelta(days=days)
    past = world.documents.filter(pl.col("published_at").dt.date() <= day)
    aliases = frame_of(Alias, [Alias.model_validate(row) for row in known(world.truth["aliases"].to_dicts(), day)])
    then, then_drops = link(past, instruments_as_of(world.instruments, day), aliases)
    now, now_drops = link(world.documents, world.instruments, world.truth["aliases"])
    early = pl.col("doc_id").is_in(past["doc_id"].to_list())
    assert then.equals(now.filter(early & (pl.col("published_at").dt.date() <= day)))
    assert set(then_drops["doc_id"]) == set(now_drops.filter(early)["doc_id"]) - set(then["doc_id"])


def test_the_test_sees_every_change(world: SourceData) -> None:
    assert all(SINCE < day < UNTIL for day in changes(SINCE).values())
    day = changes(SINCE)["renamed"] - timedelta(days=1)
    assert "Veltra" not in str(instruments_as_of(world.instruments, day)["names"].to_list())
    assert "Veltra" in str(world.instruments["names"].to_list())
