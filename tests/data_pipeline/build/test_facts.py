"""Facts for the data card."""

from datetime import date

import polars as pl
import pytest

from data_pipeline.build.facts import by_month, ceiling_for, cluster_counts, source_facts, universe_notes
from data_pipeline.curation.drops import Drop, drops_frame
from tests.data_pipeline.made import action, actions, bar, bars, document, documents, utc
from tickertune.core.recipe import label_config

ONE = pl.DataFrame({"instrument_id": ["A", "A"]})
TWO = pl.DataFrame({"instrument_id": ["A", "B"]})


def ends(**last: str) -> pl.DataFrame:
    return bars([bar(name, date.fromisoformat(day), 1.0, 1.0) for name, day in last.items()])


def test_a_universe_of_survivors_is_named() -> None:
    notes = universe_notes(TWO, ends(A="2020-05-01", B="2020-05-01"), actions([]))
    assert [note.split(":")[0] for note in notes] == ["Survivorship"]


def test_a_universe_that_lost_someone_is_not_called_one_of_survivors() -> None:
    assert universe_notes(TWO, ends(A="2020-05-01", B="2020-03-02"), actions([])) == []
    left = actions([action("B", date(2020, 3, 2), "delisting", 0.1)])
    assert universe_notes(TWO, ends(A="2020-05-01", B="2020-05-01"), left) == []


def test_a_universe_of_one_company_is_named() -> None:
    notes = universe_notes(ONE, ends(A="2020-05-01", B="2020-03-02"), actions([]))
    assert [note.split(":")[0] for note in notes] == ["One company"]


def test_clusters_count_their_survivors() -> None:
    drops = drops_frame([Drop(name, 0, "near_duplicate", "a", "") for name in ("b", "c")])
    assert cluster_counts(drops) == {"clusters": 1, "documents": 3, "largest": 3}
    assert cluster_counts(drops.clear()) == {}


def test_documents_are_counted_by_source_licence_and_month() -> None:
    rows = documents(
        [
            document("a", utc("2020-01-31T23:59")),
            document("b", utc("2020-02-01T00:00")),
            document("c", utc("2020-02-02T00:00"), licence="closed", redistributable=False),
        ]
    )
    assert by_month(rows) == {"made": {"2020-01": 1, "2020-02": 2}}
    facts = [(row.licence, row.documents, row.redistributable) for row in source_facts(rows)]
    assert facts == [("closed", 1, False), ("none", 2, True)]


@pytest.mark.parametrize(
    ("label", "known"),
    [
        ({}, True),
        ({"classes": 3}, False),
        ({"horizon": 5}, False),
        ({"benchmark": "beta"}, False),
        ({"name": "fingpt_rlsp", "horizon": 1}, False),
        ({"name": "sep"}, False),
    ],
)
def test_the_ceiling_of_a_sign_is_told_of_no_other_label(label: dict[str, object], known: bool) -> None:
    ceiling = {"accuracy": 0.8, "mcc": 0.6}
    assert ceiling_for(label_config(**label), ceiling) == (ceiling if known else {})
