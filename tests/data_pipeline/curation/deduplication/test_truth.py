"""Duplicates against what the simulated market planted, one-word edits beside look-alikes among it."""

from datetime import date

import polars as pl
import pytest

from data_pipeline.curation.deduplication import remove_duplicates
from data_pipeline.curation.deduplication.words import words_of
from data_pipeline.sources import load_source
from tickertune.core.recipe import DirtConfig, SimulatedSourceConfig

DUPLICATES = ("exact_duplicate", "near_duplicate", "syndication", "reworded")


@pytest.fixture(scope="module")
def judged() -> pl.DataFrame:
    """The truth table with what became of each document, and whether its survivor has the same words."""
    config = SimulatedSourceConfig(companies=16, dirt=DirtConfig(edits=0.3))
    source = load_source(config, date(2021, 1, 4), date(2021, 4, 1))
    drops = remove_duplicates(source.documents, 0.8).drops
    words = source.documents.select("doc_id", "revision", words=words_of(source.documents["title"]).list.join(" "))
    first = words.unique("doc_id", keep="first", maintain_order=True).select(survivor="doc_id", survivor_words="words")
    table = source.truth["documents"].join(drops, on=["doc_id", "revision"], how="left")
    table = table.join(words, on=["doc_id", "revision"]).join(first, on="survivor", how="left")
    return table.with_columns(
        duplicate=pl.col("kind").is_in(DUPLICATES),
        dropped=pl.col("reason").is_not_null(),
        chance=(pl.col("words") == pl.col("survivor_words")).fill_null(False) & ~pl.col("kind").is_in(DUPLICATES),
    )


def test_planted_duplicates_are_found(judged: pl.DataFrame) -> None:
    planted = judged.filter("duplicate")
    assert planted["kind"].n_unique() == len(DUPLICATES)
    assert planted["dropped"].mean() >= 0.99
    for kind, share in planted.group_by("kind").agg(pl.col("dropped").mean()).iter_rows():
        assert share >= 0.98, kind


def test_what_is_dropped_was_planted_or_has_the_same_words(judged: pl.DataFrame) -> None:
    dropped = judged.filter("dropped", ~pl.col("chance"))
    assert len(dropped) > 300
    assert dropped["duplicate"].mean() >= 0.99


def test_look_alikes_stay(judged: pl.DataFrame) -> None:
    others = judged.filter(pl.col("kind") == "look_alike", ~pl.col("chance"))
    assert len(others) > 150
    assert not others["dropped"].any()


def test_copies_go_in_favour_of_what_they_repeat(judged: pl.DataFrame) -> None:
    copies = judged.filter("duplicate", "dropped")
    assert (copies["survivor"] == copies["original"]).mean() >= 0.93
