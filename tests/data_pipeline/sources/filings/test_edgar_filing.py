"""Full submissions: header, items, exhibits; lists that lead to them."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from data_pipeline.sources.filings import edgar_filing, sections
from data_pipeline.sources.protocol import Cursor, Mark, RefusedResponse, Scope, Window
from tests.data_pipeline.sources.filings.helpers import entry, feed
from tests.data_pipeline.sources.filings.samples import SAMPLES
from tickertune.core.errors import TickerTuneError

SOURCE = edgar_filing.SOURCE
WINDOW = Window(since=datetime(2025, 6, 9, 4, tzinfo=UTC), until=datetime(2025, 6, 10, 4, tzinfo=UTC))


def sample(name, source="edgar_filing"):
    return next(s for s in SAMPLES if s.body.endswith(name) and s.source.info.name == source)


def document(name):
    return sample(name).parse().documents[0]


def test_8k_has_its_items_and_no_cover_or_signature():
    filing = document("aapl-8k-20191115.txt")
    assert filing.title == "Apple Inc. 8-K: 8.01 Other Events; 9.01 Financial Statements and Exhibits"
    assert filing.body.startswith("Item 8.01 Other Events.")
    assert "consummated the issuance and sale of €1,000,000,000 aggregate principal amount" in filing.body
    assert "Pursuant to the requirements of the Securities Exchange Act" not in filing.body
    assert [(link.symbol, link.detail) for link in filing.symbols] == [
        ("CIK0000320193", "filer"),
        ("AAPL", "dei:TradingSymbol"),
    ]


def test_8k_carries_the_press_release_attached_to_it():
    body = document("796343_000079634323000044_0000796343-23-000044.txt.zst").body
    assert body.startswith("Item 2.02. Results of Operations and Financial Condition.")
    assert "EX-99.1" in body
    assert "Adobe achieved revenue of $4.66 billion" in body


def test_10k_of_apple_has_all_its_items():
    text = document("aapl-10-k-2024-11-01.html.zst").body
    headings = re.findall(r"^Item (\d+[A-C]?)\.", text, re.MULTILINE)
    expected = "1 1A 1B 1C 2 3 4 5 6 7 7A 8 9 9A 9B 9C 10 11 12 13 14 15 16"
    assert headings == expected.split()
    assert "The Company designs, manufactures and markets smartphones, personal computers, tablets" in text
    assert "repurchased 499 million shares of its common stock for $95.0 billion" in text
    assert "ix:header" not in text
    assert "us-gaap:" not in text


def test_10q_of_apple_has_the_items_of_both_parts():
    page = sample("aapl-10-q-2025-08-01.html.zst").read().decode()
    items = sections.read_text(page, "10-Q").items
    assert items == (
        *(f"Part I Item {number}" for number in ("1", "2", "3", "4")),
        *(f"Part II Item {number}" for number in ("1", "1A", "2", "3", "4", "5", "6")),
    )


def test_missing_item_gives_the_whole_text_instead():
    markup = "<html><body><p>Item 8.01 Other Events</p><p>One thing.</p><p>No heading here.</p></body></html>"
    assert sections.read_text(markup, "8-K", 1).items == ("8.01",)
    whole = sections.read_text(markup, "8-K", 2)
    assert whole.items == ()
    assert "Other Events" in whole.body


def test_page_that_edgartools_cannot_read_gives_its_visible_text():
    deep = "<html><body>" + "<div>" * 3000 + "<p>Item 8.01 Other Events. Deep.</p>"
    assert sections.read_text(deep, "8-K", 1).body == "Item 8.01 Other Events. Deep."
    assert sections.read_text("plain\ttext \n\n\n\nof 1996", "10-K").body == "plain text\n\nof 1996"


def test_reading_sections_writes_nothing_into_the_home_directory(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    sections._edgartools.cache_clear()
    sections.read_text("<html><body><p>Item 8.01 Other Events</p><p>Text.</p></body></html>", "8-K", 1)
    assert list(tmp_path.iterdir()) == []


def test_form_4_says_who_traded_what():
    filing = document("0000320193-22-000061.txt.zst")
    assert filing.title == "Apple Inc. 4: Adams Katherine L. (SVP, GC and Secretary)"
    assert "2022-05-04, Common Stock, disposed 9136 at 159.94, code S, holds 468198" in filing.body
    assert [link.symbol for link in filing.symbols] == ["CIK0000320193", "AAPL"]
    assert filing.published_at == datetime(2022, 5, 6, 22, 30, 57, tzinfo=UTC)


def test_submission_without_acceptance_time_is_dated_by_its_filing_date():
    late = sample("edgar_filing/late_8k.txt")
    body = late.read().replace(b"<ACCEPTANCE-DATETIME>20250609183015\n", b"")
    filing = SOURCE.parse(replace(late.response(body), mode="range")).documents[0]
    assert filing.time_quality == "day"
    assert filing.published_at == datetime(2025, 6, 10, 4, tzinfo=UTC)


def test_window_is_that_of_the_acceptance_or_of_becoming_public():
    """Accepted at 18:30 of the 9th in New York, public at 06:00 of the 10th."""
    late = sample("edgar_filing/late_8k.txt")

    def found(since, until):
        context = {"since": f"2025-06-{since}:00:00+00:00", "until": f"2025-06-{until}:00:00+00:00"}
        request = late.request.model_copy(update={"context": context})
        parsed = SOURCE.parse(replace(late.response(), request=request))
        return len(parsed.documents), parsed.counts["outside_window"]

    assert found("09T04", "10T04") == found("10T04", "11T04") == (1, 0)
    assert found("09T04", "09T22") == found("10T10", "11T04") == (0, 1)


def test_without_header_it_is_no_submission():
    with pytest.raises(RefusedResponse, match="SGML header"):
        SOURCE.parse(sample("edgar_filing/late_8k.txt").response(b"<html>gone</html>"))


def test_company_leads_to_the_submissions_of_its_reports_in_the_window():
    window = Window(since=datetime(2019, 11, 1, tzinfo=UTC), until=datetime(2019, 12, 1, tzinfo=UTC))
    [request] = SOURCE.plan(Cursor(), window, Scope(symbols=("320193",), query="8-K"))
    answer = sample("sample_api_responses/CIK0000320193.json", "edgar_submissions").response()
    parsed = SOURCE.parse(replace(answer, request=request))
    addresses = [follow.url for follow in parsed.follow]
    assert addresses == ["https://www.sec.gov/Archives/edgar/data/320193/000119312519292676/0001193125-19-292676.txt"]
    assert parsed.counts["other_forms"] == 7


def test_all_filers_are_read_from_the_daily_index_until_the_late_ones_are_dated():
    [request] = SOURCE.plan(Cursor(), WINDOW, Scope())
    assert (request.context["first"], request.context["last"]) == ("2025-06-09", "2025-06-14")
    master = sample("master.20181231.idx", "edgar_index")
    step = master.request.model_copy(update={"context": {"step": "index", "forms": "8-K,4"}})
    follow = SOURCE.parse(replace(master.response(), request=step)).follow
    rows = [line.split("|") for line in master.read().decode().splitlines() if "|edgar/" in line]
    assert len(follow) == sum(row[2] in ("8-K", "4") for row in rows) == 4


def test_stream_follows_new_filings_of_each_form():
    cursor = Cursor(marks={"8-K": Mark(at=datetime(2026, 1, 12, 14, 5, tzinfo=UTC))})
    requests = SOURCE.stream(cursor, Scope(query="8-K,10-Q"))
    assert [request.params["type"] for request in requests] == ["8-K", "10-Q"]
    page = sample("start=400_type=_owner=include_output=atom.zst", "edgar_current").response()
    follow = SOURCE.parse(replace(page, request=requests[0])).follow
    entries = re.findall(r"<title>(8-K(?:/A)?) - .*?<updated>([^<]+)", page.body.decode("latin-1"), re.DOTALL)
    floor = datetime(2026, 1, 12, 13, 50, tzinfo=UTC)  # a quarter of an hour before the mark
    new = [moment for _, moment in entries if datetime.fromisoformat(moment) >= floor]
    submissions = [entry for entry in follow if entry.url.endswith(".txt")]
    assert len(submissions) == len(new) > 0
    assert submissions[0].context == {"form": "8-K", "step": "submission"}


def test_index_page_leads_to_the_report_and_its_press_release():
    parsed = sample("796343_0000796343-23-000044-index.html.zst").parse()
    assert [follow.context["type"] for follow in parsed.follow] == ["8-K", "EX-99.1"]
    page = sample("796343_000079634323000044_adbe-20230315.htm.zst")
    filing = SOURCE.parse(replace(page.response(), request=parsed.follow[0], url=parsed.follow[0].url)).documents[0]
    assert filing.doc_id == "edgar_filing:0000796343-23-000044"
    assert filing.published_at == datetime(2023, 3, 15, 20, 6, 36, tzinfo=UTC)


def test_addresses_outside_the_archive_are_refused():
    with pytest.raises(TickerTuneError, match="archive"):
        SOURCE.plan(Cursor(), WINDOW, Scope(urls=("https://example.com/x.txt",)))


def newest(mark, *entries):
    cursor = Cursor(marks={"8-K": Mark(at=mark)})
    page = sample("start=400_type=_owner=include_output=atom.zst", "edgar_current").response()
    parsed = SOURCE.parse(replace(page, request=SOURCE.stream(cursor, Scope(query="8-K"))[0], body=feed(*entries)))
    return [request.url[-10:-4] for request in parsed.follow if request.context["step"] == "submission"]


def test_stream_takes_a_filing_that_enters_the_feed_after_a_newer_one():
    mark = datetime(2026, 1, 12, 21, 5, 20, tzinfo=UTC)
    entries = (
        entry(9, "2026-01-12T16:05:30-05:00"),
        entry(8, "2026-01-12T16:05:10-05:00"),
        entry(7, "2026-01-12T15:50:20-05:00"),
        entry(6, "2026-01-12T15:50:19-05:00"),
    )
    assert newest(mark, *entries) == ["000009", "000008", "000007"]


def test_stream_takes_a_filing_of_the_evening_when_it_becomes_public():
    evening = entry(1, "2026-01-12T17:45:00-05:00", filed="2026-01-13")
    weekend = entry(2, "2026-01-09T17:45:00-05:00", filed="2026-01-12")
    assert newest(datetime(2026, 1, 13, 2, 50, tzinfo=UTC), evening, weekend) == ["000001"]
    assert newest(datetime(2026, 1, 13, 11, 14, tzinfo=UTC), evening, weekend) == ["000001"]
    assert newest(datetime(2026, 1, 13, 11, 16, tzinfo=UTC), evening, weekend) == []
    assert newest(datetime(2026, 1, 12, 11, 1, tzinfo=UTC), weekend) == ["000002"]


def test_stream_goes_by_the_acceptance_where_an_entry_tells_no_filing_date():
    undated = entry(1, "2026-01-12T17:45:00-05:00", filed="-")
    assert newest(datetime(2026, 1, 12, 22, 50, tzinfo=UTC), undated) == ["000001"]
    assert newest(datetime(2026, 1, 13, 2, 50, tzinfo=UTC), undated) == []
    wrong = entry(1, "2026-01-12T17:45:00-05:00", filed="2026-02-31")
    assert newest(datetime(2026, 1, 13, 2, 50, tzinfo=UTC), wrong) == []
