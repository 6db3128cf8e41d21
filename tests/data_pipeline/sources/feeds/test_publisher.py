import pytest

from data_pipeline.sources.feeds import SOURCES, rss
from data_pipeline.sources.feeds.publisher import FeedPublisher
from data_pipeline.sources.protocol import RefusedResponse, Window
from tests.data_pipeline.sources.feeds.helpers import answer, fixture, plan_of, read, stream_of, utc
from tests.data_pipeline.sources.feeds.samples import PUBLISHERS, ROW_FIXTURES
from tickertune.core.errors import TickerTuneError


def rows_of(name, mode="stream", window=None):
    source = PUBLISHERS[name]
    request = plan_of(source, window)[0] if window else stream_of(source)[0]
    return source.parse(answer(request, fixture(ROW_FIXTURES[name][0]), mode=mode))


def times(parsed):
    return [(document.published_at, document.time_quality) for document in parsed.documents]


def test_the_fingpt_rows_of_this_family_are_there():
    rows = {source.info.fingpt_row for source in SOURCES} - {None}
    assert rows == {3, 4, 5, 6, 7, 8, 9, 10, 11, 19}
    assert all(source.info.robots for source in SOURCES)


def test_naive_stamps_are_unknown_unless_the_address_declares_their_zone():
    assert times(read(fixture("rss/naive.rss"))) == [(None, "unknown")] * 2
    declared = read(fixture("rss/naive.rss"), url="https://ledger.example/feed#zone=America/New_York")
    assert times(declared) == [(utc(2025, 11, 3, 19), "exact"), (utc(2025, 7, 1, 18), "minute")]


def test_zone_names_of_rfc_822_are_read_and_ambiguous_ones_stay_unknown():
    parsed = read(fixture("rss/est.rss"))
    assert times(parsed) == [(utc(2025, 11, 3, 19), "minute"), (utc(2025, 7, 1, 18), "exact"), (None, "unknown")]
    assert parsed.counts["stamps_unreadable"] == 1


def test_items_without_dates_are_known_from_first_sight_and_take_nothing_from_the_channel():
    parsed = read(fixture("rss/undated.rss"))
    assert times(parsed) == [(None, "unknown")] * 2
    assert {document.available_at for document in parsed.documents} == {utc(2026, 11, 2, 12)}
    assert not parsed.marks
    later = read(fixture("rss/undated.rss"), mode="range")
    assert [document.available_at for document in later.documents] == [None, None]


def test_a_date_alone_is_a_day_of_the_declared_zone_and_unknown_without_one():
    assert times(read(fixture("rss/date_only.rdf"))) == [(None, "unknown"), (utc(2025, 11, 3, 19), "exact")]
    request = stream_of(rss.SOURCE, urls=("https://granary.example/feed#zone=America/New_York",))[0]
    assert request.url == "https://granary.example/feed"
    later = rss.SOURCE.parse(answer(request, fixture("rss/date_only.rdf"), mode="range"))
    assert times(later)[0] == (utc(2025, 11, 3, 5), "day")
    assert later.documents[0].available_at == utc(2025, 11, 4, 5)


def test_an_unknown_zone_in_an_address_is_a_clear_error():
    for address in ("https://x.example/f#zone=Mars/Base", "https://x.example/f#zone="):
        with pytest.raises(TickerTuneError, match=r"declares the time zone.*Write an IANA zone"):
            stream_of(rss.SOURCE, urls=(address,))


ECHO = "https://feeds.example.com/all.xml"


def test_repeated_ids_give_one_document_each():
    parsed = read(fixture("rss/duplicates.rss"))
    assert [(document.doc_id, document.title) for document in parsed.documents] == [
        (f"rss:{ECHO}#e-1", "Brewer lifts its outlook"),
        (f"rss:{ECHO}#e-2", "Tanner cuts 40 jobs"),
        (f"rss:{ECHO}#home", "Second of two under one id"),
    ]
    assert parsed.counts["repeated"] == 1
    assert [item.reason for item in parsed.quarantine] == [
        f"the id '{ECHO}#e-2' stands over another text in this feed",
        f"the id '{ECHO}#home' stands over another address in this feed",
    ]


def part_of(name, *titles):
    """Return the feed with the items of these titles alone: another snapshot of it."""
    head, *items = fixture(name).decode().split("<item>")
    kept = [item.split("</item>")[0] + "</item>" for item in items if any(title in item for title in titles)]
    return "<item>".join([head, *kept]).encode() + b"</channel></rss>"


@pytest.mark.parametrize("declared", ["", "#ids=repeat", "#zone=Europe/London&ids=repeat"])
def test_an_id_does_not_depend_on_what_else_the_feed_lists(declared):
    whole = {d.title: d.doc_id for d in read(fixture("rss/duplicates.rss"), url=ECHO + declared).documents}
    for title, doc_id in whole.items():
        (alone,) = read(part_of("rss/duplicates.rss", title), url=ECHO + declared).documents
        assert alone.doc_id == doc_id


def test_ids_of_a_feed_that_repeats_them_are_joined_to_the_address():
    parsed = read(fixture("rss/duplicates.rss"), url=f"{ECHO}#ids=repeat")
    assert [document.doc_id for document in parsed.documents] == [
        f"rss:{ECHO}#{native}"
        for native in (
            "e-1 https://echo.example/brewer",
            "e-2 https://echo.example/tanner",
            "home https://echo.example/first",
            "home https://echo.example/second",
        )
    ]
    row = PUBLISHERS["talkmarkets"]
    declared = FeedPublisher(row.info, row.feeds, repeats_ids=True)
    titles = [d.title for d in declared.parse(answer(stream_of(declared)[0], fixture("rss/duplicates.rss"))).documents]
    assert titles[-2:] == ["First of two under one id", "Second of two under one id"]


def test_an_unknown_declaration_of_ids_in_an_address_is_a_clear_error():
    with pytest.raises(TickerTuneError, match="ids=repeat"):
        stream_of(rss.SOURCE, urls=("https://x.example/f#ids=unique",))


def test_repeated_ids_do_not_depend_on_the_order_of_items():
    body = fixture("rss/duplicates.rss").decode()
    head, *items = body.split("<item>")
    items[-1], tail = items[-1].split("</item>")[0] + "</item>", "</channel></rss>"
    turned = "<item>".join([head, *reversed(items)]) + tail
    straight, other = read(body.encode()), read(turned.encode())
    assert {(d.doc_id, d.title) for d in straight.documents} == {(d.doc_id, d.title) for d in other.documents}


def test_a_text_that_changed_keeps_its_id_and_is_known_no_earlier_than_its_change():
    before, after = (
        read(fixture(f"rss/changed_{name}.atom"), mode="range").documents[0] for name in ("first", "second")
    )
    assert before.doc_id == after.doc_id == "rss:tag:tide.example,2025:17"
    assert before.title != after.title
    assert before.published_at == after.published_at == utc(2025, 11, 3, 14)
    assert (before.available_at, after.available_at) == (utc(2025, 11, 3, 14), utc(2025, 11, 3, 17, 45))
    assert after.updated_at == utc(2025, 11, 3, 17, 45)
    assert after.language == "en-GB"
    assert after.url == "https://feeds.example.com/2025/17"


def test_atom_that_tells_only_the_last_change_was_published_then():
    body = fixture("rss/changed_second.atom").replace(b"<published>2025-11-03T14:00:00Z</published>", b"")
    document = read(body, mode="range").documents[0]
    assert document.published_at == document.updated_at == document.available_at == utc(2025, 11, 3, 17, 45)


def test_items_out_of_order_are_all_taken_and_the_mark_is_the_newest():
    parsed = read(fixture("rss/out_of_order.rss"))
    assert [document.title for document in parsed.documents] == ["Middle", "Newest", "Oldest"]
    assert parsed.marks["https://feeds.example.com/all.xml"].at == utc(2025, 11, 4, 12)


def test_a_stamp_after_the_fetch_is_not_believed():
    body = fixture("rss/out_of_order.rss").replace(b"04 Nov 2025", b"04 Nov 2029")
    parsed = read(body)
    assert parsed.documents[1].published_at is None
    assert parsed.counts["stamps_after_fetch"] == 1
    assert parsed.marks["https://feeds.example.com/all.xml"].at <= utc(2026, 11, 2, 12)


def test_an_id_that_is_unique_only_in_its_feed_is_joined_to_the_feed():
    first, other = (read(fixture("rss/est.rss"), url=f"https://{host}.example/feed") for host in ("a", "b"))
    assert first.documents[0].doc_id == "rss:https://a.example/feed#cw-1"
    assert not {d.doc_id for d in first.documents} & {d.doc_id for d in other.documents}


def test_each_address_is_a_stream_and_twice_the_same_is_once():
    urls = ("https://a.example/feed", "https://b.example/feed", "https://a.example/feed#top")
    requests = stream_of(rss.SOURCE, urls=urls)
    assert [request.context["stream"] for request in requests] == list(urls[:2])
    assert {request.expects for request in requests} == {"xml"}


def test_a_range_keeps_what_the_feed_still_lists_of_the_window():
    window = Window(since=utc(2025, 11, 2, 12), until=utc(2025, 11, 4, 12))
    request = plan_of(rss.SOURCE, window, urls=("https://leaves.example/feed",))[0]
    parsed = rss.SOURCE.parse(answer(request, fixture("rss/out_of_order.rss"), mode="range"))
    assert [document.title for document in parsed.documents] == ["Middle", "Oldest"]  # since is in, until is out
    assert parsed.counts["outside_window"] == 1
    assert [document.available_at for document in parsed.documents] == [utc(2025, 11, 3, 12), utc(2025, 11, 2, 12)]


def test_seeking_alpha_gives_every_symbol_of_an_item_and_none_of_another_market():
    parsed = rows_of("seeking_alpha")
    first, second = parsed.documents
    assert first.doc_id == "seeking_alpha:https://seekingalpha.com/MarketCurrent:90000001"
    assert [link.symbol for link in first.symbols] == ["NWTX", "SPST"]
    assert first.published_at == utc(2025, 6, 26, 20, 53, 2)
    assert second.symbols == []
    assert parsed.counts["symbols_of_other_markets"] == 1
    assert not parsed.unknown_fields


def test_seeking_alpha_has_a_feed_for_each_company():
    requests = stream_of(PUBLISHERS["seeking_alpha"], symbols=("MSFT", "BRK/B"))
    assert [request.url for request in requests] == [
        "https://seekingalpha.com/api/sa/combined/MSFT.xml",
        "https://seekingalpha.com/api/sa/combined/BRK%2FB.xml",
    ]


def test_globenewswire_gives_us_tickers_the_change_and_the_language():
    parsed = rows_of("globenewswire", mode="range", window=Window(since=utc(2025, 6, 20), until=utc(2025, 6, 21)))
    first, second, third = parsed.documents
    assert [[link.instrument_id for link in d.symbols] for d in parsed.documents] == [["US:QRRY"], [], ["US:WDGT"]]
    assert [d.market for d in parsed.documents] == ["US", "global", "US"]
    assert parsed.counts["symbols_of_other_markets"] == 2
    assert (first.published_at, first.time_quality) == (utc(2025, 6, 20, 12, 30), "minute")
    assert first.updated_at == utc(2025, 6, 20, 13, 5)
    assert first.available_at == utc(2025, 6, 20, 13, 6)  # the end of the minute
    assert (first.language, second.language) == ("en", "pt")
    assert second.title == "Banco Imaginário buys back shares"
    assert third.symbols[0].detail == "category"
    assert not parsed.unknown_fields


def test_cnbc_sets_advertising_aside():
    parsed = rows_of("cnbc")
    assert [document.doc_id for document in parsed.documents] == ["cnbc:990000001", "cnbc:990000003"]
    assert [item.reason for item in parsed.quarantine] == ["sponsored content"]
    assert times(parsed)[1] == (utc(2025, 6, 12, 17, 10), "minute")


def test_wordpress_feeds_give_the_full_text_and_their_ids():
    for name, host in (("penny_stocks", "pennystocks.com"), ("investorplace", "investorplace.com")):
        first, second = rows_of(name).documents
        assert first.doc_id == f"{name}:https://{host}/?p=1001"
        assert first.title == "3 Stocks Under $5 — Made Up"
        assert first.body == "The long version of the first article.\nIt has two paragraphs."
        assert second.body == "Only a summary."
        assert [link.symbol for link in first.symbols] == ["PENX"]


def test_an_item_without_an_id_is_known_by_its_address():
    assert rows_of("gurufocus").documents[1].doc_id == "gurufocus:https://www.gurufocus.com/news/9000000/copper-kettle"


@pytest.mark.parametrize("name", sorted(PUBLISHERS))
def test_every_row_streams_its_feeds_and_leaves_no_field_unknown(name):
    source = PUBLISHERS[name]
    streams = [request.context["stream"] for request in stream_of(source)]
    assert streams == list(source.feeds)
    parsed = rows_of(name)
    assert not parsed.unknown_fields
    assert set(parsed.marks) == {streams[0]}
    assert {"range", "stream"} <= set(source.info.modes)
    with pytest.raises(RefusedResponse):
        source.parse(answer(stream_of(source)[0], b"<html><title>Access denied</title></html>"))
