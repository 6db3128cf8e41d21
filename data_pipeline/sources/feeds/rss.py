"""Any RSS or Atom feed by its address."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, urldefrag
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from data_pipeline.sources.feeds.feed import Entry
from data_pipeline.sources.feeds.publisher import FeedPublisher
from data_pipeline.sources.protocol import RateLimit, Request, Response, Scope, SourceInfo
from tickertune.core.errors import TickerTuneError

_WORLDWIDE = re.compile(r"(?:https?|tag|urn):\S+")
"""Ids that mean one item on earth; all others are unique within their feed only."""


class AnyFeed(FeedPublisher):
    """The feeds that the user names, a stream for each address.

    What is known of a feed may be declared after its address, ``…/feed.xml#zone=Europe/London&ids=repeat``: the zone of
    stamps that carry none, and that the feed gives one id to several items. The fragment is not sent.
    """

    def _requests(self, scope: Scope, context: dict[str, str]) -> list[Request]:
        requests: dict[str, Request] = {}
        for named in scope.urls:
            url, fragment = urldefrag(named)
            declared = _declared(named, fragment)
            requests[url] = Request(url=url, expects="xml", context={**context, **declared, "stream": url})
        return list(requests.values())

    def _zone(self, response: Response) -> str | None:
        return response.request.context.get("zone")

    def _repeats_ids(self, response: Response) -> bool:
        return response.request.context.get("ids") == "repeat"

    def _native_id(self, entry: Entry, url: str | None, title: str, body: str, response: Response) -> str:
        native_id = super()._native_id(entry, url, title, body, response)
        return native_id if _WORLDWIDE.fullmatch(native_id) else f"{response.request.url}#{native_id}"


def _declared(named: str, fragment: str) -> dict[str, str]:
    """Return what the fragment of an address declares of its feed; another fragment declares nothing."""
    values = {name: found[0] for name, found in parse_qs(fragment, keep_blank_values=True).items()}
    declared: dict[str, str] = {name: values[name] for name in ("zone", "ids") if name in values}
    if declared.get("ids", "repeat") != "repeat":
        raise TickerTuneError(
            f"The feed address '{named}' declares '{declared['ids']}' of its ids",
            "Write #ids=repeat where the feed gives one id to several items, and nothing where it does not",
        )
    if "zone" in declared:
        declared["zone"] = _known_zone(named, declared["zone"])
    return declared


def _known_zone(named: str, name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise TickerTuneError(
            f"The feed address '{named}' declares the time zone '{name}', which does not exist",
            "Write an IANA zone after #zone=, such as #zone=America/New_York",
        ) from None


SOURCE = AnyFeed(
    SourceInfo(
        name="rss",
        title="Any RSS or Atom feed",
        category="news",
        market="global",
        modes=("range", "stream"),
        access="RSS 0.9x, 1.0, 2.0 or Atom by address, ending in #ids=repeat where a feed gives one id to several "
        "items; range: what the feed still lists",
        needs=("urls",),
        rate=RateLimit(calls=1, seconds=2),
        robots=True,
        zone_rule="RFC 822 or ISO 8601 with a zone; a stamp without one is unknown unless the address ends in #zone=…",
        poll_seconds=300,
        backfill_lag=timedelta(0),
        max_bytes=16 << 20,
        terms="Those of each publisher, usually personal use with attribution; the user answers for the choice.",
        licence="of each publisher (unstated)",
        evidence="recorded",
        evidence_note="payloads/feeds/heise.atom and the other twelve recordings of payloads/feeds",
        parser_version="rss-2",
    ),
    feeds={},
)
