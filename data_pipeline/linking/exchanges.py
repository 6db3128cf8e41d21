"""Symbols that a text qualifies by their exchange: ``(NYSE: KO)``, ``NASDAQ:AAPL``, ``<KO.N>``, ``AAPL US Equity``.

A symbol that is a word counts in brackets or directly behind the colon: "Nasdaq: ON track for a record" names none.
"""

import re
from collections.abc import Iterator

from data_pipeline.linking.common_words import COMMON

_NAMES = {
    "US": (
        "NYSE", "New York Stock Exchange", "NYSE American", "NYSE Arca", "NYSEArca", "NYSE MKT", "NYSEMKT", "NYSEAMERICAN",
        "NASDAQ", "Nasdaq", "NasdaqGS", "NasdaqGM", "NasdaqCM", "NASDAQ Global Select Market", "NASDAQ Global Select", "Nasdaq GS", "NASDAQ Global Market",
        "NASDAQ Capital Market", "AMEX", "OTC", "OTCMKTS", "OTC Markets", "OTCQB", "OTCQX", "OTCBB", "CBOE", "BATS",
    ),
    "CN": ("SSE", "SZSE", "SHA", "SHE", "SHSE", "Shanghai", "Shenzhen"),
    "HK": ("HKEX", "HKG", "HKSE", "SEHK", "Hong Kong", "HK"),
    "UK": ("LSE", "LON", "AIM", "London"),
}  # fmt: skip
_MARKET = {name.casefold(): market for market, names in _NAMES.items() for name in names}
_ANY = "|".join(
    re.escape(name) for name in sorted({n for names in _NAMES.values() for n in names}, key=len, reverse=True)
)
_SYMBOL = r"(?:[A-Z]{1,5}(?:[.\-/][A-Z]{1,2})?|[0-9]{4,6})(?![\w$])"
_QUALIFIED = re.compile(
    rf"(?<![\w$])({_ANY})(?:\s*(?:,|/|&|and)\s*[A-Za-z ]{{2,20}})?\s*[:\uff1a]\s*\$?({_SYMBOL}(?:\s*[,;/]\s*{_SYMBOL})*)",
    re.IGNORECASE,
)
_DASHED = re.compile(rf"[(\[]\s*({_ANY})\s*[-\u2013]\s*({_SYMBOL})\s*[)\]]", re.IGNORECASE)
_REUTERS = re.compile(r"<([A-Z]{1,5})\.(?:N|O|OQ|K)>|(?<![\w$.<])([A-Z]{2,5})\.(?:N|O|OQ)(?!\w|\.\w)")
_BLOOMBERG = re.compile(r"(?<![\w$])([A-Z]{1,5}(?:/[A-Z])?) US (?:Equity\b|(?=\)))")


def qualified(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield (market, symbol, matched text); only exchanges of a market that is known here count, ``(TSX: QLM)`` does not."""
    if ":" in text or "\uff1a" in text or "(" in text:
        for match in (*_QUALIFIED.finditer(text), *_DASHED.finditer(text)):
            loose = match.group()[: match.start(2) - match.start()].endswith(" ") and text[: match.start()][
                -1:
            ] not in ("(", "[")
            for symbol in re.findall(_SYMBOL, match.group(2)):
                if (symbol.isupper() or symbol.isdigit()) and not (loose and symbol.casefold() in COMMON):
                    yield _MARKET[match.group(1).casefold()], symbol, match.group()
    for match in (*_REUTERS.finditer(text), *_BLOOMBERG.finditer(text)):
        yield "US", next(group for group in match.groups() if group), match.group()
