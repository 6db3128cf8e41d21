"""Baostock: daily bars, payouts and listings of mainland China by the library's own protocol.

Baostock has no HTTP address. A request is written ``baostock:`` and the name of the library's function with its
arguments as parameters; an adapter calls it and hands over the rows as JSON, ``{"error_code", "error_msg", "fields",
"rows"}``. ``adjustflag`` 3 is as traded; 1 and 2 are adjusted by the ratio of closes to the exchange's previous closes
(splits and payouts, multiplied), which is a total return. Volume is in shares. The exchange's previous close stands
on the day of a suspension: such a row is no session.
"""

from typing import Any

from data_pipeline.sources.china.symbols import MARKET, ZONE, Listing, listing
from data_pipeline.sources.parsing import Payload, clean_text, expect_list, expect_object, listing_id, read_json
from data_pipeline.sources.prices.akshare import add_payout
from data_pipeline.sources.prices.bars import CN_FINAL, SETTLES, Ohlcv, PriceCollector, first_and_last, window_context
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
from tickertune.core.market import Basis

_FIELDS = "date,code,open,high,low,close,preclose,volume,amount,adjustflag,turn,tradestatus,pctChg,isST"
_BASES: dict[str, Basis] = {"1": "total_return", "2": "total_return", "3": "traded"}
_CREDENTIALS = ("10001001", "10001002")
"""Error codes of a missing or refused login."""


class Day(Payload):
    """One day; numbers come as text, empty on a suspension."""

    date: str
    code: str
    open: str
    high: str
    low: str
    close: str
    volume: str
    adjustflag: str
    tradestatus: str

    unused = frozenset(("preclose", "amount", "turn", "pctChg", "isST"))


class Payout(Payload):
    """A payout per share held before the ex-date, before tax."""

    code: str
    dividOperateDate: str = ""
    dividCashPsBeforeTax: str = ""
    dividStocksPs: str = ""
    dividReserveToStockPs: str = ""

    unused = frozenset(
        (
            "dividPreNoticeDate", "dividAgmPumDate", "dividPlanAnnounceDate", "dividPlanDate", "dividRegistDate",
            "dividPayDate", "dividStockMarketDate", "dividCashPsAfterTax", "dividCashStock",
        )
    )  # fmt: skip


class Baostock(Source):
    """As-traded daily bars and payouts of Shanghai and Shenzhen listings."""

    info = SourceInfo(
        name="baostock_prices",
        title="Baostock",
        category="price",
        market="CN",
        modes=("range",),
        access="free Python library with its own protocol, anonymous login",
        needs=("symbols",),
        rate=RateLimit(calls=1, seconds=1, shared="baostock"),
        zone=ZONE,
        settles=SETTLES,
        zone_rule="dates of sessions in Shanghai",
        terms="Free for everybody; the library is BSD licensed, the data without warranty.",
        licence="free to use, no licence of the data is stated",
        evidence="documented",
        evidence_note="http://baostock.com/baostock/index.php/Python_API%E6%96%87%E6%A1%A3",
        parser_version="baostock_prices-2",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return the requests for bars of each listing, and for payouts by the year of their ex-date."""
        first, last = first_and_last(window)
        requests = []
        for share in filter(None, map(listing, scope.symbols)):
            if share.exchange == "BJ":
                continue
            bars = {
                "code": baostock_code(share),
                "fields": _FIELDS,
                "start_date": first.isoformat(),
                "end_date": last.isoformat(),
                "frequency": "d",
                "adjustflag": "3",
            }
            asked = [("query_history_k_data_plus", bars)]
            asked += [
                ("query_dividend_data", {"code": baostock_code(share), "year": str(year), "yearType": "operate"})
                for year in range(first.year, last.year + 1)
            ]
            requests += [
                Request(url=f"baostock:{name}", params=params, context=window_context(window, symbol=share.symbol))
                for name, params in asked
            ]
        return requests

    def parse(self, response: Response) -> Parsed:
        """Read the rows of one call."""
        payload = expect_object(read_json(response), "the top")
        code = str(payload.get("error_code"))
        if code != "0":
            message = f"Baostock answered: {code} {clean_text(str(payload.get('error_msg')))[:200]}"
            raise RefusedResponse(message, "credentials" if code in _CREDENTIALS else "content")
        fields = [str(name) for name in expect_list(payload.get("fields"), "fields")]
        rows = [_named(fields, row) for row in expect_list(payload.get("rows"), "rows")]
        out = PriceCollector(self.info, response, CN_FINAL)
        identity = listing_id(MARKET, response.request.context.get("symbol", ""))
        if response.request.url.partition(":")[2] == "query_dividend_data":
            for address, item in out.items(Payout, rows, "/rows"):
                _payout(out, address, identity, item)
        elif response.request.params.get("frequency", "d") != "d":
            raise RefusedResponse("bars of another frequency than a day are no session's bars")
        else:
            for address, day in out.items(Day, rows, "/rows"):
                _bar(out, address, identity, day)
        return out.parsed


def baostock_code(share: Listing) -> str:
    """Return Baostock's spelling, ``sh.600519``."""
    return f"{share.exchange.lower()}.{share.code}"


def _named(fields: list[str], row: Any) -> Any:
    return dict(zip(fields, row, strict=True)) if isinstance(row, list) and len(row) == len(fields) else row


def _bar(out: PriceCollector, address: str, identity: str, item: Day) -> None:
    session = out.day(address, item.date)
    if session is None:
        return
    if item.tradestatus != "1":
        out.parsed.counts["suspended_sessions"] += 1
        return
    if item.adjustflag not in _BASES:
        out.set_aside(address, f"adjustflag {clean_text(item.adjustflag)[:20]!r} has no known basis", item)
        return
    numbers = [_number(text) for text in (item.open, item.high, item.low, item.close, item.volume)]
    out.bar(address, identity, session, Ohlcv(*numbers), _BASES[item.adjustflag])


def _payout(out: PriceCollector, address: str, identity: str, item: Payout) -> None:
    cash, *shares = (
        _number(text or "0") for text in (item.dividCashPsBeforeTax, item.dividStocksPs, item.dividReserveToStockPs)
    )
    if cash is None or None in shares:
        out.set_aside(address, "an amount is no number", item)
        return
    add_payout(out, address, identity, item.dividOperateDate, cash, sum(part or 0.0 for part in shares))


def _number(text: str) -> float | None:
    """Read a number; None where the text is none."""
    try:
        return float(text)
    except ValueError:
        return None


SOURCE = Baostock()
