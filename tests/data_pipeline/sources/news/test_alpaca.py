import pytest

from data_pipeline.sources.news import alpaca
from data_pipeline.sources.protocol import Cursor, RefusedResponse, Scope
from tests.data_pipeline.sources.news.answers import collect, doc_ids, respond, symbols, utc, window
from tests.data_pipeline.sources.news.samples import SAMPLES

SOURCE = alpaca.SOURCE
SHARES = Scope(symbols=("NWFD", "CBFR"))
REQUEST = SOURCE.plan(Cursor(), window(utc(2025, 6, 3), utc(2025, 6, 4)), SHARES)[0]
WRITTEN = next(sample for sample in SAMPLES if sample.source is SOURCE)


def article(number, created="2025-06-03T13:30:05Z", updated=None):
    return {"id": number, "headline": f"Article {number}", "created_at": created, "updated_at": updated or created}


def page(*articles, token=None):
    return {"news": list(articles), "next_page_token": token}


def test_both_keys_go_into_headers():
    assert [(auth.place, auth.name, auth.env) for auth in REQUEST.auth] == [
        ("header", "APCA-API-KEY-ID", "APCA_API_KEY_ID"),
        ("header", "APCA-API-SECRET-KEY", "APCA_API_SECRET_KEY"),
    ]
    assert REQUEST.params["include_content"] == "true"


def test_articles_that_were_edited_after_the_window_are_asked_for_too():
    assert (REQUEST.params["start"], REQUEST.params["end"]) == ("2025-06-03T00:00:00Z", "2025-06-06T00:00:00Z")
    parsed = respond(
        SOURCE,
        REQUEST,
        page(
            article(1, "2025-06-03T23:00:00Z", "2025-06-04T09:00:00Z"),
            article(2, "2025-06-01T10:00:00Z", "2025-06-03T09:00:00Z"),
            article(3, "2025-06-04T00:00:00Z"),
        ),
    )
    assert doc_ids([parsed]) == ["alpaca:1"]
    assert parsed.counts["outside_window"] == 2


def test_a_text_is_available_no_sooner_than_its_last_update():
    edited, same, late = WRITTEN.parse().documents
    assert edited.published_at == utc(2025, 6, 3, 13, 30, 5)
    assert edited.updated_at == edited.available_at == utc(2025, 6, 3, 15, 2, 41)
    assert same.updated_at is None
    assert same.available_at == utc(2025, 6, 3, 14, 11)
    assert late.available_at == utc(2025, 6, 4, 9)


def test_markup_is_removed_and_the_summary_stands_in_for_an_empty_content():
    edited, empty, late = WRITTEN.parse().documents
    assert edited.title == "Northwind Foods & Cobalt Freight Sign Five-Year Supply Pact"
    assert (
        edited.body == "Northwind Foods said on Tuesday that it extended its contract.\nShares rose 2% before the open."
    )
    assert empty.body == ""
    assert late.body == "Coverage begins with a neutral view."


def test_coins_and_foreign_listings_are_no_us_shares():
    edited, mixed, _ = WRITTEN.parse().documents
    assert set(symbols(edited)) == {"NWFD", "CBFR", "BRK-B"}
    assert set(symbols(mixed)) == {"T"}
    assert WRITTEN.parse().counts["symbols_not_listed_in_us"] == 2


def test_pages_follow_the_token_until_there_is_none():
    pages = {None: page(article(1), token="a"), "a": page(article(2), token="b"), "b": page(article(3))}
    asked, found = collect(SOURCE, [REQUEST], lambda request: pages[request.params.get("page_token")])
    assert doc_ids(found) == ["alpaca:1", "alpaca:2", "alpaca:3"]
    assert all(request.params["start"] == REQUEST.params["start"] for request in asked)


@pytest.mark.parametrize("token", ["a", "", None, 7, "\ud800"])
def test_a_token_that_repeats_or_is_none_ends_the_paging(token):
    request = REQUEST.model_copy(update={"params": {**REQUEST.params, "page_token": "a"}})
    assert not respond(SOURCE, request, page(article(1), token=token)).follow


def test_an_edited_article_keeps_its_id_and_moves_the_stream():
    first = SOURCE.stream(Cursor(), SHARES)[0]
    assert "start" not in first.params
    before = respond(SOURCE, first, page(article(1), token="a"), mode="stream")
    assert not before.follow
    (again,) = SOURCE.stream(Cursor().advanced(before.marks), SHARES)
    assert again.params["start"] == "2025-06-03T13:30:05Z"
    after = respond(SOURCE, again, page(article(1, updated="2025-06-03T16:00:00Z"), token="a"), mode="stream")
    assert after.documents[0].doc_id == before.documents[0].doc_id
    assert after.marks["live"].at == utc(2025, 6, 3, 16)
    assert after.follow


@pytest.mark.parametrize(
    ("message", "kind"),
    [("forbidden.", "credentials"), ("too many requests.", "budget"), ("unauthorized", "credentials")],
)
def test_refusals_are_told_apart(message, kind):
    with pytest.raises(RefusedResponse) as refused:
        respond(SOURCE, REQUEST, {"message": message})
    assert refused.value.kind == kind
