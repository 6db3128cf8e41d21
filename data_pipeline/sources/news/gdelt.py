"""GDELT: article lists of words by the DOC 2.0 API. GDELT holds no article text: titles and addresses alone."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.markup import plain_text
from data_pipeline.sources.news.paging import LIVE, mark_live, refusal, time_spans, window_context
from data_pipeline.sources.parsing import Payload, expect_list, expect_object, read_json
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
from data_pipeline.sources.times import UNKNOWN, Stamp, iso

_URL = "https://api.gdeltproject.org/api/v2/doc/doc"
_LIMIT = 250
"""Articles of one answer; the API's most. There are no further pages, so a full answer is asked again in halves."""
_STEP = timedelta(days=1)
QUARTER = timedelta(minutes=15)
"""GDELT works in batches of fifteen minutes."""
_TIME = "%Y%m%d%H%M%S"
_ESCAPE = re.compile(rb"""\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})?""")
"""An escape of JSON, or a backslash that is none."""
_CONTROL = re.compile(rb"[\x00-\x1f]+")
_LANGUAGES = {
    "Arabic": "ar", "Chinese": "zh", "Czech": "cs", "Danish": "da", "Dutch": "nl", "English": "en", "Finnish": "fi",
    "French": "fr", "German": "de", "Greek": "el", "Hebrew": "he", "Hindi": "hi", "Hungarian": "hu", "Indonesian": "id",
    "Italian": "it", "Japanese": "ja", "Korean": "ko", "Norwegian": "no", "Polish": "pl", "Portuguese": "pt",
    "Romanian": "ro", "Russian": "ru", "Spanish": "es", "Swedish": "sv", "Thai": "th", "Turkish": "tr",
    "Ukrainian": "uk", "Vietnamese": "vi",
}  # fmt: skip
"""The languages that GDELT names, as BCP 47 codes; one that is not here stays unsaid."""


class Article(Payload):
    """One article; ``seendate`` as ``20260515T011500Z`` is the batch in which GDELT saw it first."""

    url: str
    url_mobile: str | None = None
    title: str
    seendate: str
    socialimage: str | None = None
    domain: str | None = None
    language: str | None = None
    sourcecountry: str | None = None


class Gdelt(Source):
    """Articles of a query. When they were published is not told, only when GDELT saw them."""

    info = SourceInfo(
        name="gdelt",
        title="GDELT DOC 2.0",
        category="news",
        market="global",
        modes=("range", "stream"),
        access="open JSON API, no key: titles and addresses of the articles that hold the query's words, of the last "
        "three months (since 2017 by its announcement)",
        needs=("query",),
        rate=RateLimit(calls=1, seconds=6),
        zone_rule="the batch of fifteen minutes (UTC) in which GDELT saw the article, known from the batch's end; the "
        "publication itself is not told and stays unknown",
        poll_seconds=900,
        terms="Free for any use that names GDELT; one request in five seconds, and refusals come readily.",
        licence="titles: proprietary (their publishers); GDELT's metadata: free with attribution",
        evidence="recorded",
        evidence_note="payloads/gdelt/doc_artlist_NVDA_20260515.json; the query's parameters by "
        "https://blog.gdeltproject.org/gdelt-doc-2-0-api-debuts/",
        parser_version="gdelt-1",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return a request for each day of the window."""
        if not scope.query:
            return []
        spans = time_spans(window, _STEP)
        return [_span(scope.query, since, until, window_context(window)) for since, until in spans]

    def stream(self, cursor: Cursor, scope: Scope) -> list[Request]:
        """Return the request for the newest articles: those since the stream's last batch, at first of an hour."""
        if not scope.query:
            return []
        at = cursor.at(LIVE)
        start = {"startdatetime": at.strftime(_TIME)} if at else {"timespan": "60min"}
        return [_request(scope.query, {**start, "sort": "datedesc"}, {"stream": LIVE})]

    def parse(self, response: Response) -> Parsed:
        """Read ``articles``; an answer without any is ``{}``."""
        answer = expect_object(_read(response), "the top")
        out = Collector(self.info, response)
        articles = expect_list(answer.get("articles", []), "articles")
        for address, item in out.items(Article, articles, "/articles"):
            seen = out.stamp(address, batch, item.seendate)
            if seen is None or not out.in_window(seen):
                continue
            out.document(
                address,
                native_id=item.url,
                title=plain_text(item.title),
                url=item.url,
                language=_LANGUAGES.get(item.language or ""),
                published=UNKNOWN,
                vendor_seen=seen,
            )
            mark_live(out, seen.at)
        if len(articles) >= _LIMIT:
            _ask_in_halves(out)
        return out.parsed


def batch(text: str) -> Stamp:
    """Read the name of a batch, ``20260515T011500Z`` or ``20260515011500``: seen in the fifteen minutes from there on.

    GDELT does not say whether the name is the beginning or the end of the batch; the later reading is taken.
    """
    digits = text.replace("T", "").removesuffix("Z")
    at = iso(f"{digits[:8]}T{digits[8:]}", "UTC").at
    if at is None or len(digits) != 14:
        raise ValueError(f"{text!r} is not the name of a batch")
    return Stamp(at, "hour", at + QUARTER)


def _read(response: Response) -> Any:
    """Decode the answer: refusals are plain text, and titles come with white space and backslashes that JSON forbids.

    Raises:
        RefusedResponse: It is no JSON.
    """
    body = response.body.strip()
    if body[:1] not in (b"{", b"<", b""):
        raise refusal("GDELT", body[:200].decode("utf-8", "replace"), "content")
    try:
        return read_json(response)
    except RefusedResponse:
        escaped = _ESCAPE.sub(lambda found: found[0] if len(found[0]) > 1 else rb"\\", body)
        mended = _CONTROL.sub(b" ", escaped)
        return read_json(replace(response, body=mended))


def _request(query: str, params: dict[str, str], context: dict[str, str]) -> Request:
    every = {"query": query, "mode": "artlist", "format": "json", "maxrecords": str(_LIMIT), **params}
    return Request(url=_URL, params=every, context=context)


def _span(query: str, since: datetime, until: datetime, context: dict[str, str]) -> Request:
    """Ask for [since, until); the API includes both ends."""
    last = max(since, until - timedelta(seconds=1))
    bounds = {"startdatetime": since.strftime(_TIME), "enddatetime": last.strftime(_TIME), "sort": "dateasc"}
    return _request(query, bounds, context)


def _ask_in_halves(out: Collector) -> None:
    request = out.response.request
    names = ("startdatetime", "enddatetime")
    if not all(name in request.params for name in names):
        out.parsed.counts["possibly_cut"] += 1
        return
    since, last = (datetime.strptime(request.params[name], _TIME).replace(tzinfo=UTC) for name in names)
    until = last + timedelta(seconds=1)
    if until - since <= QUARTER:
        out.parsed.counts["possibly_cut"] += 1
        return
    middle = since + (until - since) / 2
    middle = middle.replace(microsecond=0)
    for start, end in ((since, middle), (middle, until)):
        out.parsed.follow.append(_span(request.params["query"], start, end, request.context))


SOURCE = Gdelt()
