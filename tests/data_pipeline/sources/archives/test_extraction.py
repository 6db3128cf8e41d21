"""HTML extraction: recorded pages against their expected parses, stamps, addresses, hostile pages."""

import difflib
import json
import time
from datetime import UTC, date, datetime

import pytest

from data_pipeline.sources.archives.extraction import Article, extract
from data_pipeline.sources.archives.extraction.fallback import MAX_ELEMENTS
from data_pipeline.sources.archives.extraction.publishers import PUBLISHERS, publisher_of
from data_pipeline.sources.archives.extraction.stamps import page_stamp
from data_pipeline.sources.protocol import RefusedResponse, Request, Response
from data_pipeline.sources.times import UNKNOWN
from tests.data_pipeline.sources.archives.made_warc import press_release
from tests.data_pipeline.sources.archives.samples import PAGES, page_sample, saved_on
from tests.data_pipeline.sources.sample import SHARED

EXPECTED = {
    "BusinessInsider_2024_02_14": ("BusinessInsider", "V1"),
    "BusinessInsider_2025_04_01": ("BusinessInsider", "V2"),
    "CNBC_2023_04_28": ("CNBC", "V1"),
    "Reuters_2023_05_16": ("Reuters", "V1"),
    "Reuters_2024_03_07": ("Reuters", "V1_1"),
}
every_page = pytest.mark.parametrize("name", PAGES)


def read(body: bytes, url: str = "https://www.example.com/a", seen: datetime | None = None, kind: str = "") -> Article:
    """Extract a page."""
    headers = {"content-type": kind or "text/html"}
    moment = seen or datetime(2026, 11, 2, tzinfo=UTC)
    return extract(Response(Request(url=url), url, 200, headers, body, moment, "range"), url, moment)


def expected(name: str) -> dict:
    """Return the expected parse of a recorded page."""
    if not SHARED.is_dir():
        pytest.skip(f"real data not found at {SHARED}: set TICKERTUNE_DATA to run this test")
    file, version = EXPECTED[name]
    return json.loads((SHARED / "payloads" / "news_html" / f"{file}.json").read_bytes())[version]


def expected_text(name: str) -> str:
    """Return the expected summary, subheadings and paragraphs, a line each."""
    body = expected(name)["body"]
    sections = [line for section in body["sections"] for line in (*section["headline"], *section["paragraphs"])]
    return "\n".join([*body["summary"], *sections])


def similarity(found: str, wanted: str) -> float:
    """Return the ratio of ``difflib`` on the characters of both texts, blanks folded."""
    return difflib.SequenceMatcher(None, " ".join(wanted.split()), " ".join(found.split()), autojunk=False).ratio()


@every_page
def test_recorded_page_is_read_as_expected(name):
    article = read(page_sample(name).read(), PAGES[name], saved_on(name))
    assert article.title == expected(name)["title"]
    assert article.published.at == datetime.fromisoformat(expected(name)["publishing_date"])
    assert article.published.quality == "exact"
    assert article.method == "publisher"
    assert similarity(article.body, expected_text(name)) > 0.95
    assert article.url == PAGES[name]
    assert article.language in ("en", "en-US")


@every_page
def test_recorded_page_is_read_without_the_publishers_rules(name):
    """The fallback alone, as for a publisher that nobody has written rules for."""
    article = read(page_sample(name).read(), "https://unknown.example.com/a")
    assert article.method in ("trafilatura", "json-ld")
    assert similarity(article.body, expected_text(name)) > 0.9


@every_page
def test_recorded_page_in_latin_1_reads_the_same(name):
    """No recorded page is in Latin-1: this one is written again in what pages call so, windows-1252."""
    page = page_sample(name).read()
    text = page.decode().replace("utf-8", "iso-8859-1").replace("UTF-8", "ISO-8859-1")
    article = read(text.encode("windows-1252", "xmlcharrefreplace"), PAGES[name], kind="text/html; charset=ISO-8859-1")
    plain = read(page, PAGES[name])
    assert (article.title, article.body) == (plain.title, plain.body)


def test_update_is_read():
    name = "BusinessInsider_2025_04_01"
    article = read(page_sample(name).read(), PAGES[name], saved_on(name))
    assert article.updated.at == datetime(2025, 3, 31, 11, 58, 36, tzinfo=UTC)


def test_old_layout_is_still_read_when_the_page_is_fetched_today():
    name = "BusinessInsider_2024_02_14"
    page = page_sample(name).read()
    assert read(page, PAGES[name]).body == read(page, PAGES[name], saved_on(name)).body


@pytest.mark.parametrize("publisher", PUBLISHERS, ids=lambda publisher: publisher.name)
def test_layouts_are_dated_in_order_and_the_last_is_the_present_one(publisher):
    ends = [layout.valid_until for layout in publisher.layouts]
    assert ends[-1] is None
    assert ends[:-1] == sorted(ends[:-1])


def test_layout_valid_on_the_day_is_tried_first_then_newer_then_older():
    reuters = publisher_of("www.reuters.com")
    old, new = reuters.layouts
    assert reuters.layouts_for(date(2023, 5, 16)) == [old, new]
    assert reuters.layouts_for(old.valid_until) == [old, new]
    assert reuters.layouts_for(date(2024, 3, 7)) == [new, old]


def test_publisher_is_known_by_host_and_subdomain_alone():
    assert publisher_of("markets.businessinsider.com").name == "Business Insider"
    assert publisher_of("notcnbc.com") is None
    assert publisher_of("cnbc.com.example.org") is None


def test_page_of_an_unknown_publisher():
    article = read(press_release(), "https://www.example.com/2025/06/northgate-widgets-lifts-outlook?utm=feed")
    assert article.title == "Northgate Widgets lifts outlook & dividend"
    assert article.published.at == datetime(2025, 6, 3, 12, 5, tzinfo=UTC)
    assert article.updated.at == datetime(2025, 6, 4, 6, 0, 10, tzinfo=UTC)
    assert article.language == "en-GB"
    assert article.url == "https://www.example.com/2025/06/northgate-widgets-lifts-outlook"
    assert article.method == "trafilatura"
    assert "interim dividend of 0.40 euros" in article.body
    assert "Copyright" not in article.body


@pytest.mark.parametrize(
    ("text", "zone", "at", "quality", "latest"),
    [
        ("2023-04-28T18:23:01+0000", None, "2023-04-28T18:23:01+00:00", "exact", "2023-04-28T18:23:01+00:00"),
        ("2024-03-07T12:21:53.078Z", None, "2024-03-07T12:21:53.078+00:00", "exact", "2024-03-07T12:21:53.078+00:00"),
        ("2023-04-28T14:23", "America/New_York", "2023-04-28T18:23:00+00:00", "minute", "2023-04-28T18:24:00+00:00"),
        ("2023-12-28 14:23:05", "America/New_York", "2023-12-28T19:23:05+00:00", "exact", "2023-12-28T19:23:05+00:00"),
        ("2023-04-28", "America/New_York", "2023-04-28T04:00:00+00:00", "day", "2023-04-29T04:00:00+00:00"),
        ("2023-04-28", None, "2023-04-27T10:00:00+00:00", "day", "2023-04-29T12:00:00+00:00"),
        ("2023-04-28 14:23:05", None, "2023-04-27T10:00:00+00:00", "day", "2023-04-29T12:00:00+00:00"),
        ("2023-04-28T00:00:00-04:00", None, "2023-04-28T04:00:00+00:00", "day", "2023-04-29T04:00:00+00:00"),
        ("Fri, 28 Apr 2023 14:23:05 -0400", None, "2023-04-28T18:23:05+00:00", "exact", "2023-04-28T18:23:05+00:00"),
    ],
)
def test_stamp_is_read_to_its_honest_precision(text, zone, at, quality, latest):
    stamp = page_stamp(text, zone)
    assert stamp.at == datetime.fromisoformat(at)
    assert stamp.quality == quality
    assert stamp.latest == datetime.fromisoformat(latest)


@pytest.mark.parametrize("text", ["", "yesterday", "2023", "2023-W17-5", "Fri, Apr 28 2023 2:23 PM EDT", "9" * 400])
def test_what_is_no_stamp_is_refused(text):
    with pytest.raises(ValueError, match=r"time|stamp|zone|date|format|isoformat"):
        page_stamp(text, "America/New_York")


def page(head: str = "", text: str = "") -> bytes:
    """Return a page with a long enough text."""
    filler = (
        "The company said on Monday that its sales rose and that it expects the year to end as it had planned. " * 4
    )
    return f"<html><head>{head}</head><body><article><p>{text or filler}</p><p>{filler}</p></article></body></html>".encode()


def json_ld(text: str) -> str:
    return f'<script type="application/ld+json">{text}</script>'


def test_naive_stamp_is_read_in_the_publishers_zone_or_as_a_date():
    head = '<meta property="article:published_time" content="2025-06-03 09:30:00">'
    assert read(page(head), "https://www.cnbc.com/a").published.at == datetime(2025, 6, 3, 13, 30, tzinfo=UTC)
    assert read(page(head)).published.quality == "day"


@pytest.mark.parametrize(
    "text",
    [
        "", "[", "null", "[[[[]]]]", '{"@graph": 1}', '{"@type": 5}', "[" * 100_000, '{"@graph":[' * 50_000, '"NewsArticle"',
        '{"@type": "NewsArticle", "headline": {"a": []}, "datePublished": [[]], "url": 7, "articleBody": null}',
        '{"@type": ["NewsArticle", {}], "headline": [null], "inLanguage": {"@type": "Language"}}',
        '{"@type": "NewsArticle", "headline": "\ud800\\u0000", "datePublished": "9999-99-99T99:99:99Z"}'.replace("\ud800", "\\ud800"),
        '[{"@type": "Article", "dateModified": "0001-01-01T00:00:00Z", "mainEntityOfPage": "http://[::1"}]',
    ],
)  # fmt: skip
def test_broken_json_ld_is_passed_over(text):
    article = read(page(f"<title>Sales rose</title>{json_ld(text)}"))
    assert article.title == "Sales rose"
    assert article.published == UNKNOWN
    assert article.url == "https://www.example.com/a"
    assert "its sales rose" in article.body


def test_article_is_found_in_a_list_and_in_a_graph():
    node = '{"@type": "NewsArticle", "headline": "Found"}'
    for text in (f'[{{"@type": "Person"}}, {node}]', f'{{"@graph": [{{"@type": "WebPage"}}, {node}]}}'):
        assert read(page(json_ld(text))).title == "Found"


def test_whole_json_ld_body_is_taken_and_a_glued_one_is_not():
    whole = "Sales rose by a tenth in the quarter, the company said on Monday. " * 5
    glued = "Sales rose by a tenth in the quarter, the company said on Monday." * 5
    stated = json_ld(json.dumps({"@type": "NewsArticle", "articleBody": whole}))
    assert read(page(stated)).method == "json-ld"
    assert read(page(json_ld(json.dumps({"@type": "NewsArticle", "articleBody": glued})))).method == "trafilatura"


@pytest.mark.parametrize(
    ("stated", "address"),
    [
        ("https://example.com/b", "https://example.com/b"),
        ("/b#comments", "https://www.example.com/b"),
        ("https://www.reuters.com/markets/b", "https://www.example.com/a"),
        ("https://www.example.com/", "https://www.example.com/a"),
        ("javascript:alert(1)", "https://www.example.com/a"),
        ("https://[::1", "https://www.example.com/a"),
    ],
)
def test_stated_address_is_believed_on_its_own_site_alone(stated, address):
    assert read(page(f'<link rel="canonical" href="{stated}">')).url == address


def test_little_text_is_an_article_only_where_the_page_says_so():
    notice = b"<html><head>%s</head><body><article><p>Oil rose two percent on Monday.</p></article></body></html>"
    assert read(notice % b"").method == "none"
    assert read(notice % b'<meta property="og:type" content="article">').body == "Oil rose two percent on Monday."


def test_script_in_the_text_does_not_become_text():
    article = read(page(text="Sales rose.<script>alert('x')</script> " * 10))
    assert "alert" not in article.body


@pytest.mark.parametrize(
    "body",
    [
        b"<div>" * 50_000 + b"text",
        b"<p>" + b"<span>" * 50_000 + b"text",
        b"<b><p>" * 20_000,
        b"<p>word word. " * (2 * MAX_ELEMENTS),
        b"<p>" + b"&amp;" * 200_000,
        b"<blockquote>" * 50_000,
        b"<p>text" + b"<!-- x -->" * 50_000,
        json_ld("[" + '{"@type":"X"},' * 50_000 + "1]").encode() + b"<p>text</p>",
    ],
    ids=["divs", "spans", "unclosed", "many", "entities", "quotes", "comments", "nodes"],
)
@pytest.mark.parametrize("host", ["www.example.com", "www.reuters.com"])
def test_hostile_page_is_read_in_bounded_time(body, host):
    begun = time.perf_counter()
    article = read(body, f"https://{host}/a")
    assert article.published == UNKNOWN
    assert time.perf_counter() - begun < 20


def test_element_with_endless_attributes_is_refused_at_once():
    body = b"<p>text</p><div " + b" ".join(b"a%d=1" % number for number in range(100_000)) + b">"
    begun = time.perf_counter()
    with pytest.raises(RefusedResponse, match="attributes"):
        read(body)
    assert time.perf_counter() - begun < 10
