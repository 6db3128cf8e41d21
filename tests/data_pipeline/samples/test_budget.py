"""The token budget: whole documents go, the least relevant and oldest first, and every one is counted."""

import dataclasses
from datetime import timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.samples.budget import TokenBudget
from data_pipeline.samples.view import KnownDocument
from tests.data_pipeline.made import utc
from tickertune.core.errors import TickerTuneError
from tickertune.core.tasks import MovementView, NewsItem, get_task

NOON = utc("2020-02-11T12:00")
TASK = get_task("movement")


def words(turns) -> int:  # type: ignore[no-untyped-def]
    return sum(len(turn.content.split()) for turn in turns)


def case(*documents: tuple[str, int, int]) -> tuple[MovementView, list[KnownDocument]]:
    """Documents as text, where they name the company, and how many others they name; oldest first."""
    known = [
        KnownDocument(f"d{at}", 0, NOON + timedelta(minutes=at), text, False, False, (place, -others))
        for at, (text, place, others) in enumerate(documents)
    ]
    news = [NewsItem(document.available_at, document.text) for document in known]
    return MovementView("Company", "SYM", NOON, "America/New_York", news, [], 1, True), known


def bare() -> int:
    return words(TASK.messages(dataclasses.replace(case()[0], news=[])))


def fitted(room: int, *documents: tuple[str, int, int]) -> tuple[list[str] | None, dict[str, int]]:
    budget = TokenBudget(bare() + room, words, TASK, TASK.template)
    found = budget.fit(*case(*documents))
    return None if found is None else [document.doc_id for document in found[1]], dict(budget.counts)


def test_what_fits_is_left_alone() -> None:
    kept, counts = fitted(9, ("one", 2, 0), ("two", 1, 0), ("three", 0, 3))
    assert kept == ["d0", "d1", "d2"]
    assert counts == {"documents_over_budget": 0, "samples_over_budget": 0, "samples_without_room": 0}


@pytest.mark.parametrize(
    ("documents", "kept"),
    [
        ([("old", 1, 0), ("new", 1, 0), ("newest", 1, 0)], ["d1", "d2"]),
        ([("title", 2, 0), ("body", 0, 0), ("tag", 1, 0)], ["d0", "d2"]),
        ([("alone", 1, 0), ("alone", 1, 0), ("list", 1, 6)], ["d0", "d1"]),
    ],
    ids=["oldest", "least_relevant", "most_others"],
)
def test_the_least_relevant_then_the_oldest_goes_whole(documents: list[tuple[str, int, int]], kept: list[str]) -> None:
    found, counts = fitted(6, *documents)  # a line is a weekday, a time and a word
    assert found == kept
    assert counts == {"documents_over_budget": 1, "samples_over_budget": 1, "samples_without_room": 0}


def test_a_sample_without_room_for_any_document_is_left_out_and_counted() -> None:
    found, counts = fitted(2, ("one", 1, 0), ("two", 1, 0))
    assert found is None
    assert counts == {"documents_over_budget": 2, "samples_over_budget": 0, "samples_without_room": 1}


def test_a_budget_smaller_than_the_template_names_both_numbers() -> None:
    budget = TokenBudget(20, words, TASK, TASK.template)
    with pytest.raises(TickerTuneError, match=rf"without any news has {bare()} tokens, more than .*tokens: 20"):
        budget.fit(*case(("one", 1, 0)))


@given(
    st.lists(st.tuples(st.sampled_from(["a", "a b", "a b c d"]), st.integers(0, 2), st.integers(0, 3)), max_size=6),
    st.integers(0, 30),
)
def test_no_prompt_is_over_budget_and_nothing_is_lost_uncounted(
    documents: list[tuple[str, int, int]], room: int
) -> None:
    budget = TokenBudget(bare() + room, words, TASK, TASK.template)
    view, known = case(*documents)
    found = budget.fit(view, known) if known else None
    if found is not None:
        assert words(TASK.messages(found[0])) <= bare() + room
        assert [item.text for item in found[0].news] == [document.text for document in found[1]]
    assert budget.counts["documents_over_budget"] == len(known) - (len(found[1]) if found else 0)


def test_relevance_is_read_from_the_links() -> None:
    from data_pipeline.curation import superseded_at
    from data_pipeline.samples.view import DocumentIndex
    from tests.data_pipeline.made import document, documents

    rows = [
        document("title", NOON, ["AB"], title="AB rises"),
        document("tag", NOON, ["AB", "C", "D"], title="Markets"),
        document("body", NOON, ["AB"], title="Markets"),
    ]
    rows[2]["symbols"][0] |= {"evidence": "name", "detail": "Abra Corp"}
    table = documents(rows)
    index = DocumentIndex(table, superseded_at(table), 0, 40)
    window = [pl.Series([NOON + timedelta(days=at)]).dt.replace_time_zone(None).to_numpy() for at in (-1, 1)]
    ((_, known),) = index.known("AB", *window)
    assert {shown.doc_id: shown.relevance for shown in known} == {"title": (2, 0), "tag": (1, -2), "body": (0, 0)}
