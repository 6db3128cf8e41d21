from datetime import date

import pytest

from data_pipeline.sources.news import finnhub
from data_pipeline.sources.protocol import Cursor, Mark, RefusedResponse, Scope
from tests.data_pipeline.sources.news.answers import collect, doc_ids, respond, symbols, utc, window

SOURCE = finnhub.SOURCE
APPLE = Scope(symbols=("AAPL",))
MARKET = SOURCE.stream(Cursor(), Scope())[0]


def article(number, at, **more):
    return {
        "id": number,
        "datetime": int(at.timestamp()),
        "headline": f"News {number}",
        "url": "https://x.example",
        **more,
    }


JUNE = window(utc(2025, 6, 2), utc(2025, 6, 9))


def week(span=JUNE):
    return SOURCE.plan(Cursor(), span, APPLE)


def test_weeks_cover_the_window_without_a_day_twice():
    requests = SOURCE.plan(Cursor(), window(utc(2025, 6, 2), utc(2025, 6, 30)), Scope(symbols=("AAPL", "MSFT")))
    spans = [(r.params["symbol"], r.params["from"], r.params["to"]) for r in requests]
    # 2 June 00:00 UTC is the evening of 1 June in New York: that date is asked for too
    assert [span[1:] for span in spans if span[0] == "AAPL"] == [
        ("2025-06-01", "2025-06-07"),
        ("2025-06-08", "2025-06-14"),
        ("2025-06-15", "2025-06-21"),
        ("2025-06-22", "2025-06-28"),
        ("2025-06-29", "2025-06-29"),
    ]
    assert len(spans) == 10


def test_news_outside_the_window_is_counted_and_left_out():
    since, until = utc(2025, 6, 2, 12), utc(2025, 6, 3)
    items = [article(1, utc(2025, 6, 2, 11, 59, 59)), article(2, since), article(3, until)]
    parsed = respond(SOURCE, week(window(since, until))[0], items)
    assert [document.title for document in parsed.documents] == ["News 2"]
    assert parsed.counts["outside_window"] == 2


def test_full_answers_are_asked_again_in_halves_until_all_is_found():
    def serve(request):
        first, last = (date.fromisoformat(request.params[name]) for name in ("from", "to"))
        days = range(first.toordinal(), last.toordinal() + 1)
        every = [
            article(day * 1000 + n, utc(*date.fromordinal(day).timetuple()[:3], 12), related="AAPL")
            for day in reversed(days)
            for n in range(120)
        ]
        return every[:250]  # the vendor cuts the oldest, without a word

    asked, found = collect(SOURCE, week(), serve)
    everything = {
        f"finnhub:company/{day * 1000 + n}"
        for day in range(date(2025, 6, 2).toordinal(), date(2025, 6, 9).toordinal())
        for n in range(120)
    }
    assert set(doc_ids(found)) == everything
    assert len(asked) > 7


def test_a_single_full_day_is_counted_as_possibly_cut():
    request = week()[0]
    day = request.model_copy(update={"params": {**request.params, "from": "2025-06-03", "to": "2025-06-03"}})
    parsed = respond(SOURCE, day, [article(n, utc(2025, 6, 3, 9)) for n in range(200)])
    assert not parsed.follow
    assert parsed.counts["possibly_cut"] == 1


def test_epoch_seconds_are_exact_utc():
    parsed = respond(SOURCE, MARKET, [article(7, utc(2025, 7, 9, 13, 30))])
    assert parsed.documents[0].published_at == utc(2025, 7, 9, 13, 30)
    assert parsed.documents[0].time_quality == "exact"


def test_related_symbols_and_the_asked_one_are_linked():
    parsed = respond(SOURCE, week()[0], [article(1, utc(2025, 6, 3), related="AAPL,NWFD"), article(2, utc(2025, 6, 3))])
    assert symbols(parsed.documents[0]) == {"AAPL": "related", "NWFD": "related"}
    assert symbols(parsed.documents[1]) == {"AAPL": "request"}


def test_company_numbers_do_not_move_the_market_stream():
    """Company news is numbered higher: its number as minId would silence the market news."""
    company = respond(SOURCE, week()[0], [article(134_000_000, utc(2025, 6, 3))])
    market = respond(SOURCE, MARKET, [article(7_496_389, utc(2025, 7, 9))], mode="stream")
    cursor = Cursor().advanced(company.marks).advanced(market.marks)
    assert SOURCE.stream(cursor, Scope())[0].params["minId"] == "7496389"
    assert {company.documents[0].doc_id, market.documents[0].doc_id} == {
        "finnhub:company/134000000",
        "finnhub:market/7496389",
    }


def test_a_number_seen_twice_never_lowers_the_stream():
    cursor = Cursor(marks={"live": Mark(serial=9)})
    parsed = respond(SOURCE, MARKET, [article(3, utc(2025, 7, 9))])
    assert SOURCE.stream(cursor.advanced(parsed.marks), Scope())[0].params["minId"] == "9"


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("Invalid API key.", "credentials"),
        ("You don't have access to this resource.", "credentials"),
        ("API limit reached. Please try again later. Remaining Limit: 0", "budget"),
    ],
)
def test_refusals_in_a_good_answer_are_told_apart(message, kind):
    with pytest.raises(RefusedResponse, match=message[:10]) as refused:
        respond(SOURCE, MARKET, {"error": message})
    assert refused.value.kind == kind


def test_a_page_in_place_of_json_is_refused():
    with pytest.raises(RefusedResponse, match="markup") as refused:
        respond(SOURCE, MARKET, b"<html>maintenance</html>")
    assert refused.value.kind == "content"
