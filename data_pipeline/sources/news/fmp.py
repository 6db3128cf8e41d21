"""Financial Modeling Prep: stock news and press releases by its "stable" API."""

from collections import defaultdict
from collections.abc import Sequence

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.markup import plain_text
from data_pipeline.sources.news.paging import (
    LIVE,
    day_spans,
    follow_page,
    live_context,
    mark_live,
    reaches_back,
    refusal,
    window_context,
)
from data_pipeline.sources.parsing import Payload, expect_list, read_json
from data_pipeline.sources.protocol import (
    Auth,
    Cursor,
    Parsed,
    RateLimit,
    Request,
    Response,
    Scope,
    Source,
    SourceInfo,
    Window,
)
from data_pipeline.sources.times import Stamp, iso

_API = "https://financialmodelingprep.com/stable/news"
_KEY = (Auth(place="header", name="apikey", env="FMP_API_KEY"),)
_ZONE = "America/New_York"
_KINDS = ("stock", "press-releases")
_GROUP = 10
"""Symbols in one request: each call counts."""
_DAYS = 30
"""Days in one request, so that its pages stay few."""
_LIMIT = 250
"""Rows of a page; the vendor's most."""
_PAGES = 101
"""Pages 0 to 100 are served."""


class Row(Payload):
    """One article and one of the symbols it is about; ``publishedDate`` is New York clock time without a zone."""

    symbol: str | None = None
    publishedDate: str
    title: str
    image: str | None = None
    site: str | None = None
    publisher: str | None = None
    text: str | None = None
    url: str


class FMP(Source):
    """News and press releases of symbols by date, and the newest of the whole market.

    The retired v3 API gave the same rows without ``publisher``. Press releases name the companies that they mention,
    which need not have written them.
    """

    info = SourceInfo(
        name="fmp",
        title="Financial Modeling Prep",
        fingpt_row=12,
        category="news",
        market="US",
        modes=("range", "stream"),
        access='REST "stable" API with a key, news on paid plans (v3 is closed to new users)',
        needs=(),
        accepts=("symbols",),
        credentials=("FMP_API_KEY",),
        rate=RateLimit(calls=300, seconds=60, per_day=250, shared="fmp"),
        zone=_ZONE,
        zone_rule="New York clock time without a zone, to the second; the hour that comes twice is read as the later",
        poll_seconds=900,
        terms="Personal use; showing or redistributing the data needs a Data Display and Licensing Agreement.",
        licence="proprietary (FMP and its publishers)",
        evidence="recorded",
        evidence_note="payloads/fmp/stock_news_20200908.json (v3 rows; the stable ones add publisher: "
        "https://site.financialmodelingprep.com/developer/docs/stable/search-stock-news)",
        parser_version="fmp-2",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return a request for each kind, ten symbols and thirty days; without symbols nothing can be asked by date."""
        return [
            _request(kind, window_context(window), symbols=",".join(symbols), **{"from": str(first), "to": str(last)})
            for kind in _KINDS
            for symbols in _groups(scope.symbols)
            for first, last in day_spans(window, _DAYS, _ZONE)
        ]

    def stream(self, cursor: Cursor, scope: Scope) -> list[Request]:
        """Return the requests for the newest rows of each kind, of the symbols or of the whole market."""
        if not scope.symbols:
            return [_request(f"{kind}-latest", live_context(cursor, f"{LIVE}:{kind}")) for kind in _KINDS]
        return [
            _request(kind, live_context(cursor, f"{LIVE}:{kind}:{symbols[0]}"), symbols=",".join(symbols))
            for kind in _KINDS
            for symbols in _groups(scope.symbols)
        ]

    def parse(self, response: Response) -> Parsed:
        """Read a list of rows; the rows of one address become one document with all their symbols."""
        payload = read_json(response)
        if isinstance(payload, dict) and "Error Message" in payload:
            message = str(payload["Error Message"])
            raise refusal("FMP", message, "budget" if "limit" in message.lower() else "credentials")
        out = Collector(self.info, response)
        rows = expect_list(payload, "the top")
        stamps: list[Stamp] = []
        articles: dict[str, list[tuple[str, Row, Stamp]]] = defaultdict(list)
        for address, row in out.items(Row, rows, ""):
            stamp = out.stamp(address, iso, row.publishedDate, _ZONE)
            if stamp is None:
                continue
            stamps.append(stamp)
            if out.in_window(stamp):
                articles[row.url].append((address, row, stamp))
        for url, found in articles.items():
            address, row, stamp = found[0]
            out.document(
                address,
                native_id=url,
                title=plain_text(row.title),
                body=plain_text(row.text or ""),
                url=url,
                published=stamp,
                symbols=[(other.symbol or "", "symbol") for _, other, _ in found],
            )
            mark_live(out, stamp.at)
        if reaches_back(out, stamps):
            follow_page(out, rows, {"page": response.request.context.get("page", "1")}, most=_PAGES)
        return out.parsed


def _request(path: str, context: dict[str, str], **params: str) -> Request:
    return Request(
        url=f"{_API}/{path}", params={**params, "page": "0", "limit": str(_LIMIT)}, auth=_KEY, context=context
    )


def _groups(symbols: Sequence[str]) -> list[Sequence[str]]:
    return [symbols[start : start + _GROUP] for start in range(0, len(symbols), _GROUP)]


SOURCE = FMP()
