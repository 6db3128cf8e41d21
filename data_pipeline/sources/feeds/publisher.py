"""A publisher of feeds: facts and addresses; every RSS and Atom source is one."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.feeds.feed import Entry, entry_link, entry_text, read_feed
from data_pipeline.sources.feeds.symbols import us_symbols
from data_pipeline.sources.parsing import clean_text, content_id
from data_pipeline.sources.protocol import (
    Cursor,
    Mark,
    Parsed,
    Request,
    Response,
    Scope,
    Source,
    SourceInfo,
    Window,
)
from data_pipeline.sources.times import UNKNOWN, Stamp, iso, rfc822

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}")


@dataclass(frozen=True)
class _Item:
    """An entry on its way to a document."""

    address: str
    entry: Entry
    native_id: str
    url: str | None
    title: str
    body: str
    published: Stamp
    updated: Stamp


class FeedPublisher(Source):
    """A publisher's RSS or Atom feeds, a stream for each.

    A feed lists its newest items only. The range mode asks for the same feeds and keeps what they still list of the
    window; what they no longer list is in the CC-NEWS archive.

    Args:
        info: Facts.
        feeds: Addresses by the name of their stream.
        symbol_feed: Address of the feed of one company, with ``{symbol}``.
        symbol_elements: Elements that hold a US ticker, such as ``sa:symbol``.
        naive_zone: IANA zone of stamps without one, where the publisher states it; None: such stamps are unknown.
        repeats_ids: Whether the publisher gives one id to several items: each is then known by id and address.
    """

    def __init__(
        self,
        info: SourceInfo,
        feeds: Mapping[str, str],
        symbol_feed: str | None = None,
        symbol_elements: tuple[str, ...] = (),
        naive_zone: str | None = None,
        *,
        repeats_ids: bool = False,
    ) -> None:
        self.info = info
        self.feeds = dict(feeds)
        self.symbol_feed = symbol_feed
        self.symbol_elements = symbol_elements
        self.naive_zone = naive_zone
        self.repeats_ids = repeats_ids

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return a request for each feed, for what it still lists of the window."""
        context = {"since": window.since.isoformat(), "until": window.until.isoformat()}
        return self._requests(scope, context)

    def stream(self, cursor: Cursor, scope: Scope) -> list[Request]:
        """Return a request for each feed; an item that comes late and out of order is taken too."""
        return self._requests(scope, {})

    def _requests(self, scope: Scope, context: dict[str, str]) -> list[Request]:
        return [
            Request(url=url, expects="xml", context={**context, "stream": stream})
            for stream, url in self._addresses(scope).items()
        ]

    def _addresses(self, scope: Scope) -> dict[str, str]:
        if self.symbol_feed is None or not scope.symbols:
            return self.feeds
        return {symbol: self.symbol_feed.format(symbol=quote(symbol, safe="")) for symbol in scope.symbols}

    def parse(self, response: Response) -> Parsed:
        """Read a feed."""
        out = Collector(self.info, response)
        feed = read_feed(response, self.symbol_elements)
        counts = out.parsed.counts
        if not feed.well_formed:
            counts["not_well_formed"] += 1
        if feed.lost:
            reason = (
                f"{feed.lost} of {feed.lost + len(feed.entries)} items could not be read: the markup is not well formed"
            )
            out.set_aside(f"{response.url}#/items", reason, response.body)
        items = []
        for address, entry in out.items(Entry, feed.entries, "/items"):
            if entry.metadata_sponsored.strip().lower() == "true":
                out.set_aside(address, "sponsored content", entry.title)
                continue
            title, body = entry_text(entry, feed.atom)
            published, updated = self._stamps(out, entry)
            url = entry_link(entry, feed.base)
            native_id = self._native_id(entry, url, title, body, response)
            items.append(_Item(address, entry, native_id, url, title, body, published, updated))
        stream = response.request.context.get("stream", "")
        for item in _distinct(items, out):
            if not out.in_window(item.published):
                continue
            symbols = us_symbols(item.entry.tags, self.symbol_elements, counts)
            out.document(
                item.address,
                native_id=item.native_id,
                title=item.title,
                body=item.body,
                url=item.url,
                published=item.published,
                updated=item.updated,
                symbols=symbols,
                market="US" if symbols else None,
                language=_language(item.entry.language) or _language(feed.language),
            )
            if item.published.at is not None:
                out.mark(Mark(at=item.published.at), stream)
        return out.parsed

    def _native_id(self, entry: Entry, url: str | None, title: str, body: str, response: Response) -> str:
        """Return the publisher's id of an entry, else its address, else an id from its content.

        It depends on the entry and on what is declared of the feed, never on what else the feed lists now: the same
        entry has the same id in every answer.
        """
        named = clean_text(entry.id)
        if named and url and self._repeats_ids(response):
            return f"{named} {url}"
        return named or url or content_id(title, body)

    def _repeats_ids(self, response: Response) -> bool:
        return self.repeats_ids

    def _zone(self, response: Response) -> str | None:
        return self.naive_zone

    def _stamps(self, out: Collector, entry: Entry) -> tuple[Stamp, Stamp]:
        """Return when an entry was published and when its text was changed.

        Where it says only when it was changed, this text was published then: ``updated`` of Atom, ``dc:date`` of
        RSS 1.0. A change before the publication is none.
        """
        zone = self._zone(out.response)
        published = _stamp(out, entry.published, zone)
        updated = _stamp(out, entry.updated or entry.dc_modified, zone)
        if not entry.published.strip():
            published = updated
        if published.at is None:
            out.parsed.counts["stamps_unknown"] += 1
        if updated.at is None or published.at is None or updated.at < published.at:
            return published, UNKNOWN
        return published, updated


def _stamp(out: Collector, text: str, zone: str | None) -> Stamp:
    """Read a stamp of RSS or Atom; what is missing, naive without a declared zone or unreadable stays unknown."""
    text = text.strip()
    if not text:
        return UNKNOWN
    try:
        return iso(text, zone) if text[:4].isdecimal() else rfc822(text, zone)
    except (ValueError, OverflowError):
        out.parsed.counts["stamps_unreadable"] += 1
        return UNKNOWN


def _language(text: str) -> str | None:
    found = _LANGUAGE.fullmatch(text.strip())
    return found[0] if found else None


def _distinct(items: Iterable[_Item], out: Collector) -> list[_Item]:
    """Return each id once, in the order of the feed.

    Where an id stands over different texts or addresses, the newest item stays and the others are set aside: in a feed
    that is not declared to repeat ids, they are versions of one item.
    """
    kept: dict[str, _Item] = {}
    for item in items:
        twin = kept.setdefault(item.native_id, item)
        if twin is item:
            continue
        if (twin.url, twin.title, twin.body) == (item.url, item.title, item.body):
            out.parsed.counts["repeated"] += 1
            continue
        older, newer = sorted((twin, item), key=_newness)
        kept[item.native_id] = newer
        other = "text" if older.url == newer.url else "address"
        reason = f"the id {item.native_id!r} stands over another {other} in this feed"
        out.set_aside(older.address, reason, older.body)
    return list(kept.values())


def _newness(item: _Item) -> tuple[float, str, str, str]:
    """Return the order of versions: by time, and the same for equal times, in whatever order the feed has them."""
    moment = item.updated.at or item.published.at
    return (moment.timestamp() if moment is not None else float("-inf"), item.url or "", item.title, item.body)
