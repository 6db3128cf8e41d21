"""Texts about the cast stand beside the newswire, with their truth."""

from datetime import date

import polars as pl
import pytest

from data_pipeline.sources import SourceData, load_source
from data_pipeline.sources.simulated.cast import changes, instrument_id
from data_pipeline.sources.simulated.mention_phrases import KINDS
from tickertune.core.document import Document
from tickertune.core.market import Alias, Instrument
from tickertune.core.recipe import SimulatedSourceConfig
from tickertune.core.table import check_table

SINCE, UNTIL = date(2023, 1, 3), date(2023, 5, 1)


def simulate(links: float, until: date = UNTIL) -> SourceData:
    return load_source(SimulatedSourceConfig.model_validate({"companies": 6, "dirt": {"links": links}}), SINCE, until)


@pytest.fixture(scope="module")
def planted() -> SourceData:
    return simulate(1.0)


def test_mentions_leave_all_other_tables_as_they_are(planted):
    plain, added = simulate(0.0), planted.truth["links"].select("doc_id")
    assert planted.documents.join(added, on="doc_id", how="anti").equals(plain.documents)
    assert planted.bars.equals(plain.bars)
    assert planted.instruments.head(len(plain.instruments)).equals(plain.instruments)
    assert "links" not in plain.truth


def test_every_kind_is_planted_with_what_links_and_what_must_not(planted):
    truth = planted.truth["links"].with_columns(about=pl.col("instrument_ids").list.len())
    assert set(truth["kind"]) == set(KINDS)
    assert truth.filter(pl.col("about") == 0).height > 200
    assert truth.filter(pl.col("about") > 0).height > 400
    known = set(planted.instruments["instrument_id"])
    assert {entry for ids in truth["instrument_ids"] for entry in ids} <= known
    assert not planted.documents["title"].str.contains(r"[{}]").any()


def test_tables_are_valid_nouns(planted):
    for frame, noun in (
        (planted.documents, Document), (planted.instruments, Instrument), (planted.truth["aliases"], Alias),
    ):  # fmt: skip
        assert check_table(frame, noun, "simulated").equals(frame)


def test_a_renaming_decides_by_the_day(planted):
    day = changes(SINCE)["renamed"]
    texts = planted.documents.join(planted.truth["links"], on=["doc_id", "revision"]).filter(
        pl.col("title").str.contains("Halden Motors|HALDEN MOTORS")
    )
    early = pl.col("published_at").dt.date() < day
    assert texts.filter(early).height > 0
    assert texts.filter(~early).height > 0
    assert texts.filter(early)["instrument_ids"].to_list() == [[instrument_id("renamed")]] * texts.filter(early).height
    assert texts.filter(~early)["instrument_ids"].list.len().max() == 0


def test_a_longer_window_leaves_the_past_as_it_was(planted):
    longer = simulate(1.0, date(2023, 6, 1)).documents
    assert longer.filter(pl.col("doc_id").is_in(planted.documents["doc_id"].to_list())).equals(planted.documents)
