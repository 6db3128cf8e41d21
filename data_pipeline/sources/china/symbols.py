"""Mainland Chinese listings: one spelling, ``600519.SH``, out of the many that vendors use.

The exchange decides what a code means (``000001.SZ`` is Ping An Bank, ``000001.SH`` the Shanghai index), so a symbol
without one is completed only where the exchanges' numbering leaves no doubt.
Numbering: https://www.sse.com.cn and https://www.szse.cn (code allocation rules), https://www.bse.cn (920 segment).
"""

import re
from collections.abc import Iterable
from typing import Literal, NamedTuple

from tickertune.core.errors import TickerTuneError

MARKET = "CN"
ZONE = "Asia/Shanghai"
"""Zone of all three exchanges and of naive stamps: UTC+8, without summer time since 1991."""

Exchange = Literal["SH", "SZ", "BJ"]

_SUFFIXES: dict[str, Exchange] = {
    "SH": "SH", "SS": "SH", "XSHG": "SH", "SSE": "SH",
    "SZ": "SZ", "XSHE": "SZ", "SZSE": "SZ",
    "BJ": "BJ", "XBSE": "BJ", "BSE": "BJ",
}  # fmt: skip
_PREFIXED = re.compile(r"(SH|SZ|BJ)[.:_]?([0-9]{6})")
_SUFFIXED = re.compile(r"([0-9]{6})[.:_]([A-Z]{2,4})")
_SECID = re.compile(r"([01])\.([0-9]{6})")
_BARE = re.compile(r"[0-9]{6}")
_RANGES: tuple[tuple[tuple[str, ...], Exchange], ...] = (
    (("600", "601", "603", "605", "688", "689", "900", "5"), "SH"),
    (("000", "001", "002", "003", "004", "300", "301", "302", "200", "15", "16", "18"), "SZ"),
    (("43", "83", "87", "88", "920"), "BJ"),
)


class Listing(NamedTuple):
    """A six-digit code and its exchange."""

    code: str
    exchange: Exchange

    @property
    def symbol(self) -> str:
        """The one spelling, such as ``600519.SH``."""
        return f"{self.code}.{self.exchange}"

    @property
    def prefixed(self) -> str:
        """The spelling of Sina and AKShare, ``sh600519``; Xueqiu's is the same in capitals."""
        return f"{self.exchange.lower()}{self.code}"

    @property
    def secid(self) -> str:
        """The spelling of Eastmoney, ``1.600519``: 1 is Shanghai, 0 Shenzhen and Beijing."""
        return f"{1 if self.exchange == 'SH' else 0}.{self.code}"


def exchange_of(code: str) -> Exchange | None:
    """Return the exchange of the share or fund with a bare six-digit ``code``, None where its number does not settle it.

    Bonds share their numbers between exchanges and give None, as do the shares of companies that were moved to the
    over-the-counter board (400, 420). Codes in 43, 83, 87 and 88 are read as Beijing, which took them over from that
    board; an over-the-counter share with such a code gets an id that no Beijing instrument has.
    """
    if _BARE.fullmatch(code) is None:
        return None
    return next((exchange for heads, exchange in _RANGES if code.startswith(heads)), None)


def listing(text: str) -> Listing | None:
    """Read a vendor's spelling of a mainland listing; None for everything else, such as ``AAPL`` or ``00700``.

    Args:
        text: ``600519``, ``600519.SH``, ``600519.SS``, ``600519.XSHG``, ``SH600519``, ``sh.600519`` or ``1.600519``.
    """
    spelled = text.strip().upper()
    if found := _PREFIXED.fullmatch(spelled):
        return Listing(found[2], _SUFFIXES[found[1]])
    if found := _SUFFIXED.fullmatch(spelled):
        exchange = _SUFFIXES.get(found[2])
        return Listing(found[1], exchange) if exchange else None
    if found := _SECID.fullmatch(spelled):
        if found[1] == "1":
            return Listing(found[2], "SH")
        return Listing(found[2], "BJ" if exchange_of(found[2]) == "BJ" else "SZ")
    exchange = exchange_of(spelled)
    return Listing(spelled, exchange) if exchange else None


def symbol_of(text: str) -> str | None:
    """Return ``text`` as ``600519.SH``, or None where it is no mainland listing or its exchange is open."""
    found = listing(text)
    return found.symbol if found else None


def listings(symbols: Iterable[str]) -> list[Listing]:
    """Read the symbols that a user named.

    Raises:
        TickerTuneError: One is no mainland listing, or its exchange is open.
    """
    found = []
    for symbol in symbols:
        read = listing(symbol)
        if read is None:
            raise TickerTuneError(
                f"'{symbol}' is no listing of Shanghai, Shenzhen or Beijing",
                "Name it by six digits and its exchange, such as 600519.SH",
            )
        found.append(read)
    return found
