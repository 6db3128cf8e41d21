"""Payload items of Yahoo's chart answer; unofficial, as the recordings show them."""

from data_pipeline.sources.parsing import Payload


class Period(Payload):
    """A part of the trading day, in epoch seconds."""

    start: int
    end: int
    timezone: str = ""
    gmtoffset: int = 0


class Periods(Payload):
    """The newest trading day."""

    regular: Period
    pre: Period | None = None
    post: Period | None = None


class Meta(Payload):
    """Facts of the listing as of the fetch; its prices are of no session."""

    symbol: str
    exchangeTimezoneName: str
    dataGranularity: str
    regularMarketTime: int
    currentTradingPeriod: Periods | None = None
    currency: str | None = None
    exchangeName: str = ""
    fullExchangeName: str = ""
    instrumentType: str = ""
    longName: str | None = None
    shortName: str | None = None

    unused = frozenset(
        (
            "firstTradeDate", "hasPrePostMarketData", "gmtoffset", "timezone", "regularMarketPrice", "fiftyTwoWeekHigh",
            "fiftyTwoWeekLow", "regularMarketDayHigh", "regularMarketDayLow", "regularMarketVolume",
            "chartPreviousClose", "previousClose", "priceHint", "scale", "range", "validRanges", "tradingPeriods",
        )
    )  # fmt: skip


class Dividend(Payload):
    """A payout per share, restated by later splits."""

    amount: float
    date: int
    currency: str | None = None


class Split(Payload):
    """``numerator`` new shares for ``denominator`` old ones."""

    date: int
    numerator: float
    denominator: float
    splitRatio: str = ""


class Row(Payload):
    """One session, gathered from the columns."""

    open: float | None = None
    high: float | None = None
    low: float | None = None
    close: float | None = None
    volume: float | None = None
    adjclose: float | None = None
