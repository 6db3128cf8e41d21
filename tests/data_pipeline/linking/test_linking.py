from datetime import UTC, date, datetime

import pytest

from data_pipeline.linking import link, name_on, refused_links
from data_pipeline.linking.names import NameIndex, spellings
from tests.data_pipeline.nouns import UNIVERSE, document, documents
from tickertune.core.document import Document


def links_of(record: Document) -> list[tuple[str, str]]:
    kept, _ = link(documents(record), UNIVERSE)
    return [(entry["instrument_id"], entry["evidence"]) for row in kept["symbols"] for entry in row]


def drop_of(record: Document) -> tuple[str, str]:
    kept, drops = link(documents(record), UNIVERSE)
    assert kept.is_empty()
    return drops["reason"][0], drops["detail"][0]


def test_cashtag_links_with_its_evidence() -> None:
    kept, drops = link(documents(document("a", "Apple ($AAPL) beats estimates")), UNIVERSE)
    assert kept["symbols"].to_list() == [
        [{"symbol": "AAPL", "instrument_id": "US:AAPL", "evidence": "cashtag", "detail": "$AAPL"}]
    ]
    assert drops.is_empty()


def test_payload_link_of_a_post_needs_support_in_its_text() -> None:
    post = {"category": "social", "symbols": ("D",)}
    assert drop_of(document("a", "FX.BTC U$D 494.40", **post)) == ("no_symbol", "refused D")
    assert links_of(document("a", "$D raises its dividend", **post)) == [("US:D", "cashtag")]
    assert links_of(document("a", "Dominion Energy raises its dividend", **post)) == [("US:D", "name")]


def test_payload_link_of_news_stands_as_given() -> None:
    assert links_of(document("a", "iPhone sales rise", symbols=("AAPL",))) == [("US:AAPL", "payload")]


def test_short_symbol_of_an_article_that_never_names_the_company_is_refused() -> None:
    article = {"body": "The charger has a USB-C port and weighs little. " * 12}
    assert drop_of(document("a", "A small charger", symbols=("C",), **article)) == ("no_symbol", "refused C")
    assert links_of(document("a", "A small charger", symbols=("AAPL",), **article)) == [("US:AAPL", "payload")]
    assert links_of(document("a", "A small charger", symbols=("C",))) == [("US:C", "payload")]
    named = {"body": article["body"] + "Citigroup, a bank, wrote of it."}
    assert links_of(document("a", "A small charger", symbols=("C",), **named))[0][0] == "US:C"
    marked = {"body": article["body"] + "The bank (NYSE: C) wrote of it."}
    assert links_of(document("a", "A small charger", symbols=("C",), **marked)) == [("US:C", "exchange")]
    filing = {"category": "filing", **article}
    assert links_of(document("a", "A small charger", symbols=("C",), **filing)) == [("US:C", "payload")]


def test_refused_links_of_documents_that_stay_are_counted() -> None:
    post = {"category": "social"}
    given = documents(
        document("a", "$AAPL and U$D", symbols=("AAPL", "D"), **post),
        document("b", "U$D alone", symbols=("D",), **post),
        document("c", "iPhone sales rise", symbols=("AAPL",)),
    )
    kept, drops = link(given, UNIVERSE)
    assert refused_links(given, kept) == 1
    assert drops.rows() == [("b", 0, "no_symbol", None, "refused D")]


def test_an_exchange_or_a_code_links_with_its_evidence() -> None:
    assert links_of(document("a", "The brewer (NYSE: XOM) reports")) == [("US:XOM", "exchange")]
    assert drop_of(document("a", "The brewer (LSE: XOM) reports")) == ("no_symbol", "")
    kept, _ = link(documents(document("a", "$AAPL and (NYSE: T)")), UNIVERSE)
    assert [(entry["symbol"], entry["evidence"], entry["detail"]) for entry in kept["symbols"][0]] == [
        ("AAPL", "cashtag", "$AAPL"), ("T", "exchange", "NYSE: T"),
    ]  # fmt: skip


def test_an_ampersand_of_markup_is_one() -> None:
    assert links_of(document("a", "AT&amp;T Inc. bids")) == [("US:T", "name")]


def test_name_beside_a_tag_or_payload_link_is_not_linked() -> None:
    assert links_of(document("a", "Bank of America cuts $AAPL")) == [("US:AAPL", "cashtag")]
    assert links_of(document("a", "Bank of America cuts Apple", symbols=("AAPL",))) == [("US:AAPL", "payload")]
    assert links_of(document("a", "Bank of America cuts 3,000 jobs")) == [("US:BAC", "name")]


def test_symbol_must_be_valid_on_the_day_of_the_document() -> None:
    later = datetime(2022, 6, 9, 12, 0, tzinfo=UTC)
    assert links_of(document("a", "$FB rises")) == [("US:META", "cashtag")]
    assert drop_of(document("a", "$FB rises", published_at=later, available_at=later)) == ("no_symbol", "")
    assert links_of(document("a", "$META rises", published_at=later, available_at=later)) == [("US:META", "cashtag")]


@pytest.mark.parametrize(("count", "reason"), [(8, None), (9, "list")])
def test_lists_of_symbols_are_dropped(count: int, reason: str | None) -> None:
    tags = " ".join(["$AAPL", *(f"$ZZ{letter}" for letter in "ABCDEFGHIJ"[: count - 1])])
    kept, drops = link(documents(document("a", f"Watch {tags}")), UNIVERSE)
    assert len(kept) == (reason is None)
    assert drops["reason"].to_list() == ([reason] if reason else [])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Exxon Mobil and Exxon Mobil Corporation drill", {"US:XOM"}),
        ("Berkshire Hathaway, Inc. buys", {"US:BRK-A"}),
        ("AT&T Inc. bids", {"US:T"}),
        ("The Southern Company and Southern trains", {"US:SO"}),
        ("Visa rules; an apple a day; Citigroup", set()),
        ("Visa Inc. gains", {"US:V"}),
        ("BHP Billiton digs", set()),
        ("BHP Billiton plc digs", {"US:BBL"}),
        ("exxon mobil", set()),
        ("ExxExxon Mobilize", set()),
    ],
)
def test_names_link_conservatively(text: str, found: set[str]) -> None:
    assert set(NameIndex(UNIVERSE.to_dicts()).find(text, date(2015, 8, 3))) == found


def test_names_hold_for_their_dates() -> None:
    index = NameIndex(UNIVERSE.to_dicts())
    assert set(index.find("Google Inc. and Alphabet Inc.", date(2015, 8, 3))) == {"US:GOOG"}
    assert index.find("Alphabet Inc.", date(2015, 8, 3)) == {}
    assert index.find("Alphabet Inc.", date(2015, 10, 2)) == {"US:GOOG": "Alphabet Inc"}
    google = next(row for row in UNIVERSE.to_dicts() if row["symbol"] == "GOOG")
    assert name_on(google["name"], google["names"], date(2015, 10, 1)) == "Google Inc."
    assert name_on(google["name"], [], date(2015, 10, 1)) == "Alphabet Inc."


def test_spellings_keep_the_legal_form_where_one_word_would_remain() -> None:
    assert spellings("The Boeing Company") == ["The Boeing Company", "Boeing Company"]
    assert spellings("Exxon Mobil Corporation") == ["Exxon Mobil Corporation", "Exxon Mobil"]
    assert spellings("Sanofi") == ["Sanofi"]


def test_documents_keep_their_order_and_every_one_is_accounted_for() -> None:
    records = [document("z", "$AAPL up"), document("m", "nothing"), document("a", "$T up")]
    kept, drops = link(documents(*records), UNIVERSE)
    assert kept["doc_id"].to_list() == ["z", "a"]
    assert drops.rows() == [("m", 0, "no_symbol", None, "")]
