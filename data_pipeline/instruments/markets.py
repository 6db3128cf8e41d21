"""Markets of exchanges: within one market a symbol names at most one listing at a time."""

import re
from zoneinfo import ZoneInfo

from data_pipeline.sources.times import zone_info

_MICS = {
    "US": "XNYS XNAS XASE ARCX BATS BATY EDGA EDGX IEXG XCHI XPHL XBOS MEMX LTSE OTCM XOTC PINX PSGM OTCB OTCQ CAVE EXPM XNMS XNCM XNGS",
    "CN": "XSHG XSHE BJSE XBSE",
    "UK": "XLON AIMX",
    "HK": "XHKG",
}  # fmt: skip
_MARKETS = {mic: market for market, mics in _MICS.items() for mic in mics.split()}
_ZONES = {"US": "America/New_York", "CN": "Asia/Shanghai", "HK": "Asia/Hong_Kong", "UK": "Europe/London"}
MIC = re.compile(r"[A-Z0-9]{4}")


def market_of(mic: str) -> str:
    """Return the market of an ISO 10383 code; an exchange that is not listed here is a market of its own."""
    return _MARKETS.get(mic, mic)


def market_zone(market: str) -> ZoneInfo:
    """Return the zone whose date decides what a symbol meant; UTC for a market that is not listed here."""
    return zone_info(_ZONES.get(market, "UTC"))


def split_listing(listing: str) -> tuple[str, str] | None:
    """Return (market, symbol) of a provisional id such as ``US:AAPL``; None for another kind of id."""
    market, separator, symbol = listing.partition(":")
    known = market in _ZONES or market == "global" or MIC.fullmatch(market) is not None
    return (market, symbol) if separator and symbol and known else None
