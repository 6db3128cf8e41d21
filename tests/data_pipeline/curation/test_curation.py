from datetime import date, timedelta

import polars as pl
import pytest

from data_pipeline.curation import DROPS_SCHEMA, curate, newest_at, superseded_at
from data_pipeline.linking import link
from data_pipeline.sources import SourceData, load_source
from tests.data_pipeline.nouns import START, document, documents
from tickertune.core.recipe import CurationConfig, SimulatedSourceConfig


@pytest.fixture(scope="module")
def simulated() -> SourceData:
    return load_source(SimulatedSourceConfig(companies=12), date(2021, 1, 4), date(2021, 5, 1))


@pytest.fixture(scope="module")
def judged(simulated: SourceData) -> pl.DataFrame:
    """The truth table with the reason of each drop; null: kept and linked."""
    kept, curated_out = curate(simulated.documents, CurationConfig())
    _, unlinked = link(kept, simulated.instruments)
    drops = pl.concat([curated_out, unlinked])
    return simulated.truth["documents"].join(drops, on=["doc_id", "revision"], how="left", validate="1:1")


def share(judged: pl.DataFrame, kind: str, *reasons: str) -> float:
    rows = judged.filter(pl.col("kind") == kind)
    assert len(rows) >= 10, f"too few {kind} to judge"
    return float(rows["reason"].is_in(reasons).mean())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "reasons", "least"),
    [
        ("exact_duplicate", ("exact_duplicate",), 0.99),
        ("near_duplicate", ("near_duplicate",), 0.95),
        ("syndication", ("near_duplicate", "exact_duplicate"), 0.95),
        ("foreign", ("language",), 0.99),
        ("spam", ("spam",), 0.99),
        ("false_ticker", ("no_symbol", "near_duplicate", "exact_duplicate"), 0.99),
    ],
)
def test_planted_dirt_is_found(judged: pl.DataFrame, kind: str, reasons: tuple[str, ...], least: float) -> None:
    assert share(judged, kind, *reasons) >= least


def test_stories_and_revisions_are_kept(judged: pl.DataFrame) -> None:
    stories = judged.filter(pl.col("kind").is_in(["story", "revision"]))
    assert stories["reason"].is_null().mean() >= 0.995  # type: ignore[operator]


def test_survivor_of_a_planted_copy_is_its_original(judged: pl.DataFrame) -> None:
    copies = judged.filter(pl.col("kind") == "exact_duplicate", pl.col("reason") == "exact_duplicate")
    assert (copies["survivor"] == copies["original"]).mean() >= 0.95  # type: ignore[operator]


def test_links_agree_with_the_truth(simulated: SourceData) -> None:
    kept, _ = curate(simulated.documents, CurationConfig())
    linked, _ = link(kept, simulated.instruments)
    pairs = linked.explode("symbols").select("doc_id", "revision", pl.col("symbols").struct.field("instrument_id"))
    both = pairs.join(simulated.truth["documents"], on=["doc_id", "revision"], suffix="_true")
    assert (both["instrument_id"] == both["instrument_id_true"]).all()


def test_cutting_the_input_changes_no_earlier_decision(simulated: SourceData) -> None:
    cut = simulated.documents["available_at"].sort()[len(simulated.documents) // 2]
    early = simulated.documents.filter(pl.col("available_at") <= cut)
    kept, drops = curate(simulated.documents, CurationConfig())
    kept_early, drops_early = curate(early, CurationConfig())
    assert kept_early.equals(kept.filter(pl.col("available_at") <= cut))
    assert drops_early.equals(drops.join(early, on=["doc_id", "revision"], how="semi", maintain_order="left"))


def test_every_document_is_kept_or_dropped_once(simulated: SourceData) -> None:
    kept, drops = curate(simulated.documents, CurationConfig())
    assert drops.schema == DROPS_SCHEMA
    both = pl.concat([kept.select("doc_id", "revision"), drops.select("doc_id", "revision")]).sort("doc_id", "revision")
    assert both.equals(simulated.documents.select("doc_id", "revision").sort("doc_id", "revision"))


def test_survivors_are_documents_that_stay(simulated: SourceData) -> None:
    kept, drops = curate(simulated.documents, CurationConfig())
    assert set(drops["survivor"].drop_nulls()) <= set(kept["doc_id"])
    story = "Acme wins a supply contract with the rail company after long talks"
    chain = documents(document("a", story), document("b", f"{story} today", 1), document("c", f"{story} today", 2))
    kept, drops = curate(chain, CurationConfig())
    assert kept["doc_id"].to_list() == ["a"]
    assert dict(drops.select("doc_id", "survivor").iter_rows()) == {"b": "a", "c": "a"}


def test_no_documents_give_none() -> None:
    kept, drops = curate(documents(), CurationConfig())
    assert kept.is_empty()
    assert drops.schema == DROPS_SCHEMA


def test_view_shows_the_newest_revision_known() -> None:
    table = documents(
        document("a", "first"), document("a", "second", hours=2, revision=1), document("b", "other", hours=1)
    )
    assert newest_at(table, START + timedelta(hours=1))["title"].to_list() == ["first", "other"]
    assert newest_at(table, START + timedelta(hours=2))["title"].to_list() == ["other", "second"]
    assert newest_at(table, START - timedelta(hours=1)).is_empty()


def test_a_revision_is_superseded_when_the_first_higher_one_comes() -> None:
    untimed = {"published_at": None, "available_at": None, "time_quality": "unknown"}
    table = documents(
        document("a", "first"),
        document("a", "second", hours=3, revision=1),
        document("a", "third, earlier", hours=2, revision=2),
        document("b", "alone"),
        document("c", "then withdrawn, no one knows when"),
        document("c", "", revision=1, **untimed),
    )
    later = START + timedelta(hours=2)
    assert superseded_at(table).rows() == [("a", 0, later), ("a", 1, later)]
