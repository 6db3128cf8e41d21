"""Instruments, bars and corporate actions."""

from datetime import date
from typing import Literal

from pydantic import Field

from tickertune.core.noun import Noun

Basis = Literal["traded", "split_adjusted", "total_return"]
ActionKind = Literal["split", "cash_dividend", "spin_off", "symbol_change", "delisting"]


class NameSpan(Noun):
    """A company name and the dates between which it was used (``valid_to`` exclusive, None: still)."""

    name: str
    valid_from: date | None = None
    valid_to: date | None = None


class Alias(Noun):
    """What the public calls an instrument beside its registered names (``Big Blue``), and when (``valid_to`` exclusive)."""

    instrument_id: str
    alias: str
    valid_from: date | None = None
    valid_to: date | None = None


class Instrument(Noun):
    """One symbol span of one instrument: the id stays when the symbol changes."""

    instrument_id: str
    symbol: str
    valid_from: date | None = None
    valid_to: date | None = None
    """First date on which the symbol no longer holds; None: still valid."""
    exchange: str
    """ISO 10383 market identifier, which names the trading calendar."""
    currency: str
    name: str
    sector: str | None = None
    cik: str | None = None
    names: list[NameSpan] = []


class Bar(Noun):
    """OHLCV of one exchange session, in the instrument's currency."""

    instrument_id: str
    session: date
    open: float = Field(gt=0)
    high: float = Field(gt=0)
    low: float = Field(gt=0)
    close: float = Field(gt=0)
    volume: float = Field(ge=0)
    basis: Basis
    adj_close: float | None = Field(default=None, gt=0)
    """The vendor's total-return close where it gives one; adj_close / close is then the day's factor."""


class CorporateAction(Noun):
    """An event that changes what a price means, by ex-date."""

    instrument_id: str
    ex_date: date
    kind: ActionKind
    value: float
    """split: new shares for one old; cash_dividend and spin_off: currency per share as traded on the
    ex-date; delisting: final value per share; symbol_change: 0."""
    detail: str = ""
