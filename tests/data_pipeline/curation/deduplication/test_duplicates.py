from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.curation.deduplication import bands_and_rows, remove_duplicates
from data_pipeline.curation.deduplication.words import repost_key, without_attribution
from tests.data_pipeline.nouns import START, document, documents
from tickertune.core.document import Document

STORY = "Acme wins a supply contract with the rail company after long talks"


def decisions(*records: Document, threshold: float = 0.8) -> tuple[list[str], dict[str, tuple[str, str]]]:
    kept, drops, _ = remove_duplicates(documents(*records), threshold)
    return kept["doc_id"].to_list(), {row[0]: (row[2], row[3]) for row in drops.iter_rows()}


def test_repost_and_case_and_links_are_exact_duplicates_of_the_earliest() -> None:
    kept, drops = decisions(
        document("late", f"RT @wire: {STORY.upper()} http://t.co/xyz", hours=2),
        document("early", STORY),
        document("later", f'"@a: RT @b: {STORY}"', hours=3),
    )
    assert kept == ["early"]
    assert drops == {"late": ("exact_duplicate", "early"), "later": ("exact_duplicate", "early")}


def test_equal_times_are_ordered_by_id() -> None:
    assert decisions(document("b", STORY), document("a", STORY))[0] == ["a"]


@pytest.mark.parametrize(
    "title",
    [
        f"{STORY} today",
        f"Report: {STORY}",
        f"{STORY} - update",
        f"({'Harbor Post'}) {STORY}",
        f"{STORY} | Meridian Press",
    ],
)
def test_edited_and_syndicated_copies_are_near_duplicates(title: str) -> None:
    kept, drops = decisions(document("first", STORY), document("copy", title, hours=1))
    assert kept == ["first"]
    assert drops["copy"] == ("near_duplicate", "first")


def test_syndicated_copy_of_a_short_title_is_found_in_either_order() -> None:
    plain, labelled = "Acme Foods suspends its dividend", "Tidewater News: Acme Foods suspends its dividend"
    assert decisions(document("a", plain), document("b", labelled, hours=1))[0] == ["a"]
    assert decisions(document("a", labelled), document("b", plain, hours=1))[0] == ["a"]


def test_two_brokers_saying_the_same_are_not_duplicates() -> None:
    kept, _ = decisions(
        document("a", "Citi: upgrade Acme to buy now"), document("b", "Goldman: upgrade Acme to buy now", hours=1)
    )
    assert kept == ["a", "b"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "$AAPL hits a new 52-week high on heavy volume in early trade",
            "$MSFT hits a new 52-week high on heavy volume in early trade",
        ),
        (
            "Acme shares are up 3.5% in heavy trading after the profit report",
            "Acme shares are up 9.1% in heavy trading after the profit report",
        ),
        ("Acme raises its outlook", "Acme cuts its outlook"),
    ],
)
def test_template_texts_with_other_facts_are_kept(one: str, other: str) -> None:
    assert decisions(document("a", one), document("b", other, hours=1))[0] == ["a", "b"]


def test_same_words_about_other_companies_are_kept() -> None:
    first = document("a", "Shares rise after earnings", symbols=("AAPL",))
    second = document("b", "Shares rise after earnings", hours=1, symbols=("MSFT",))
    assert decisions(first, second)[0] == ["a", "b"]


def test_repost_cut_at_the_length_limit_is_a_near_duplicate() -> None:
    tail = "and says that its order book has never been fuller $ACME $XYZ"
    kept, drops = decisions(document("a", f"{STORY} {tail}"), document("b", f"RT @x: {STORY} {tail[:-6]}...", hours=1))
    assert kept == ["a"]
    assert drops["b"] == ("near_duplicate", "a")


def test_same_words_a_month_later_are_news_again_but_daily_repeats_are_not() -> None:
    assert decisions(document("a", STORY), document("b", STORY, hours=24 * 30))[0] == ["a", "b"]
    daily = [document(f"d{day:02d}", STORY, hours=24 * day) for day in range(20)]
    assert decisions(*daily)[0] == ["d00"]
    edited = [document(f"d{day:02d}", f"{STORY} {'abcdefghijklmnopqrst'[day]}", hours=24 * day) for day in range(20)]
    assert decisions(*edited)[0] == ["d00"]


def test_revisions_of_a_kept_document_stay() -> None:
    kept, drops = decisions(
        document("a", STORY), document("a", STORY, hours=1, revision=1), document("b", STORY, hours=2)
    )
    assert kept == ["a", "a"]
    assert drops == {"b": ("exact_duplicate", "a")}


def test_documents_without_words_are_not_duplicates_of_each_other() -> None:
    assert decisions(document("a", "http://t.co/1"), document("b", "http://t.co/2", hours=1))[0] == ["a", "b"]


def test_repost_key_ignores_what_a_repost_changes() -> None:
    assert repost_key("RT @a: MT @b Apple's up 3.5%! $AAPL https://t.co/x wor…") == ["apple's", "up", "3.5%", "$aapl"]


@pytest.mark.parametrize(
    "title",
    ["$ACME: wins the rail contract", "Raises its outlook: Acme Foods", "Q3: beats estimates of the street by far"],
)
def test_label_with_content_is_no_attribution(title: str) -> None:
    assert without_attribution(title) == title


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.8, 0.95, 1.0])
def test_hashing_rarely_misses_a_pair_at_the_threshold(threshold: float) -> None:
    bands, rows = bands_and_rows(threshold)
    assert (1 - threshold**rows) ** bands <= 1e-3
    assert bands * rows <= 64


words = st.sampled_from(["acme", "wins", "big", "order", "today", "$X", "$Y", "5%", "from", "bank"])
titles = st.lists(words, min_size=1, max_size=7).map(" ".join)
streams = st.lists(
    st.tuples(titles, st.integers(0, 400), st.sampled_from([(), ("X",), ("X", "Y")])), min_size=1, max_size=25
)


@settings(max_examples=30, deadline=None)
@given(streams, st.integers(0, 400), st.sampled_from([0.5, 0.8, 1.0]))
def test_decisions_do_not_change_when_later_documents_are_cut_off(
    stream: list[tuple[str, int, tuple[str, ...]]], cut: int, threshold: float
) -> None:
    records = [document(f"d{i}", title, hours=h, symbols=s) for i, (title, h, s) in enumerate(stream)]
    early = [record for record in records if record.available_at <= START + timedelta(hours=cut)]
    _, drops = decisions(*records, threshold=threshold)
    kept_early, drops_early = decisions(*early, threshold=threshold)
    early_ids = {record.doc_id for record in early}
    assert drops_early == {doc: drop for doc, drop in drops.items() if doc in early_ids}
    assert set(kept_early) == early_ids - drops.keys()


@settings(max_examples=30, deadline=None)
@given(streams, st.randoms())
def test_decisions_do_not_depend_on_the_order_of_the_input(stream: list, random: object) -> None:
    records = [document(f"d{i}", title, hours=h, symbols=s) for i, (title, h, s) in enumerate(stream)]
    shuffled = list(records)
    random.shuffle(shuffled)
    assert decisions(*records) == decisions(*shuffled)
