"""AKShare: daily bars of mainland China by the Eastmoney addresses that the library calls, fetched by our own client.

``stock_zh_a_hist`` calls ``kline/get``: ``fqt=0`` is as traded. Its adjusted forms (``fqt`` 1 and 2) subtract
payouts instead of multiplying by factors, which has given negative prices: no basis of a bar describes them, and they
are refused. Volume comes in hands of 100 shares. ``stock_fhps_detail_em`` calls the dividend report: payouts and new
shares for ten shares held before the ex-date; a payout is divided by that day's new shares, since an action's value is
per share as traded on the ex-date. Dividends are before tax.
"""

from data_pipeline.sources.china.symbols import MARKET, ZONE, listing
from data_pipeline.sources.parsing import Payload, clean_text, expect_list, expect_object, listing_id, read_json
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

_KLINE = "https://push2his.eastmoney.com/api/qt/stock/kline/get"
_REPORT = "https://datacenter-web.eastmoney.com/api/data/v1/get"
_COLUMNS = "SECURITY_CODE,SECURITY_NAME_ABBR,EX_DIVIDEND_DATE,PRETAX_BONUS_RMB,BONUS_IT_RATIO,ASSIGN_PROGRESS"
_HAND = 100
_PAGE = 500


class Kline(Payload):
    """One day, out of its comma-separated text."""

    date: str
    open: float
    close: float
    high: float
    low: float
    hands: float


class Payout(Payload):
    """A plan of dividends for ten shares; without an ex-date it is not carried out yet."""

    SECURITY_CODE: str
    EX_DIVIDEND_DATE: str | None = None
    PRETAX_BONUS_RMB: float | None = None
    BONUS_IT_RATIO: float | None = None
    SECURITY_NAME_ABBR: str | None = None
    ASSIGN_PROGRESS: str | None = None


class AkShare(Source):
    """As-traded daily bars, cash dividends and share dividends of mainland Chinese listings."""

    info = SourceInfo(
        name="akshare_prices",
        title="AKShare (Eastmoney prices)",
        category="price",
        market="CN",
        modes=("range",),
        access="public JSON of Eastmoney without a key, the one that AKShare's stock_zh_a_hist calls",
        needs=("symbols",),
        rate=RateLimit(calls=1, seconds=1, shared="eastmoney"),
        zone=ZONE,
        settles=SETTLES,
        zone_rule="dates of sessions in Shanghai",
        terms="No official API; Eastmoney's terms allow personal use, and it may refuse at any time.",
        licence="proprietary (Eastmoney and the exchanges)",
        evidence="documented",
        evidence_note="https://akshare.akfamily.xyz/data/stock/stock.html (stock_zh_a_hist, stock_fhps_detail_em)",
        parser_version="akshare_prices-2",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return the requests for bars and payouts of each mainland listing; other symbols are not Eastmoney's here."""
        first, last = first_and_last(window)
        requests = []
        for share in filter(None, map(listing, scope.symbols)):
            bars = {
                "secid": share.secid,
                "fields1": "f1,f2,f3,f4,f5,f6",
                "fields2": "f51,f52,f53,f54,f55,f56,f57,f58,f59,f60,f61",
                "klt": "101",
                "fqt": "0",
                "beg": f"{first:%Y%m%d}",
                "end": f"{last:%Y%m%d}",
            }
            payouts = {
                "reportName": "RPT_SHAREBONUS_DET",
                "columns": _COLUMNS,
                "filter": f'(SECURITY_CODE="{share.code}")',
                "sortColumns": "EX_DIVIDEND_DATE",
                "sortTypes": "-1",
                "pageSize": str(_PAGE),
                "pageNumber": "1",
            }
            requests += [
                Request(url=url, params=params, context=window_context(window, kind=kind, symbol=share.symbol))
                for url, params, kind in ((_KLINE, bars, "bars"), (_REPORT, payouts, "payouts"))
            ]
        return requests

    def parse(self, response: Response) -> Parsed:
        """Read one listing's bars or payouts."""
        out = PriceCollector(self.info, response, CN_FINAL)
        payload = expect_object(read_json(response), "the top")
        identity = listing_id(MARKET, response.request.context.get("symbol", ""))
        if response.request.context.get("kind") == "payouts":
            if payload.get("result") is None and "success" in payload:
                out.parsed.counts["no_payouts"] += 1
                return out.parsed
            result = expect_object(payload.get("result"), "result")
            for address, item in out.items(Payout, expect_list(result.get("data"), "result/data"), "/result/data"):
                add_payout(
                    out,
                    address,
                    identity,
                    item.EX_DIVIDEND_DATE,
                    (item.PRETAX_BONUS_RMB or 0.0) / 10,
                    (item.BONUS_IT_RATIO or 0.0) / 10,
                )
            return out.parsed
        if response.request.params.get("fqt") != "0" or response.request.params.get("klt") != "101":
            raise RefusedResponse("only daily bars as traded (klt=101, fqt=0) have a basis that is known")
        if payload.get("data") is None:
            out.parsed.counts["no_such_listing"] += 1
            return out.parsed
        data = expect_object(payload["data"], "data")
        rows = []
        for line in expect_list(data.get("klines"), "data/klines"):
            cells = line.split(",") if isinstance(line, str) else []
            names = ("date", "open", "close", "high", "low", "hands")
            rows.append(dict(zip(names, cells[:6], strict=True)) if len(cells) >= 6 else line)
        for address, bar in out.items(Kline, rows, "/data/klines"):
            session = out.day(address, bar.date)
            if session is not None:
                prices = Ohlcv(bar.open, bar.high, bar.low, bar.close, bar.hands * _HAND)
                out.bar(address, identity, session, prices, "traded")
        return out.parsed


def add_payout(
    out: PriceCollector, address: str, identity: str, ex_date: str | None, cash: float, shares: float
) -> None:
    """Add the actions of one Chinese payout.

    Args:
        out: Collector.
        address: Where the item stands.
        identity: Listing id.
        ex_date: None or empty where it is only planned: counted.
        cash: Currency before tax per share held before the ex-date.
        shares: New shares per share held before the ex-date.
    """
    if not ex_date:
        out.parsed.counts["planned_payouts"] += 1
        return
    moment = out.day(address, clean_text(ex_date))
    if moment is None:
        return
    if shares < 0 or cash < 0:
        out.set_aside(address, f"payout of {moment}: {cash} in cash and {shares} shares", repr((identity, ex_date)))
        return
    if shares:
        out.action(address, identity, moment, "split", 1 + shares, "share dividend")
    if cash:
        out.action(address, identity, moment, "cash_dividend", cash / (1 + shares), "before tax")


SOURCE = AkShare()
