import pytest

from data_pipeline.sources.news import alpha_vantage
from data_pipeline.sources.protocol import Cursor, RefusedResponse, Scope
from tests.data_pipeline.sources.news.answers import collect, doc_ids, respond, symbols, utc, window
from tests.data_pipeline.sources.news.samples import SAMPLES

SOURCE = alpha_vantage.SOURCE
APPLE = Scope(symbols=("AAPL",))
DAY = window(utc(2025, 6, 9), utc(2025, 6, 10))
REQUEST = SOURCE.plan(Cursor(), DAY, APPLE)[0]
RECORDED, WRITTEN = (sample for sample in SAMPLES if sample.source is SOURCE)


def item(number, stamp="20250609T133005"):
    return {"title": f"Item {number}", "url": f"https://x.example/{number}", "time_published": stamp}


def test_symbols_are_asked_for_one_by_one():
    """Several in one request would ask for articles that name them all."""
    requests = SOURCE.plan(
        Cursor(), window(utc(2025, 6, 9), utc(2025, 6, 10, 0, 0, 30)), Scope(symbols=("AAPL", "MSFT"))
    )
    assert [request.params["tickers"] for request in requests] == ["AAPL", "MSFT"]
    assert requests[0].params["time_from"] == "20250609T0000"
    assert requests[0].params["time_to"] == "20250610T0001"


def test_without_symbols_everything_is_asked_for():
    (request,) = SOURCE.plan(Cursor(), DAY, Scope())
    assert "tickers" not in request.params


def test_times_are_utc():
    """The recorded Barron's address ends in the epoch of its publication, 17:05:09 UTC; the stamp follows it."""
    document = next(document for document in RECORDED.parse().documents if "barrons" in document.url)
    assert document.published_at == utc(2022, 7, 6, 17, 51, 26)
    assert document.url.endswith("-01657127109")
    assert document.published_at.timestamp() - 1657127109 < 3600


def test_coins_and_currencies_are_no_shares():
    document = WRITTEN.parse().documents[0]
    assert symbols(document) == {"FXCH": "ticker_sentiment"}
    assert "Bullish" not in document.model_dump_json()


def test_a_full_answer_goes_on_from_its_last_minute_and_loses_nothing():
    minutes = [f"20250609T{n // 60:02}{n % 60:02}00" for n in range(0, 1200, 5)]
    every = [item(f"{stamp}-{n}", stamp) for stamp in minutes for n in range(7)]

    def serve(request):
        newer = [one for one in every if one["time_published"][:13] >= request.params["time_from"]]
        return {"items": "1", "feed": newer[:1000]}

    asked, found = collect(SOURCE, [REQUEST], serve)
    assert set(doc_ids(found)) == {f"alpha_vantage:{one['url']}" for one in every}
    assert len(asked) == 2


def test_a_plan_that_cuts_at_fifty_is_noticed():
    parsed = respond(SOURCE, REQUEST, {"feed": [item(n, f"20250609T10{n:02}00") for n in range(50)]})
    assert [request.params["time_from"] for request in parsed.follow] == ["20250609T1049"]


def test_a_minute_that_fills_an_answer_ends_the_paging():
    request = REQUEST.model_copy(update={"params": {**REQUEST.params, "time_from": "20250609T1330"}})
    parsed = respond(SOURCE, request, {"feed": [item(n) for n in range(1000)]})
    assert not parsed.follow
    assert parsed.counts["possibly_cut"] == 1


def test_the_stream_goes_on_from_its_newest_minute():
    first = SOURCE.stream(Cursor(), APPLE)[0]
    assert first.params["sort"] == "LATEST"
    parsed = respond(SOURCE, first, {"feed": [item(1), item(2, "20250609T133110")]}, mode="stream")
    again = SOURCE.stream(Cursor().advanced(parsed.marks), APPLE)[0]
    assert (again.params["time_from"], again.params["sort"]) == ("20250609T1331", "EARLIEST")


KEY = "ABCD1234EFGH"


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        (
            {"Information": f"We have detected your API key as {KEY} and our standard API rate limit is 25 a day."},
            "budget",
        ),
        (
            {"Note": "Thank you for using Alpha Vantage! Our standard API call frequency is 5 calls per minute"},
            "budget",
        ),
        (
            {"Information": "Please consider spreading out your free API requests more sparingly (1 a second)."},
            "budget",
        ),
        ({"Error Message": "the parameter apikey is invalid or missing."}, "credentials"),
        ({"Information": "The **demo** API key is for demo purposes only."}, "credentials"),
        ({"Information": "Thank you! This is a premium endpoint."}, "credentials"),
        ({"Information": "Invalid inputs. Please refer to the documentation"}, "content"),
        ({"surprise": 1}, "content"),
    ],
)
def test_messages_in_a_good_answer_are_refusals(payload, kind):
    with pytest.raises(RefusedResponse) as refused:
        respond(SOURCE, REQUEST, payload)
    assert refused.value.kind == kind
    assert KEY not in refused.value.reason


def test_no_articles_is_an_answer_and_no_refusal():
    parsed = respond(SOURCE, REQUEST, {"Information": "No articles found. Please adjust the time range or refer to"})
    assert not parsed.documents
    assert not parsed.follow
