"""Listed companies whose names and symbols are hard to tell: words, names within names, renamings, reused symbols.

They have no prices: they exist for the texts of ``mentions``. Names are fictional. The Chinese codes are numbers of
delisted shares, so that the exchanges' numbering holds.
"""

from collections.abc import Iterator
from datetime import date, timedelta

import polars as pl

from tickertune.core.market import Alias, Instrument, NameSpan
from tickertune.core.table import frame_of

RENAMED_AFTER, RESYMBOLED_AFTER, DELISTED_AFTER, REUSED_AFTER, SPECIAL_AFTER = 40, 55, 30, 70, 60
"""Calendar days from the start of the window to each change."""

PLAIN: tuple[tuple[str, str, str, str], ...] = (
    ("harrowgate", "HGX", "XNYS", "HARROWGATE INDUSTRIES INC /DE/"),
    ("quillmark", "QLM", "XNAS", "Quillmark Corporation"),
    ("wexler", "WXG", "XNYS", "WEXLER & GANT CO"),
    ("dynamo", "GDY", "XNYS", "GENERAL DYNAMO CORP"),
    ("ladder", "RUNG", "XNAS", "Ladder Inc."),
    ("orchard", "ORCH", "XNYS", "ORCHARD CORP"),
    ("pilot", "PLT", "XNYS", "Pilot Company"),
    ("anvil", "ANV", "XNAS", "Anvil Corp."),
    ("good_buy", "GBY", "XNYS", "Good Buy Co., Inc."),
    ("ostrander", "ON", "XNAS", "Ostrander Mills Inc."),
    ("tarn", "IT", "XNYS", "Ivory Tarn Holdings Inc"),
    ("aldwick", "X", "XNYS", "Aldwick Laboratories Inc."),
    ("whitlock", "NOW", "XNYS", "NORWOOD WHITLOCK INC"),
    ("corrigan", "CRGN", "XNYS", "Corrigan Inc."),
    ("corrigan_foods", "CFD", "XNYS", "Corrigan Foods Inc."),
    ("corrigan_canada", "CFC", "XNAS", "Corrigan Foods Canada Ltd."),
    ("stanmore", "SSG", "XNYS", "Stanmore Sachs Group, Inc."),
    ("pinecrest", "BOP", "XNYS", "Bank of Pinecrest Corp"),
    ("berring", "BRH-A", "XNYS", "Berring Holdings, Inc."),
    ("cola", "CSK", "XNYS", "Casca-Kola Co"),
    ("maoyun", "600001.SH", "XSHG", "云岭茅酒股份有限公司"),
    ("anze", "600002.SH", "XSHG", "中国安泽保险(集团)股份有限公司"),
    ("anze_bank", "000003.SZ", "XSHE", "安泽银行股份有限公司"),
    ("harvest_cn", "300104.SZ", "XSHE", "好日子文化股份有限公司"),
    ("haiteng", "09777.HK", "XHKG", "海腾控股有限公司"),
)
"""Key, symbol, exchange and registered name, as registers write it."""
SHORT_CN = {
    "maoyun": "云岭茅酒",
    "anze": "中国安泽",
    "anze_bank": "安泽银行",
    "harvest_cn": "好日子",
    "haiteng": "海腾控股",
}
ALIASES: tuple[tuple[str, str, bool], ...] = (
    ("harrowgate", "Big Harrow", False),
    ("aldwick", "Aldi Labs", False),
    ("renamed", "Halden", True),
    ("anze", "安泽集团", False),
)
"""Key, what the public calls the company, and whether that ends with its renaming."""


def instrument_id(key: str) -> str:
    """Return the id of a company of the cast."""
    return f"CAST:{key}"


def changes(since: date) -> dict[str, date]:
    """Return the day on which each change takes effect in a world that begins at ``since``."""
    days = {
        "renamed": RENAMED_AFTER, "resymboled": RESYMBOLED_AFTER, "delisted": DELISTED_AFTER, "reused": REUSED_AFTER,
        "special": SPECIAL_AFTER,
    }  # fmt: skip
    return {name: since + timedelta(days=number) for name, number in days.items()}


def cast_instruments(since: date) -> pl.DataFrame:
    """Return the cast as a table of instruments, a row a symbol span."""
    return frame_of(Instrument, list(_spans(since)))


def cast_aliases(since: date) -> pl.DataFrame:
    """Return the aliases that a user would give, as a table of ``Alias``."""
    end = changes(since)["renamed"]
    return frame_of(
        Alias,
        [
            Alias(instrument_id=instrument_id(key), alias=alias, valid_to=end if ends else None)
            for key, alias, ends in ALIASES
        ],
    )


def _spans(since: date) -> Iterator[Instrument]:
    for key, symbol, exchange, name in PLAIN:
        both = [NameSpan(name=name), NameSpan(name=SHORT_CN[key])] if key in SHORT_CN else []
        yield _span(key, symbol, exchange, name, names=both)
    on = changes(since)
    yield _span(
        "renamed",
        "HLD",
        "XNYS",
        "Veltra Mobility Inc.",
        names=[
            NameSpan(name="HALDEN MOTORS INC", valid_to=on["renamed"]),
            NameSpan(name="Veltra Mobility Inc.", valid_from=on["renamed"]),
        ],
    )
    yield _span("resymboled", "TRSL", "XNAS", "Tressel Systems, Inc.", until=on["resymboled"])
    yield _span("resymboled", "TSYX", "XNAS", "Tressel Systems, Inc.", since=on["resymboled"])
    yield _span("delisted", "OKR", "XNYS", "Oakum Resources Ltd.", until=on["delisted"])
    yield _span("reused", "OKR", "XNAS", "Okonite Robotics, Inc.", since=on["reused"])
    special = [
        NameSpan(name="北渡重型机械股份有限公司"),
        NameSpan(name="北渡重工", valid_to=on["special"]),
        NameSpan(name="*ST北渡", valid_from=on["special"]),
    ]
    yield _span("special", "000013.SZ", "XSHE", "北渡重型机械股份有限公司", names=special)


def _span(
    key: str,
    symbol: str,
    exchange: str,
    name: str,
    *,
    since: date | None = None,
    until: date | None = None,
    names: list[NameSpan] | None = None,
) -> Instrument:
    currency = {"XSHG": "CNY", "XSHE": "CNY", "XHKG": "HKD"}.get(exchange, "USD")
    return Instrument(
        instrument_id=instrument_id(key),
        symbol=symbol,
        valid_from=since,
        valid_to=until,
        exchange=exchange,
        currency=currency,
        name=name,
        names=names or [],
    )
