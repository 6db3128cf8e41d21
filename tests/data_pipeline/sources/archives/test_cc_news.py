"""CC-NEWS: lists, slices, captures, times."""

import contextlib
import gzip
import io
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from fastwarc.stream_io import GzipWriter
from fastwarc.warc import WarcRecord, WarcRecordType
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.acquisition.adapters import read_file
from data_pipeline.sources.archives import cc_news, warc
from data_pipeline.sources.archives.capture import captures
from data_pipeline.sources.archives.cc_news import CC_NEWS, REUTERS
from data_pipeline.sources.protocol import Cursor, Mode, Parsed, RefusedResponse, Request, Response, Scope, Window
from tests.data_pipeline.sources.archives.made_warc import PRESS_RELEASE, compressed, press_release, record, small_warc
from tests.data_pipeline.sources.archives.samples import PAGES, recorded_warc, saved_on, warc_request
from tests.data_pipeline.sources.sample import FIXTURES
from tickertune.core.errors import TickerTuneError

FETCHED = datetime(2026, 11, 2, 12, tzinfo=UTC)


def day(month: int, number: int) -> datetime:
    return datetime(2025, month, number, tzinfo=UTC)


def answer(request: Request, body: bytes, mode: Mode = "range", status: int = 206, **headers: str) -> Response:
    return Response(request, request.url, status, headers, body, FETCHED, mode)


def parse(body: bytes, hosts: str = "", mode: Mode = "range") -> Parsed:
    """Parse a whole file."""
    return CC_NEWS.parse(answer(warc_request(hosts), body, mode))


def article(name: str) -> bytes:
    """Return the page of an article with an address of its own."""
    return press_release().replace(b"/2025/06/northgate-widgets-lifts-outlook", f"/{name}".encode())


def address(name: str) -> str:
    return f"https://www.example.com/{name}"


# Lists.


def test_lists_of_all_months_that_may_hold_the_window_are_asked_for():
    requests = CC_NEWS.plan(Cursor(), Window(since=day(6, 1), until=day(6, 30)), Scope(urls=("reuters.com",)))
    base = "https://data.commoncrawl.org/crawl-data/CC-NEWS/2025"
    # A file of the last of May may have been filled in June, a page of 29 June captured in July.
    assert [request.url for request in requests] == [f"{base}/{month}/warc.paths.gz" for month in ("05", "06", "07")]
    inner = CC_NEWS.plan(Cursor(), Window(since=day(6, 3), until=day(6, 4)), Scope(urls=("reuters.com",)))
    assert [request.url for request in inner] == [f"{base}/06/warc.paths.gz"]


def test_nothing_is_asked_for_before_the_archive_began():
    window = Window(since=datetime(2010, 1, 1, tzinfo=UTC), until=datetime(2016, 8, 20, tzinfo=UTC))
    requests = REUTERS.plan(Cursor(), window, Scope())
    assert [request.url.partition("CC-NEWS/")[2] for request in requests] == ["2016/08/warc.paths.gz"]
    early = Window(since=datetime(2010, 1, 1, tzinfo=UTC), until=datetime(2012, 1, 1, tzinfo=UTC))
    assert REUTERS.plan(Cursor(), early, Scope()) == []


def test_hosts_are_taken_from_names_and_addresses():
    window = Window(since=day(6, 3), until=day(6, 4))
    scope = Scope(urls=("https://www.CNBC.com/markets/", "marketwatch.com"))
    assert CC_NEWS.plan(Cursor(), window, scope)[0].context["hosts"] == "cnbc.com,marketwatch.com"
    assert REUTERS.plan(Cursor(), window, Scope())[0].context["hosts"] == "reuters.com"
    for wrong in (Scope(), Scope(urls=("reuters",))):
        with pytest.raises(TickerTuneError, match=r"reuters\.com"):
            CC_NEWS.plan(Cursor(), window, wrong)


def files_of(since: datetime, until: datetime) -> list[str]:
    """Return the times of the files that the list leads to."""
    window = Window(since=since, until=until)
    request = CC_NEWS.plan(Cursor(), window, Scope(urls=("example.com",)))[0]
    body = gzip.compress((FIXTURES / "cc_news" / "warc.paths").read_bytes())
    return [request.url[-28:-14] for request in CC_NEWS.parse(answer(request, body, status=200)).follow]


def test_files_that_were_open_in_the_window_or_soon_after_are_followed():
    assert files_of(day(6, 2), day(6, 3)) == ["20250601231002", "20250602011844", "20250603010101", "20250604115959"]
    # The last file begun before the window holds its first hours; one that was closed before it does not.
    hour = timedelta(hours=1)
    assert files_of(day(6, 2) + 2 * hour, day(6, 2) + 3 * hour)[0] == "20250602011844"
    # Nobody closed the file of 31 May until a day had gone by.
    assert files_of(day(6, 1) + 22 * hour, day(6, 1) + 23 * hour)[0] == "20250531225512"
    assert files_of(day(6, 1) + 23 * hour, day(6, 2))[0] == "20250601231002"


def test_lines_that_are_no_file_of_the_archive_are_set_aside_and_never_followed():
    request = CC_NEWS.plan(Cursor(), Window(since=day(6, 1), until=day(6, 9)), Scope(urls=("example.com",)))[1]
    name = "crawl-data/CC-NEWS/2025/06/CC-NEWS-20250603010101-00413.warc.gz"
    bad = [f"https://evil.example/{name}", f"../{name}", name.replace("0603", "0699"), f"{name}?x", "@evil.example/a"]
    parsed = CC_NEWS.parse(answer(request, "\n".join([*bad, name, name]).encode()))
    assert [item.url for item in parsed.follow] == [f"https://data.commoncrawl.org/{name}"]
    assert len(parsed.quarantine) == len(bad)


@pytest.mark.parametrize(
    "body", [b"", b"<html>Slow down</html>", b"\x1f\x8b\x08garbage", gzip.compress(b"x", mtime=0)[:-4]]
)
def test_what_is_no_list_is_refused(body):
    request = CC_NEWS.plan(Cursor(), Window(since=day(6, 1), until=day(6, 9)), Scope(urls=("example.com",)))[0]
    with pytest.raises(RefusedResponse):
        CC_NEWS.parse(answer(request, body))


# Captures.


def test_wanted_hosts_alone_are_read():
    parsed = parse(small_warc(), "example.com")
    assert [document.url for document in parsed.documents] == [PRESS_RELEASE.partition("?")[0]]
    assert parsed.counts["records"] == 7
    assert parsed.counts["other_answers"] == 2
    assert len(parse(small_warc()).documents) == 3


def test_recorded_pages_come_out_of_the_archive_with_their_times():
    name = "Reuters_2024_03_07"
    parsed = REUTERS.parse(answer(warc_request("reuters.com"), recorded_warc(*PAGES)))
    assert len(parsed.documents) == 2
    document = next(item for item in parsed.documents if item.url == PAGES[name])
    assert document.source == "reuters"
    assert document.published_at == datetime(2024, 3, 7, 7, 55, 25, tzinfo=UTC)
    assert document.available_at == saved_on(name)
    assert document.availability == "vendor"
    assert document.body.startswith("BEIRUT/THE HAGUE, March 7 (Reuters) - An Israeli tank crew")


def test_what_fastwarc_writes_is_read():
    stream = io.BytesIO()
    writer = GzipWriter(stream)
    made = WarcRecord()
    made.init_headers(WarcRecordType.response)
    made.headers["WARC-Target-URI"] = PRESS_RELEASE
    made.headers["WARC-Date"] = "2025-06-04T09:00:00Z"
    made.headers["Content-Type"] = "application/http; msgtype=response"
    made.set_bytes_content(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + press_release())
    made.write(writer)
    writer.close()
    texts = [
        [(document.url, document.body, document.available_at) for document in parse(data).documents]
        for data in (stream.getvalue(), compressed([record(PRESS_RELEASE, press_release())]))
    ]
    assert texts[0] == texts[1]
    assert len(texts[0]) == 1


def test_text_was_known_when_it_was_captured_and_not_before():
    document = parse(compressed([record(PRESS_RELEASE, press_release())])).documents[0]
    assert document.published_at == datetime(2025, 6, 3, 12, 5, tzinfo=UTC)
    assert document.available_at == datetime(2025, 6, 4, 9, tzinfo=UTC)
    assert document.first_seen_at == FETCHED


def test_stamps_after_the_capture_are_not_believed():
    parsed = parse(compressed([record(PRESS_RELEASE, press_release(), "2025-06-03T09:00:00Z")]))
    document = parsed.documents[0]
    assert document.published_at is None
    assert document.updated_at is None
    assert document.available_at == datetime(2025, 6, 3, 9, tzinfo=UTC)
    assert parsed.counts["stamps_after_capture"] == 2


def test_window_is_kept_by_publication_and_without_a_stamp_by_capture():
    undated = press_release().replace(b"datePublished", b"x")
    body = compressed([record(PRESS_RELEASE, press_release()), record(address("b"), undated)])
    found = {}
    for first in (3, 4):
        base = warc_request()
        context = {**base.context, "since": day(6, first).isoformat(), "until": day(6, first + 1).isoformat()}
        parsed = CC_NEWS.parse(answer(base.model_copy(update={"context": context}), body))
        found[first] = [document.published_at is not None for document in parsed.documents]
    assert found == {3: [True], 4: [False]}


def test_page_cannot_pass_for_one_of_another_site():
    forged = press_release().replace(b'href="/2025/06', b'href="https://www.reuters.com/2025/06')
    document = parse(compressed([record("https://www.example.com/x", forged)])).documents[0]
    assert document.url == "https://www.example.com/x"


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (record(PRESS_RELEASE, press_release(), warc_headers=["WARC-Truncated: length"]), "cut the page"),
        (record(PRESS_RELEASE, press_release(), date="yesterday"), "time:"),
        (record(PRESS_RELEASE, b"<html><body><p>Log in</p></body></html>"), "no article text"),
        (record(PRESS_RELEASE, b""), "expected a page"),
        (record(PRESS_RELEASE, press_release()).replace(b"Content-Length: ", b"Content-Length: 9999999"), "has fewer"),
        (record(PRESS_RELEASE, b"\x00\x01binary", http_headers=["Content-Encoding: gzip"]), "damaged"),
        (record(PRESS_RELEASE, gzip.compress(b"a" * (9 << 20)), http_headers=["Content-Encoding: gzip"]), "decodes to"),
        (b"junk that is no record", "damaged"),
        (b"WARC/1.0\r\n" + b"a" * (9 << 20), "more than"),
    ],
    ids=["truncated", "date", "login", "empty", "length", "encoding", "bomb", "junk", "long"],
)
def test_damaged_record_is_set_aside_and_the_next_one_read(made, reason):
    parsed = parse(compressed([made, record(address("next"), article("next"))]))
    assert [document.url for document in parsed.documents] == [address("next")]
    assert len(parsed.quarantine) == 1
    assert reason in parsed.quarantine[0].reason


@pytest.mark.parametrize("encoded", [True, False])
def test_body_is_read_with_its_encoding_and_where_the_crawler_decoded_it_but_kept_the_header(encoded):
    body = gzip.compress(press_release()) if encoded else press_release()
    assert len(parse(compressed([record(PRESS_RELEASE, body, http_headers=["Content-Encoding: gzip"])])).documents) == 1


def test_damaged_records_never_raise_anything_but_their_own_error():
    rng = random.Random(7)
    good = record(PRESS_RELEASE, b"<html>text</html>", http_headers=["Transfer-Encoding: chunked"])
    for _ in range(3000):
        damaged = bytearray(good)
        for _ in range(rng.randint(1, 8)):
            place = rng.randrange(len(damaged))
            damaged[place : place + rng.randrange(3)] = rng.choice(
                [b"\r\n", b"\x00", b"99999999999", b"\xff", b":", b""]
            )
        with contextlib.suppress(ValueError):
            captures(bytes(damaged), lambda url: True)


# Slices.


def read_in_slices(monkeypatch: pytest.MonkeyPatch, data: bytes, size: int, source=CC_NEWS) -> list[Parsed]:
    """Read a file as the collector does: follow the slices, each of ``size`` bytes, until there is none."""
    monkeypatch.setattr(cc_news, "SLICE", size)
    for module in (cc_news, warc):
        monkeypatch.setattr(module, "REACH", 100)
    waiting, found = [cc_news._slice(warc_request().url, 0, {})], []
    while waiting:
        request = waiting.pop(0)
        first, last = map(int, request.headers["Range"].removeprefix("bytes=").split("-"))
        assert first < len(data), "a range after the end of the file would be answered with an error"
        assert len(found) < 10_000
        headers = {"content-range": f"bytes {first}-{min(last + 1, len(data)) - 1}/{len(data)}"}
        parsed = source.parse(Response(request, request.url, 206, headers, data[first : last + 1], FETCHED, "range"))
        found.append(parsed)
        waiting.extend(parsed.follow)
    return found


NAMES = [f"article-{number}" for number in range(12)]
MEMBERS = [
    compressed([record(address(name), article(name) + name.encode() * (37 * number))])
    for number, name in enumerate(NAMES)
]
FILE = b"".join(MEMBERS)
LONGEST = max(map(len, MEMBERS))


@settings(max_examples=30, deadline=None)
@given(size=st.integers(min_value=LONGEST + 1, max_value=len(FILE) + 10))
def test_slices_of_any_size_give_every_record_once(size):
    with pytest.MonkeyPatch.context() as patch:
        found = read_in_slices(patch, FILE, size)
    urls = [document.url for parsed in found for document in parsed.documents]
    assert urls == [address(name) for name in NAMES]
    assert not [item for parsed in found for item in parsed.quarantine]


@pytest.mark.parametrize("shift", [-1, 0, 1])
@pytest.mark.parametrize("count", [1, 2, 5, 12])
def test_slices_that_end_at_a_record_or_the_file_lose_none(monkeypatch, count, shift):
    size = max(sum(map(len, MEMBERS[:count])) + shift, LONGEST + 1)
    found = read_in_slices(monkeypatch, FILE, size)
    assert [document.url for parsed in found for document in parsed.documents] == [address(name) for name in NAMES]


def test_documents_do_not_depend_on_the_slices_but_for_the_hash_of_the_answer(monkeypatch):
    whole = [document.model_copy(update={"raw_sha256": ""}) for document in parse(FILE).documents]
    sliced = read_in_slices(monkeypatch, FILE, 2 * LONGEST)
    assert [item.model_copy(update={"raw_sha256": ""}) for parsed in sliced for item in parsed.documents] == whole


@settings(max_examples=30, deadline=None)
@given(
    size=st.integers(min_value=LONGEST + 1, max_value=len(FILE) + 10),
    broken=st.integers(min_value=0, max_value=len(NAMES) - 1),
)
def test_damaged_record_costs_no_other_in_any_slice(size, broken):
    """Some bytes within the compressed text of one record are changed."""
    data = bytearray(FILE)
    start = sum(map(len, MEMBERS[:broken]))
    data[start + 200 : start + 210] = b"\xff" * 10
    with pytest.MonkeyPatch.context() as patch:
        found = read_in_slices(patch, bytes(data), size)
    urls = [document.url for parsed in found for document in parsed.documents]
    assert urls == [address(name) for name in NAMES if name != NAMES[broken]]
    assert [item for parsed in found for item in parsed.quarantine]


def test_record_longer_than_a_slice_is_set_aside_and_the_next_one_found(monkeypatch):
    noise = random.Random(3).randbytes(300_000)
    long = compressed([record(address("long"), noise, content_type="image/png")])
    monkeypatch.setattr(warc, "MAX_RECORD", 1 << 30)
    found = read_in_slices(monkeypatch, MEMBERS[0] + long + MEMBERS[1], 100_000)
    assert [item.url for parsed in found for item in parsed.documents] == [address(NAMES[0]), address(NAMES[1])]
    assert any("has more than" in item.reason for parsed in found for item in parsed.quarantine)


def test_record_hidden_in_a_page_is_never_read_as_one(monkeypatch):
    """A page that holds a WARC file, stored without compression, so that its bytes stand in the archive as they are."""
    forged = compressed([record("https://www.reuters.com/forged", press_release())])
    filler = random.Random(5).randbytes(3000)
    host = record(address("host"), filler + forged + filler, content_type="application/gzip")
    stored = gzip.compress(host, compresslevel=0, mtime=0)
    assert forged in stored
    data = MEMBERS[0] + stored + MEMBERS[1]
    for size in range(max(len(stored), LONGEST) + 1, len(data) + 2, 97):
        found = read_in_slices(monkeypatch, data, size)
        urls = [document.url for parsed in found for document in parsed.documents]
        assert urls == [address(NAMES[0]), address(NAMES[1])], size


def test_file_that_ends_within_a_record_says_so():
    parsed = parse(MEMBERS[0] + MEMBERS[1][:-20])
    assert len(parsed.documents) == 1
    assert [item.reason for item in parsed.quarantine] == ["the file ends within a record"]


def test_slice_that_decompresses_without_end_is_left(monkeypatch):
    monkeypatch.setattr(warc, "MAX_INFLATED", 4 << 20)
    bomb = gzip.compress(b"\x00" * (64 << 20), mtime=0)
    parsed = parse(MEMBERS[0] + bomb + MEMBERS[1])
    assert len(parsed.documents) == 1
    assert "decompresses to more" in parsed.quarantine[0].reason
    assert not parsed.follow


def test_endless_members_are_left(monkeypatch):
    monkeypatch.setattr(warc, "MAX_MEMBERS", 50)
    parsed = parse(MEMBERS[0] + gzip.compress(b"", mtime=0) * 100)
    assert len(parsed.documents) == 1
    assert any("more than 50 records" in item.reason for item in parsed.quarantine)


def test_another_part_than_asked_for_is_refused(monkeypatch):
    later = warc_request(offset=1000)
    for response in (
        answer(later, FILE, status=200),
        answer(later, FILE, **{"content-range": "bytes 0-99/100"}),
        replace(answer(warc_request(), b"<html>Slow down</html>", status=200)),
    ):
        with pytest.raises(RefusedResponse):
            CC_NEWS.parse(response)
    monkeypatch.setattr(cc_news, "SLICE", 100)
    with pytest.raises(RefusedResponse, match="asked for 100 bytes"):
        CC_NEWS.parse(answer(warc_request(), FILE, status=200))


# Files of the user.


def test_downloaded_files_are_read_in_the_same_slices(monkeypatch, tmp_path):
    (tmp_path / "b.warc.gz").write_bytes(FILE)
    (tmp_path / "a file.warc.gz").write_bytes(recorded_warc("Reuters_2023_05_16"))
    (tmp_path / "notes.txt").write_text("no archive")
    monkeypatch.setattr(cc_news, "SLICE", 150_000)
    window = Window(since=datetime(2023, 1, 1, tzinfo=UTC), until=day(12, 1))
    waiting = CC_NEWS.plan(Cursor(), window, Scope(urls=("reuters.com", "example.com"), path=tmp_path))
    assert len(waiting) == 2
    documents = []
    while waiting:
        request = waiting.pop(0)
        body, _ = read_file(CC_NEWS.info, request)
        parsed = CC_NEWS.parse(answer(request, body, "file", status=200))
        documents += parsed.documents
        waiting += parsed.follow
    assert [item.url for item in documents] == [PAGES["Reuters_2023_05_16"], *map(address, NAMES)]
    assert {item.first_seen_at for item in documents} == {None}
    assert documents[0].available_at == saved_on("Reuters_2023_05_16")
