"""A leak that is planted is found."""

from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest

from data_pipeline.curation import superseded_at
from data_pipeline.samples.checks import check_samples, leak_share
from data_pipeline.samples.movement import MovementSamples, movement_samples
from data_pipeline.sources import SourceData
from tests.data_pipeline.made import config, market, new_york
from tickertune.core.errors import TickerTuneError


def built(**changes: object) -> tuple[SourceData, MovementSamples]:
    source = market(0)
    recipe = config(**changes)
    tables = (source.documents, superseded_at(source.documents), source.instruments, source.bars, source.actions)
    return source, movement_samples(*tables, new_york(), recipe)


def change(samples: MovementSamples, **columns: pl.Expr) -> MovementSamples:
    first = pl.col("sample_id") == samples.frame["sample_id"][0]
    changed = {name: pl.when(first).then(value).otherwise(pl.col(name)) for name, value in columns.items()}
    return replace(samples, frame=samples.frame.with_columns(**changed))


def test_clean_samples_pass_and_say_so() -> None:
    source, samples = built()
    results = check_samples(samples, source.documents, 0)
    assert any(result == f"{len(samples.used)} documents pass" for _, result in results)
    assert leak_share(samples, source.documents, 0) == 0


def test_a_document_that_turns_out_later_is_refused() -> None:
    source, samples = built()
    later = source.documents.with_columns(available_at=pl.col("available_at") + timedelta(days=1))
    with pytest.raises(TickerTuneError, match="a document later than the decision"):
        check_samples(samples, later, 0)


def test_latency_counts() -> None:
    source, samples = built()
    with pytest.raises(TickerTuneError, match="a document later than the decision"):
        check_samples(samples, source.documents, 24 * 60)


def test_a_document_that_does_not_exist_is_refused() -> None:
    source, samples = built()
    with pytest.raises(TickerTuneError, match="a document later than the decision"):
        check_samples(samples, source.documents.filter(pl.col("doc_id") != samples.used["doc_id"][0]), 0)


@pytest.mark.parametrize(
    ("columns", "what"),
    [
        ({"entry": pl.col("as_of")}, "a decision at or after its entry"),
        ({"exit": pl.col("entry")}, "an exit at or before its entry"),
        ({"doc_ids": pl.lit([], dtype=pl.List(pl.String))}, "no document"),
        ({"sample_id": pl.lit(built()[1].frame["sample_id"][-1])}, "an id that another sample has"),
    ],
)
def test_a_broken_sample_is_refused(columns: dict[str, pl.Expr], what: str) -> None:
    source, samples = built()
    with pytest.raises(TickerTuneError, match=f"1 sample.*{what}|2 sample.*{what}"):
        check_samples(change(samples, **columns), source.documents, 0)


def test_an_outcome_that_reaches_into_a_later_split_is_refused() -> None:
    source, samples = built()
    after = pl.lit(samples.splits.boundary["validation"]).dt.replace_time_zone("UTC") + timedelta(minutes=1)
    with pytest.raises(TickerTuneError, match="overlaps the validation split"):
        check_samples(change(samples, exit=after), source.documents, 0)


def test_the_published_window_is_let_through_with_the_share_that_leaks() -> None:
    source, samples = built(label={"name": "acl18_as_published"}, lookback_days=5)
    check_samples(samples, source.documents, 0)
    share = leak_share(samples, source.documents, 0)
    times = source.documents.select("doc_id", "revision", "available_at")
    shown = samples.used.join(times, on=["doc_id", "revision"]).join(samples.frame, on="sample_id")
    late = shown.filter(pl.col("available_at") >= pl.col("entry"))["sample_id"].n_unique()
    assert share == late / len(samples.frame) > 0.1


def test_a_document_in_two_splits_is_refused() -> None:
    source, samples = built()
    shared = samples.used.filter(pl.col("doc_id").is_duplicated()).sort("doc_id")["sample_id"][0]
    moved = pl.when(pl.col("sample_id") == shared).then(pl.lit("test")).otherwise("split")
    with pytest.raises(TickerTuneError, match="a document that another split shows too"):
        check_samples(replace(samples, frame=samples.frame.with_columns(split=moved)), source.documents, 0)
