"""The collector of nouns: what a parser finds becomes documents with their times, or is set aside with its reason."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel, ValidationError

from data_pipeline.sources.parsing import P, Payload, clean_text, listing_id
from data_pipeline.sources.protocol import Mark, Parsed, Response, SourceInfo
from data_pipeline.sources.quarantine import quarantined
from data_pipeline.sources.times import UNKNOWN, Stamp
from data_pipeline.sources.us_symbols import us_symbol
from tickertune.core.document import Category, Document, SymbolLink
from tickertune.core.document import Evidence as LinkEvidence

MAX_TEXT = 4_000_000
"""Characters of the longest text that is taken; a longer one is quarantined."""
FUTURE_TOLERANCE = timedelta(minutes=10)
"""A stamp so far after the fetch is an unset clock, not news from the future."""


class Collector:
    """Builds a ``Parsed``: validates items, counts unknown fields, sets aside what does not fit."""

    def __init__(self, info: SourceInfo, response: Response) -> None:
        self.info = info
        self.response = response
        self.raw_sha256 = response.body_sha256
        self.parsed = Parsed()

    def items(self, model: type[P], raw: Iterable[Any], where: str) -> Iterator[tuple[str, P]]:
        """Yield (address, item) for the items that fit ``model``; the others are quarantined with their reason.

        Args:
            model: The known fields.
            raw: Decoded items.
            where: Path of the list in the payload, for addresses such as ``…#/articles/3``.
        """
        for index, value in enumerate(raw):
            address = f"{self.response.url}#{where}/{index}"
            self.parsed.counts["items"] += 1
            item = self.validate(model, value, address)
            if item is not None:
                yield address, item

    def validate(self, model: type[P], value: Any, address: str) -> P | None:
        """Return ``value`` as ``model``, or None after it was quarantined."""
        try:
            item = model.model_validate(value)
        except ValidationError as error:
            self.set_aside(address, _reason(error), value)
            return None
        self._count_unknown(item, model.__name__)
        return item

    def _count_unknown(self, item: BaseModel, path: str) -> None:
        known = item.unused if isinstance(item, Payload) else frozenset()
        for name in item.model_extra or ():
            if name in known:
                continue
            self.parsed.unknown_fields[f"{path}.{clean_text(str(name))[:60]}"] += 1
        for name in type(item).model_fields:
            value = getattr(item, name)
            for inner in value if isinstance(value, (list, tuple)) else (value,):
                if isinstance(inner, BaseModel):
                    self._count_unknown(inner, f"{path}.{name}")

    def set_aside(self, address: str, reason: str, raw: Any) -> None:
        """Quarantine one item with its raw address."""
        text = raw if isinstance(raw, (str, bytes)) else repr(raw)[:100_000]
        self.parsed.quarantine.append(quarantined(clean_text(address), clean_text(reason), text))

    def document(
        self,
        address: str,
        *,
        native_id: str,
        title: str,
        published: Stamp,
        body: str = "",
        url: str | None = None,
        symbols: Iterable[tuple[str, str]] = (),
        cashtags: Iterable[tuple[str, str]] = (),
        language: str | None = None,
        updated: Stamp = UNKNOWN,
        vendor_seen: Stamp = UNKNOWN,
        market: str | None = None,
        category: Category | None = None,
        licence: str | None = None,
        raw: Any = None,
    ) -> None:
        """Add a document, or quarantine it where it has no text or too much.

        Args:
            address: Where the item stands, for the quarantine.
            native_id: The source's own id of the item, or its address: stable for all time.
            title: Headline; may be empty where there is a body.
            published: When it was published.
            body: Text without markup.
            url: Address of the item.
            symbols: (symbol, payload field) for each company that the payload names.
            cashtags: (symbol, matched text) for each company that the text itself tags, such as ``$平安银行(SZ000001)$``.
            language: BCP 47 code where the payload says it.
            updated: When this text was last changed, where the payload says it.
            vendor_seen: When the vendor first had it, where the payload says it.
            market: Market where the item says another one than the source.
            category: Category where the item says another one than the source.
            licence: Licence where the item says another one than the source.
            raw: What to hash for the quarantine.
        """
        title, body = clean_text(title), clean_text(body)
        if not native_id.strip() or not (title or body) or len(title) + len(body) > MAX_TEXT:
            reason = "no id" if not native_id.strip() else "no text" if not (title or body) else "text too long"
            self.set_aside(address, reason, raw if raw is not None else title + body)
            return
        published = self._plausible(published)
        home = market or self.info.market
        links = _symbol_links(home, symbols, cashtags)
        changed = self._plausible(updated)
        if updated.at is not None and changed.at is None:  # changed at a time that cannot be: known from the fetch on
            changed = Stamp.of(self.response.fetched_at)
        times = self._availability(published, changed, self._plausible(vendor_seen))
        declared = category or self.info.category
        self.parsed.documents.append(
            Document(
                doc_id=f"{self.info.name}:{clean_text(native_id)}",
                source=self.info.name,
                category=declared if declared in ("news", "social", "filing") else "dataset",
                market=home,
                url=clean_text(url) if url else None,
                licence=licence or self.info.licence,
                redistributable=self.info.redistributable,
                title=title,
                body=body,
                language=clean_text(language or "") or None,
                published_at=published.at,
                time_quality=published.quality,
                updated_at=updated.at,
                symbols=links,
                raw_sha256=self.raw_sha256,
                parser_version=self.info.parser_version,
                **times,
            )
        )

    def _plausible(self, stamp: Stamp) -> Stamp:
        """Return the stamp, or an unknown one where it lies after the fetch: counted, never believed."""
        if stamp.at is not None and stamp.at > self.response.fetched_at + FUTURE_TOLERANCE:
            self.parsed.counts["stamps_after_fetch"] += 1
            return UNKNOWN
        return stamp

    def _availability(self, published: Stamp, updated: Stamp, vendor_seen: Stamp) -> dict[str, Any]:
        """When a trader could have known the text as it stands in this answer.

        Live: from our own first sight. Otherwise: from the vendor's first sight, or from the end of the stamp's
        interval with the source's stated lag; text that was changed later was not known before the change. What is
        in our hands is known: no time lies after the fetch.
        """
        fetched = self.response.fetched_at.astimezone(UTC)
        if self.response.mode == "stream":
            return {"first_seen_at": fetched, "available_at": _latest(published.at, fetched), "availability": "seen"}
        known = published.latest + self.info.backfill_lag if published.latest is not None else None
        seen = vendor_seen.latest
        moment = known if seen is None else _latest(published.at, seen)
        if moment is not None:
            moment = _latest(moment, updated.latest)
            assert moment is not None
            moment = min(moment, _latest(published.at, fetched) or fetched)
        return {
            "first_seen_at": None if self.response.mode == "file" else fetched,
            "available_at": moment,
            "availability": "lag" if seen is None else "vendor",
        }

    def stamp(self, address: str, read: Any, *arguments: Any) -> Stamp | None:
        """Read a stamp with one of the readers of ``times``; None after the item was quarantined."""
        try:
            result: Stamp = read(*arguments)
        except (ValueError, OverflowError, TypeError) as error:
            self.set_aside(address, f"time: {error}", repr(arguments))
            return None
        return result

    def in_window(self, stamp: Stamp) -> bool:
        """Whether a stamp may lie in the window that the request's context names (``since``, ``until``); else it is counted.

        A stamp that is an interval belongs to every window that it touches: the item may have appeared at its end.
        Without a window, or with an unknown stamp, everything does.
        """
        context = self.response.request.context
        if stamp.at is None or "since" not in context:
            return True
        since, until = (datetime.fromisoformat(context[name]) for name in ("since", "until"))
        late = stamp.latest is not None and stamp.latest > stamp.at and stamp.latest > since
        inside = (since <= stamp.at or late) and stamp.at < until
        if not inside:
            self.parsed.counts["outside_window"] += 1
        return inside

    def mark(self, mark: Mark, stream: str = "") -> None:
        """Note how far a stream came; only the furthest counts, and never a time after the fetch."""
        if mark.at is not None and mark.at > self.response.fetched_at:
            mark = Mark(at=self.response.fetched_at, serial=mark.serial)
        self.parsed.marks[stream] = self.parsed.marks.get(stream, Mark()).merged(mark)


def _symbol_links(market: str, named: Iterable[tuple[str, str]], tagged: Iterable[tuple[str, str]]) -> list[SymbolLink]:
    """Link each symbol once; what a payload field says outweighs a tag in the text."""
    links: dict[str, SymbolLink] = {}
    pairs: tuple[tuple[LinkEvidence, Iterable[tuple[str, str]]], ...] = (("cashtag", tagged), ("payload", named))
    for evidence, found in pairs:
        for text, detail in found:
            symbol = clean_text(text).upper()
            if market == "US":
                symbol = us_symbol(symbol)
            if symbol:
                links[symbol] = SymbolLink(
                    symbol=symbol,
                    instrument_id=listing_id(market, symbol),
                    evidence=evidence,
                    detail=clean_text(detail),
                )
    return list(links.values())


def _latest(*moments: datetime | None) -> datetime | None:
    return max((moment for moment in moments if moment is not None), default=None)


def _reason(error: ValidationError) -> str:
    parts = []
    for problem in error.errors(include_url=False, include_context=False)[:3]:
        where = ".".join(map(str, problem["loc"])) or "item"
        value = "" if problem["type"] == "missing" else f", got {str(problem['input'])[:60]!r}"
        parts.append(f"{where}: {problem['msg']}{value}")
    return "; ".join(parts)
