"""Symbols that a text qualifies by their exchange: ``(NYSE: KO)``, ``NASDAQ:AAPL``, ``<KO.N>``, ``AAPL US Equity``."""

import re
from collections.abc import Iterator

_NAMES = {
    "US": (
        "NYSE", "New York Stock Exchange", "NYSE American", "NYSE Arca", "NYSEArca", "NYSE MKT", "NYSEMKT", "NYSEAMERICAN",
        "NASDAQ", "Nasdaq", "NasdaqGS", "NasdaqGM", "NasdaqCM", "NASDAQ Global Select Market", "NASDAQ Global Market",
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
_REUTERS = re.compile(r"<([A-Z]{1,5})\.(?:N|O|OQ|K)>|(?<![\w$.<])([A-Z]{2,5})\.(?:N|O|OQ)(?![\w.])")
_BLOOMBERG = re.compile(r"(?<![\w$])([A-Z]{1,5}(?:/[A-Z])?) US (?:Equity\b|(?=\)))")


def qualified(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield (market, symbol, matched text); only exchanges of a market that is known here count, ``(TSX: QLM)`` does not."""
    if ":" in text or "\uff1a" in text:
        for match in _QUALIFIED.finditer(text):
            for symbol in re.findall(_SYMBOL, match.group(2)):
                if symbol.isupper() or symbol.isdigit():
                    yield _MARKET[match.group(1).casefold()], symbol, match.group()
    for match in (*_REUTERS.finditer(text), *_BLOOMBERG.finditer(text)):
        yield "US", next(group for group in match.groups() if group), match.group()
