"""Payload items of Alpha Vantage's stock functions, as https://www.alphavantage.co/documentation/ shows them."""

from pydantic import Field

from data_pipeline.sources.parsing import Payload


class Day(Payload):
    """One session as traded."""

    date: str
    open: float = Field(alias="1. open")
    high: float = Field(alias="2. high")
    low: float = Field(alias="3. low")
    close: float = Field(alias="4. close")
    volume: float = Field(alias="5. volume")


class AdjustedDay(Day):
    """The same, with the total-return close and what went ex on it."""

    adjusted_close: float = Field(alias="5. adjusted close")
    volume: float = Field(alias="6. volume")
    dividend_amount: float = Field(alias="7. dividend amount")
    split_coefficient: float = Field(alias="8. split coefficient")


class Split(Payload):
    """New shares for one old one."""

    effective_date: str
    split_factor: float


class Dividend(Payload):
    """A cash payout by ex-date."""

    ex_dividend_date: str
    amount: float
    declaration_date: str | None = None
    record_date: str | None = None
    payment_date: str | None = None


class Quote(Payload):
    """The latest trading day of a symbol."""

    symbol: str = Field(alias="01. symbol")
    open: float = Field(alias="02. open")
    high: float = Field(alias="03. high")
    low: float = Field(alias="04. low")
    price: float = Field(alias="05. price")
    volume: float = Field(alias="06. volume")
    session: str = Field(alias="07. latest trading day")

    unused = frozenset(("08. previous close", "09. change", "10. change percent"))
