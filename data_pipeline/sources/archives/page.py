"""Article pages by address: fetched one by one, where robots.txt allows it, and extracted."""

from urllib.parse import urlsplit

from data_pipeline.sources.archives.extraction import extract
from data_pipeline.sources.collector import Collector
from data_pipeline.sources.protocol import (
    Cursor,
    Mark,
    Parsed,
    RateLimit,
    Request,
    Response,
    Scope,
    Source,
    SourceInfo,
    Window,
)
from tickertune.core.errors import TickerTuneError


class Pages(Source):
    """The articles at the addresses that the user names."""

    info = SourceInfo(
        name="pages",
        title="Article pages by address",
        category="news",
        market="global",
        modes=("range", "stream"),
        access="HTML pages by HTTPS, where robots.txt allows it",
        needs=("urls",),
        rate=RateLimit(calls=1, seconds=2),
        robots=True,
        zone_rule="as the page states; a stamp without a zone is read in its publisher's, else as a date alone",
        poll_seconds=3600,
        max_bytes=8 << 20,
        terms="Each site's own terms; pages behind a log-in, a paywall or a bot check are not read.",
        licence="proprietary (the publishers)",
        evidence="recorded",
        evidence_note="payloads/news_html: five pages of Business Insider, CNBC and Reuters with expected parses",
        parser_version="pages-2",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return a request for each address; an article outside the window is left out when it is parsed."""
        context = {"since": window.since.isoformat(), "until": window.until.isoformat()}
        return _requests(scope, context)

    def stream(self, cursor: Cursor, scope: Scope) -> list[Request]:
        """Return a request for each address, again and again: an unchanged page answers 304."""
        return _requests(scope, {})

    def parse(self, response: Response) -> Parsed:
        """Read the article of the page."""
        out = Collector(self.info, response)
        out.parsed.counts["items"] += 1
        article = extract(response, response.url, response.fetched_at)
        if not article.body:
            out.set_aside(response.url, "no article text found", response.body[:100_000])
        elif out.in_window(article.published):
            out.document(
                response.url,
                native_id=article.url,
                title=article.title,
                body=article.body,
                url=article.url,
                language=article.language,
                published=article.published,
                updated=article.updated,
            )
            out.mark(Mark(at=article.published.at), response.request.url)
        return out.parsed


def _requests(scope: Scope, context: dict[str, str]) -> list[Request]:
    for url in scope.urls:
        if urlsplit(url).scheme != "https":
            raise TickerTuneError(f"'{url}' is no https address", "Name full addresses, such as https://example.com/a")
    return [Request(url=url, expects="html", context=context) for url in dict.fromkeys(scope.urls)]


SOURCE = Pages()
