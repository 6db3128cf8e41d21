"""Files in which a collector kept what Eastmoney's news search says of a stock's announcements, made with AKShare."""

from typing import Any

from pydantic import Field

from data_pipeline.sources.china.answers import envelope
from data_pipeline.sources.china.symbols import ZONE, symbol_of
from data_pipeline.sources.collector import Collector
from data_pipeline.sources.markup import plain_text
from data_pipeline.sources.parsing import Payload, content_id, expect_list, read_json
from data_pipeline.sources.protocol import (
    Cursor,
    Parsed,
    RefusedResponse,
    Request,
    Response,
    Scope,
    Source,
    SourceInfo,
    Window,
)
from data_pipeline.sources.times import day


class _Digest(Payload):
    symbol: str
    announcements: Any = None
    data_success: bool = True
    count: int | None = None
    unused = frozenset(("source", "days", "date_range"))


class Item(Payload):
    """One item: date (``日期``), title and a cut summary; the time of day and the address were not kept."""

    date: str = Field(alias="日期")
    title: str = Field(alias="公告标题")
    summary: str = Field(default="", alias="公告摘要")
    unused = frozenset(("公告类型",))


class EastmoneyDigest(Source):
    """News about announcements, stock by stock: press articles, not the announcements themselves."""

    info = SourceInfo(
        name="eastmoney_digest",
        title="Eastmoney news digests (AKShare files)",
        category="news",
        market="CN",
        modes=("file",),
        access="JSON files announcement_data_<code>.json that the user has: dates, titles and cut summaries",
        needs=("path",),
        zone=ZONE,
        zone_rule="date alone, in Beijing",
        terms="Files of the user; the texts belong to Eastmoney's publishers.",
        licence="proprietary (Eastmoney and its publishers)",
        evidence="recorded",
        evidence_note="payloads/sina_eastmoney/announcement_data_600519.json and announcement_data_000858.json: files of "
        "an AKShare collector, not answers of Eastmoney itself",
        parser_version="eastmoney_digest-1",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return a request for each digest file below ``scope.path``, or for that file."""
        if scope.path is None:
            return []
        files = [scope.path] if scope.path.is_file() else sorted(scope.path.rglob("announcement_data_*.json"))
        return [Request(url=file.resolve().as_uri()) for file in files]

    def parse(self, response: Response) -> Parsed:
        """Read one file."""
        out = Collector(self.info, response)
        digest = envelope(out, _Digest, read_json(response))
        if not digest.data_success:
            raise RefusedResponse("the file says that its collection failed")
        symbol = symbol_of(digest.symbol)
        found = expect_list(digest.announcements, "announcements")
        for address, item in out.items(Item, found, "/announcements"):
            stamp = out.stamp(address, day, item.date, ZONE)
            if stamp is None:
                continue
            title = plain_text(item.title)
            out.document(
                address,
                native_id=f"{digest.symbol}-{content_id(item.date, title)}",
                title=title,
                body=plain_text(item.summary),
                language="zh",
                published=stamp,
                symbols=[(symbol, "symbol")] if symbol else [],
            )
        if digest.count is not None and digest.count != len(found):
            out.parsed.counts["count_differs"] += 1
        return out.parsed


SOURCE = EastmoneyDigest()
