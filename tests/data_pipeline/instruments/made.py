"""Rows for tests of the registry."""

from datetime import date

from tickertune.core.market import CorporateAction, Instrument

META, GOOGLE = "0001326801", "0001652044"


def day(text):
    return date.fromisoformat(text) if text else None


def row(symbol, since=None, until=None, identity=None, cik=None, exchange="XNAS", name="Made Up"):
    return Instrument(
        instrument_id=identity or f"US:{symbol}",
        symbol=symbol,
        valid_from=day(since),
        valid_to=day(until),
        exchange=exchange,
        currency="USD",
        name=name,
        cik=cik,
    )


def edgar(cik, symbol, seen, exchange="XNAS"):
    return row(symbol, seen, identity=f"CIK{cik}:{symbol}", cik=cik, exchange=exchange)


def event(symbol, ex_date, kind, value=0.0, detail=""):
    return CorporateAction(instrument_id=f"US:{symbol}", ex_date=day(ex_date), kind=kind, value=value, detail=detail)


FACEBOOK = [
    row("FB", "2012-05-18", "2022-06-09", "US:META", META),
    row("META", "2022-06-09", None, "US:META", META),
]
"""Facebook as Massive's ticker events give it: one provisional id after the last symbol."""
BALL = row("META", "2021-06-30", "2022-01-31", "US:META", "0001683471", exchange="ARCX")
"""The fund that bore META before."""
NEW_FB = row("FB", "2025-06-02", None, "US:FB", "0001174610", exchange="BATS")
"""The fund that bears FB since."""
