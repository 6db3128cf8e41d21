"""What is known when."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.curation import curate, superseded_at
from data_pipeline.linking import link
from data_pipeline.samples.view import DocumentIndex, document_text
from tests.data_pipeline.made import document, documents, instruments, utc
from tickertune.core.recipe import CurationConfig

NOON = utc("2020-02-10T12:00")
MICROSECOND = timedelta(microseconds=1)


def known(
    table: pl.DataFrame, after: datetime, as_of: datetime, latency: int = 0, source: pl.DataFrame | None = None
) -> list[tuple[str, int]]:
    """What is known of A; ``source``: the documents before curation, where that dropped some."""
    index = DocumentIndex(table, superseded_at(table if source is None else source), latency, 240)
    window = [np.array([moment.replace(tzinfo=None)], dtype="datetime64[us]") for moment in (after, as_of)]
    return [(shown.doc_id, shown.revision) for _, rows in index.known("A", *window) for shown in rows]


def test_a_window_holds_its_end_but_not_its_start() -> None:
    table = documents([document("start", NOON), document("end", NOON + timedelta(hours=1))])
    assert known(table, NOON, NOON + timedelta(hours=1)) == [("end", 0)]


def test_latency_delays_what_is_known() -> None:
    table = documents([document("a", NOON)])
    day = timedelta(days=1)
    assert known(table, NOON - day, NOON + timedelta(minutes=9), latency=10) == []
    assert known(table, NOON - day, NOON + timedelta(minutes=10), latency=10) == [("a", 0)]


def test_the_newest_revision_known_at_the_decision_is_shown_and_a_later_one_is_not() -> None:
    hour = timedelta(hours=1)
    table = documents(
        [document("a", NOON), document("a", NOON + hour, revision=1), document("a", NOON + 2 * hour, revision=2)]
    )
    start = NOON - hour
    assert known(table, start, NOON) == [("a", 0)]
    assert known(table, start, NOON + 1.5 * hour) == [("a", 1)]
    assert known(table, start, NOON + 9 * hour) == [("a", 2)]


@pytest.mark.parametrize(
    "withdrawal",
    [
        {"title": "Nothing here about any company we follow"},
        {"title": "", "body": "https://example.com"},
        {"title": "Make money fast: join our free trading room, link in bio"},
        {"title": " ".join(f"${name}" for name in "ABCDEFGHIJ")},
    ],
    ids=["no_symbol", "empty", "spam", "list"],
)
def test_a_text_is_out_of_view_once_a_later_revision_came_that_is_itself_dropped(withdrawal: dict[str, str]) -> None:
    hour = timedelta(hours=1)
    source = documents(
        [document("a", NOON, ["A"]), document("a", NOON + hour, [], revision=1, **withdrawal), document("b", NOON)]
    )
    kept, _ = link(curate(source, CurationConfig())[0], instruments("ABCDEFGHIJ"))
    assert kept.select("doc_id", "revision").rows() == [("a", 0), ("b", 0)]
    assert known(kept, NOON - hour, NOON + hour - MICROSECOND, source=source) == [("a", 0), ("b", 0)]
    assert known(kept, NOON - hour, NOON + hour, source=source) == [("b", 0)]
    assert known(kept, NOON - hour, NOON + hour, latency=1, source=source) == [("a", 0), ("b", 0)]


def test_a_revision_that_came_before_its_original_hides_it() -> None:
    table = documents([document("a", NOON), document("a", NOON - timedelta(days=3), revision=1)])
    assert known(table, NOON - timedelta(days=1), NOON) == []


def test_a_document_without_a_time_is_never_known() -> None:
    untimed = document("a", NOON) | {"published_at": None, "available_at": None, "time_quality": "unknown"}
    table = documents([untimed])
    assert DocumentIndex(table, superseded_at(table), 0, 240).instruments == []


def test_a_document_is_known_to_each_instrument_it_is_linked_to() -> None:
    table = documents([document("a", NOON, ["A", "B"])])
    assert DocumentIndex(table, superseded_at(table), 0, 240).instruments == ["A", "B"]


times = st.integers(0, 40)


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), times), max_size=12), times, st.integers(0, 20), st.integers(0, 90))
def test_the_index_agrees_with_a_plain_search(
    items: list[tuple[str, int]], end: int, length: int, latency: int
) -> None:
    counts: dict[str, int] = {}
    rows = []
    for name, hour in items:
        rows.append((name, counts.get(name, 0), NOON + timedelta(hours=hour)))
        counts[name] = counts.get(name, 0) + 1
    as_of, after = NOON + timedelta(hours=end), NOON + timedelta(hours=end - length)
    ready = [(name, revision, at + timedelta(minutes=latency)) for name, revision, at in rows]
    newest = {name: max(r for n, r, at in ready if n == name and at <= as_of) for name, _, at in ready if at <= as_of}
    expected = {(n, r) for n, r, at in ready if after < at <= as_of and newest[n] == r}
    table = documents([document(name, at, revision=revision) for name, revision, at in rows])
    index = known(table, after, as_of, latency) if rows else []
    assert set(index) == expected
    assert len(index) == len(expected)


@settings(deadline=None)
@given(st.text(max_size=80), st.text(max_size=400), st.integers(40, 120))
def test_text_is_one_line_within_its_limit(title: str, body: str, limit: int) -> None:
    text = document_text(title, body, limit)
    assert len(text) <= limit
    assert text == " ".join(text.split())


@pytest.mark.parametrize(
    ("title", "body", "expected"),
    [
        ("Title", "Body text.", "Title. Body text."),
        ("Title!", "Body", "Title! Body"),
        ("Title", "", "Title"),
        ("", "Body", "Body"),
        ("Title", "Title and more", "Title and more"),
        ("one two three four five six seven eight nine ten", "", "one two three four five six seven eight…"),
        ("x" * 60, "", "x" * 39 + "…"),
    ],
)
def test_title_and_body_are_joined_and_cut_between_words(title: str, body: str, expected: str) -> None:
    assert document_text(title, body, 40) == expected
