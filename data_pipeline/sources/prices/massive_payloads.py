"""Payload items of Massive's stock API, as https://massive.com/docs/rest/stocks describes them."""

from typing import Any

from pydantic import Field

from data_pipeline.sources.parsing import Payload


class Aggregate(Payload):
    """A daily bar; ``t`` is midnight in New York in epoch milliseconds, ``v`` counts early and late trades too."""

    t: int
    o: float
    h: float
    low: float = Field(alias="l")
    c: float
    v: float
    vw: float | None = None
    n: float | None = None
    T: str | None = None
    otc: bool = False


class OpenClose(Payload):
    """One session by date; the answer does not say whether its prices are adjusted."""

    symbol: str
    day: str = Field(alias="from")
    open: float
    high: float
    low: float
    close: float
    volume: float
    status: str = ""
    afterHours: float | None = None
    preMarket: float | None = None
    otc: bool = False


class Split(Payload):
    """``split_to`` shares for ``split_from``."""

    ticker: str
    execution_date: str
    split_from: float
    split_to: float
    id: str = ""
    adjustment_type: str = ""
    historical_adjustment_factor: float | None = None


class Dividend(Payload):
    """A cash payout per share as paid."""

    ticker: str
    ex_dividend_date: str
    cash_amount: float
    currency: str | None = None
    dividend_type: str = ""
    distribution_type: str = ""
    id: str = ""
    frequency: int | None = None
    declaration_date: str | None = None
    record_date: str | None = None
    pay_date: str | None = None
    historical_adjustment_factor: float | None = None
    split_adjusted_cash_amount: float | None = None


class Ticker(Payload):
    """Facts of a ticker, as of the date asked for; market value and staff are of the fetch and serve nothing here."""

    ticker: str
    name: str
    locale: str
    market: str
    currency_name: str
    primary_exchange: str | None = None
    active: bool = True
    delisted_utc: str | None = None
    cik: str | None = None
    list_date: str | None = None

    unused = frozenset(
        (
            "type", "composite_figi", "share_class_figi", "market_cap", "phone_number", "address", "description",
            "sic_code", "sic_description", "ticker_root", "ticker_suffix", "homepage_url", "total_employees", "branding",
            "round_lot", "share_class_shares_outstanding", "weighted_shares_outstanding", "last_updated_utc",
        )
    )  # fmt: skip


class NewTicker(Payload):
    """The ticker that is used from the event on."""

    ticker: str


class Event(Payload):
    """The first use of a ticker, or the change to it."""

    type: str
    date: str
    ticker_change: NewTicker


class Events(Payload):
    """The tickers of one company, newest first."""

    name: str
    events: list[Any]
    composite_figi: str | None = None
    cik: str | None = None
