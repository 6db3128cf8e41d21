"""Sina quotes (hq.sinajs.cn): the session's prices of shares and funds, taken as a bar only after its close."""

import re
from datetime import time

from pydantic import ValidationError

from data_pipeline.sources.china.stamps import beijing
from data_pipeline.sources.china.symbols import MARKET, ZONE, Listing, listing, listings
from data_pipeline.sources.collector import Collector
from data_pipeline.sources.markup import response_text
from data_pipeline.sources.parsing import listing_id
from data_pipeline.sources.protocol import (
    Cursor,
    Mark,
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
from data_pipeline.sources.times import zone_info
from tickertune.core.market import Bar

_API = "https://hq.sinajs.cn/list="
_BATCH = 100
_LINE = re.compile(r'var hq_str_([a-z]{2}[0-9]{6})="([^"\n]*)";')
_STAMP = re.compile(r",(\d{4}-\d{2}-\d{2}),(\d{2}:\d{2}:\d{2})(?:,|$)")
_CLOSE = time(15, 0)
_LATE_CLOSE = time(15, 30)
"""Shares of the STAR market and of ChiNext trade at the closing price until then, which adds to the volume."""
_LATE = ("688", "689", "300", "301", "302")


class SinaHq(Source):
    """Open, high, low, last price and volume of the session that the stamp names."""

    info = SourceInfo(
        name="sina_hq",
        title="Sina quotes",
        category="price",
        market="CN",
        modes=("stream",),
        access="text of the site's quote service, without a key, with the site as referrer: up to 100 listings at once",
        needs=("symbols",),
        rate=RateLimit(calls=1, seconds=1),
        zone=ZONE,
        zone_rule="naive Beijing date and time of the quote",
        poll_seconds=900,
        terms="Undocumented public interface of the site: for own use, at a low rate; the quotes belong to the exchanges.",
        licence="proprietary (the exchanges; Sina)",
        evidence="recorded",
        evidence_note="payloads/sina_eastmoney/sina_hq_test.txt (2019) and payloads/sina_eastmoney/doc_1.txt (2008, shortened)",
        parser_version="sina_hq-1",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return nothing: the service knows the running session only."""
        return []

    def stream(self, cursor: Cursor, scope: Scope) -> list[Request]:
        """Return the requests for the named listings, 100 at a time."""
        codes = [found.prefixed for found in listings(scope.symbols)]
        batches = [codes[start : start + _BATCH] for start in range(0, len(codes), _BATCH)]
        headers = {"Referer": "https://finance.sina.com.cn/"}
        return [Request(url=_API + ",".join(batch), headers=headers, expects="text") for batch in batches]

    def parse(self, response: Response) -> Parsed:
        """Read the quotes; those of an open session, of a halted share and of an unknown code are set aside."""
        out = Collector(self.info, response)
        text = response_text(response, "gb18030")
        lines = list(_LINE.finditer(text))
        if not lines:
            raise RefusedResponse(f"expected quotes, got {text[:80]!r}")
        for line in lines:
            out.parsed.counts["items"] += 1
            address = f"{response.url}#{line[1]}"
            found = listing(line[1])
            if found is None:
                out.set_aside(address, f"{line[1]} is no mainland listing", line[0])
            elif not line[2]:
                out.set_aside(address, "the service has no quote of this code", line[0])
            else:
                _quote(out, address, found, line[2])
        return out.parsed


def _quote(out: Collector, address: str, found: Listing, text: str) -> None:
    """Add the bar of one quote: name, open, previous close, last, high, low, bid, ask, shares, yuan, …, date, time."""
    stamp_text = _STAMP.search(text)
    if stamp_text is None:
        out.set_aside(address, "the quote has no date and time", text)
        return
    stamp = out.stamp(address, beijing, f"{stamp_text[1]} {stamp_text[2]}")
    if stamp is None or stamp.at is None:
        return
    there = stamp.at.astimezone(zone_info(ZONE))
    fields = text.split(",")
    try:
        opened, last, high, low, volume, turnover = (float(fields[index]) for index in (1, 3, 4, 5, 8, 9))
    except (ValueError, IndexError) as error:
        out.set_aside(address, f"quote: {error}", text)
        return
    if there.time() < (_LATE_CLOSE if found.code.startswith(_LATE) else _CLOSE):
        out.set_aside(address, f"the session of {there:%Y-%m-%d} was still open at {there:%H:%M:%S}", text)
        return
    if opened == 0 or volume == 0:
        out.set_aside(address, f"no trade in the session of {there:%Y-%m-%d}", text)
        return
    if not low <= turnover / volume <= high:
        out.set_aside(address, "turnover over volume is no price of the session: an index, or volume in lots", text)
        return
    try:
        bar = Bar(
            instrument_id=listing_id(MARKET, found.symbol),
            session=there.date(),
            open=opened,
            high=high,
            low=low,
            close=last,
            volume=volume,
            basis="traded",
        )
    except ValidationError as error:
        out.set_aside(address, f"bar: {error.errors(include_url=False)[0]['msg']}", text)
        return
    if not low <= min(opened, last) <= max(opened, last) <= high:
        out.set_aside(address, "open or close lies outside low and high", text)
        return
    out.parsed.bars.append(bar)
    out.mark(Mark(at=stamp.at), found.symbol)


SOURCE = SinaHq()
