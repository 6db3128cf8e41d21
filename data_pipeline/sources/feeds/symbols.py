"""Tickers that a feed states as categories, such as ``NYSE:IBM``."""

import re
from collections import Counter

from data_pipeline.sources.feeds.feed import Tag

_LISTED = re.compile(r"\s*([A-Za-z][A-Za-z .]{1,24}?)\s*:\s*(\S{1,16})\s*")
_TICKER = re.compile(r"[A-Z][A-Z0-9]{0,5}(?:[./-][A-Z0-9]{1,3})?")
_STOCK_SCHEMES = ("www.globenewswire.com/rss/stock",)
_US_EXCHANGES = frozenset(
    ("nyse", "nasdaq", "nyse american", "nyse mkt", "nyse amex", "nyse arca", "nysearca", "amex", "cboe", "bats", "otc",
     "otc markets", "otcqb", "otcqx", "otc pink", "otcpk", "otcbb", "other otc", "pink sheets", "nasdaqgs", "nasdaqgm",
     "nasdaqcm")
)  # fmt: skip


def us_symbols(tags: list[Tag], schemes: tuple[str, ...], counts: Counter[str]) -> list[tuple[str, str]]:
    """Return (ticker, "category") for each category that names a stock listed in the United States.

    A ticker of another country is counted and left out: the same letters mean another company there.

    Args:
        tags: Categories of an item.
        schemes: Vocabularies of which every category is a bare US ticker.
        counts: Takes ``symbols_of_other_markets``.
    """
    found = []
    for tag in tags:
        term, scheme = tag.term or "", tag.scheme or ""
        listed = _LISTED.fullmatch(term)
        if listed is not None and listed[1].lower() in _US_EXCHANGES and _TICKER.fullmatch(listed[2]):
            found.append((listed[2], "category"))
        elif scheme in schemes and _TICKER.fullmatch(term.strip()):
            found.append((term.strip(), "category"))
        elif scheme in schemes or scheme.endswith(_STOCK_SCHEMES):
            counts["symbols_of_other_markets"] += 1
    return found
