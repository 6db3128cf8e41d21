"""CC-NEWS, the news archive of Common Crawl: pages of publishers as its crawler saw them, since August 2016.

A month's list names the WARC files, a gigabyte each; their names tell when they were begun. There is no index by
publisher: every file that may hold the window is read, in slices. The archive of publishers that forbid reading their
site, or give headlines alone, is had from here by naming their hosts, as in ``cnbc.com``, ``marketwatch.com`` or
``seekingalpha.com``, as far as the publisher let Common Crawl in.

A capture's WARC-Date is the vendor's first sight of the text: the page stood on the web at that time.
"""

import gzip
import io
import re
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from data_pipeline.sources.archives.capture import captures
from data_pipeline.sources.archives.captured_article import add_article
from data_pipeline.sources.archives.extraction import host_of
from data_pipeline.sources.archives.warc import REACH, UnreadableRest, members
from data_pipeline.sources.collector import Collector
from data_pipeline.sources.parsing import MAX_FOLLOW
from data_pipeline.sources.protocol import (
    Cursor,
    Parsed,
    RateLimit,
    RefusedResponse,
    Request,
    Response,
    Scope,
    Source,
    SourceInfo,
    Window,
)
from tickertune.core.errors import TickerTuneError

SLICE = 32 << 20
"""Bytes of a WARC file in one answer."""
_DATA = "https://data.commoncrawl.org"
_FILE = re.compile(r"crawl-data/CC-NEWS/\d{4}/\d{2}/CC-NEWS-(\d{14})-\d{1,10}\.warc\.gz")
_FILLED = timedelta(days=1)
"""The crawler closes a file after a day at the latest."""
_LATE = timedelta(hours=36)
"""Capture after publication: feeds are looked at twice a day, news sitemaps daily."""
_BEGUN = datetime(2016, 8, 1, tzinfo=UTC)
_MAX_LIST = 4 << 20
_ACCESS = "monthly lists of WARC files by HTTPS, read in ranges; or files already downloaded"
_TERMS = (
    "Common Crawl's terms of use; the pages remain the property of their publishers, fair use at your own judgement."
)


class CommonCrawlNews(Source):
    """Pages of some hosts out of CC-NEWS, by publication time."""

    def __init__(self, info: SourceInfo, hosts: tuple[str, ...] = ()) -> None:
        self.info = info
        self._hosts = hosts

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return a request for each monthly list that may name a file of the window, or for each file of ``scope.path``.

        A page that was captured more than 36 hours after the window's end is not found.
        """
        hosts = self._hosts or tuple(sorted({_host(url) for url in scope.urls}))
        context = {"hosts": ",".join(hosts), "since": window.since.isoformat(), "until": window.until.isoformat()}
        if scope.path is not None:
            path = scope.path.resolve()
            files = sorted(path.rglob("*.warc.gz")) if path.is_dir() else [path]
            return [_slice(file.as_uri(), 0, context) for file in files]
        if not hosts:
            raise TickerTuneError("cc_news was not told whose pages to take", "Name host names, such as reuters.com")
        return [
            Request(
                url=f"{_DATA}/crawl-data/CC-NEWS/{month:%Y/%m}/warc.paths.gz",
                expects="bytes",
                context={**context, "kind": "list"},
            )
            for month in _months(max(window.since - _FILLED, _BEGUN), window.until + _LATE)
        ]

    def parse(self, response: Response) -> Parsed:
        """Read a monthly list, which leads to its files, or a slice of a WARC file, which leads to the next one."""
        out = Collector(self.info, response)
        if response.request.context.get("kind") == "list":
            self._list(out)
        else:
            self._records(out)
        return out.parsed

    def _list(self, out: Collector) -> None:
        context = {name: value for name, value in out.response.request.context.items() if name != "kind"}
        since, until = (datetime.fromisoformat(context[name]) for name in ("since", "until"))
        begun: dict[datetime, list[str]] = {}
        for number, line in enumerate(_lines(out.response.body)):
            out.parsed.counts["items"] += 1
            found = _FILE.fullmatch(line)
            try:
                moment = datetime.strptime(found[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC) if found else None
            except ValueError:
                moment = None
            if moment is None:
                out.set_aside(f"{out.response.url}#{number}", "no CC-NEWS file", line)
            else:
                begun.setdefault(moment, []).append(line)
        if not begun:
            raise RefusedResponse("expected a list of CC-NEWS files, got none")
        moments = sorted(begun)
        for moment, following in zip(moments, [*moments[1:], None], strict=True):
            closed = min(moment + _FILLED, following or moment + _FILLED)
            if closed >= since and moment < until + _LATE:
                for line in dict.fromkeys(begun[moment]):
                    out.parsed.follow.append(_slice(f"{_DATA}/{line}", 0, context))
        del out.parsed.follow[MAX_FOLLOW:]

    def _records(self, out: Collector) -> None:
        response, context = out.response, out.response.request.context
        offset = _offset(response)
        hosts = tuple(filter(None, context.get("hosts", "").split(",")))
        at_end = len(response.body) < SLICE
        read_to, lost = 0, False
        try:
            for member in members(response.body, at_end, context.get("at_member") != "no"):
                read_to, lost = member.end, member.lost
                address = f"{response.url}#{offset + member.start}"
                out.parsed.counts["records"] += 1
                try:
                    if member.problem is not None:
                        raise ValueError(member.problem)
                    found = captures(member.content, lambda url: _is_of(host_of(url), hosts))
                except ValueError as error:
                    out.set_aside(address, str(error), response.body[member.start : member.end][:100_000])
                    continue
                for capture in found:
                    add_article(out, address, capture)
        except UnreadableRest as error:
            out.set_aside(f"{response.url}#{offset + read_to}", str(error), response.body[read_to:][:100_000])
            return
        if not at_end:
            if not read_to:
                reason = f"a record has more than {SLICE:,} bytes, compressed"
                out.set_aside(f"{response.url}#{offset}", reason, response.body[:100_000])
                read_to, lost = len(response.body) - REACH, True
            out.parsed.follow.append(_slice(response.request.url, offset + read_to, context, at_member=not lost))


def _offset(response: Response) -> int:
    """Return where in its file the slice begins.

    Raises:
        RefusedResponse: Another part of the file was answered than was asked for.
    """
    offset = int(response.request.context.get("offset", "0"))
    if len(response.body) > SLICE:
        raise RefusedResponse(f"asked for {SLICE:,} bytes of a WARC file, got {len(response.body):,}")
    answered = re.match(r"bytes (\d{1,18})-", response.headers.get("content-range", ""))
    whole = response.status != 206 and response.request.url.startswith("https:")
    if (offset and whole) or (answered and int(answered[1]) != offset):
        raise RefusedResponse(f"asked for bytes from {offset:,}, got {answered[0] if answered else 'the whole file'}")
    if offset == 0 and not response.body.startswith(b"\x1f\x8b"):
        raise RefusedResponse(f"expected a gzip file, got {response.body[:40]!r}")
    return offset


def _slice(url: str, offset: int, context: dict[str, str], at_member: bool = True) -> Request:
    """Return the request for one slice; it is asked for as it is stored, without another compression on the way."""
    return Request(
        url=url,
        headers={"Range": f"bytes={offset}-{offset + SLICE - 1}", "Accept-Encoding": "identity"},
        expects="bytes",
        context={
            **{name: context[name] for name in ("hosts", "since", "until") if name in context},
            "kind": "warc",
            "offset": str(offset),
            **({} if at_member else {"at_member": "no"}),
        },
    )


def _lines(body: bytes) -> list[str]:
    """Return the lines of a list, gzipped or not."""
    try:
        text = gzip.GzipFile(fileobj=io.BytesIO(body)).read(_MAX_LIST) if body[:2] == b"\x1f\x8b" else body[:_MAX_LIST]
    except (OSError, EOFError, zlib.error) as error:
        raise RefusedResponse(f"expected a gzipped list: {error}") from None
    return [line for line in text.decode("utf-8", "replace").split("\n") if line.strip()]


def _months(since: datetime, until: datetime) -> Iterator[datetime]:
    month = since.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    while month < until:
        yield month
        month = (month + timedelta(days=32)).replace(day=1)


def _host(name: str) -> str:
    """Return the host that the user named, by itself or within an address."""
    host = host_of(name if "://" in name else f"https://{name}")
    if "." not in host:
        raise TickerTuneError(f"'{name}' is no host name", "Name hosts such as reuters.com")
    return host


def _is_of(host: str, hosts: tuple[str, ...]) -> bool:
    return not hosts or any(host == wanted or host.endswith(f".{wanted}") for wanted in hosts)


_COMMON = {
    "category": "news",
    "modes": ("range", "file"),
    "rate": RateLimit(calls=1, seconds=1, shared="commoncrawl"),
    "zone_rule": "WARC-Date is UTC; a page's own stamp without a zone is read in its publisher's, else as a date alone",
    "max_bytes": SLICE + (8 << 20),
    "terms": _TERMS,
    "licence": "proprietary (the publishers)",
    "access": _ACCESS,
    "parser_version": "cc_news-2",
}

CC_NEWS = CommonCrawlNews(
    SourceInfo.model_validate(
        {
            **_COMMON,
            "name": "cc_news",
            "title": "CC-NEWS (Common Crawl)",
            "market": "global",
            "needs": ("urls",),
            "accepts": ("path",),
            "evidence": "documented",
            "evidence_note": "https://data.commoncrawl.org/crawl-data/CC-NEWS/index.html; WARC: ISO 28500; the pages within"
            " are the recorded ones of payloads/news_html",
        }
    )
)
REUTERS = CommonCrawlNews(
    SourceInfo.model_validate(
        {
            **_COMMON,
            "name": "reuters",
            "title": "Reuters (through CC-NEWS)",
            "fingpt_row": 2,
            "market": "US",
            "accepts": ("path",),
            "evidence": "recorded",
            "evidence_note": "payloads/news_html/Reuters_2023_05_16.html.gz and Reuters_2024_03_07.html.gz: the pages;"
            " the WARC around them is made by the tests",
        }
    ),
    hosts=("reuters.com",),
)
