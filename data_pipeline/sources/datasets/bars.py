"""Daily bars of data sets that keep Yahoo's download format: split-adjusted OHLC beside a total-return close."""

import math
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.parsing import clean_text, listing_id
from data_pipeline.sources.times import Stamp
from tickertune.core.market import Bar

NEW_YORK = ZoneInfo("America/New_York")
NAMES = {"open": "Open", "high": "High", "low": "Low", "close": "Close", "adj_close": "Adj Close", "volume": "Volume"}
"""Yahoo's column of each field of a bar."""


def add_bars(
    out: Collector, rows: Iterable[Mapping[str, Any]], where: str, day: str, names: Mapping[str, str], ticker: str = ""
) -> None:
    """Add the bar of each row whose session lies in the request's window.

    Yahoo adjusts the whole history to the day of the download, so the basis is ``split_adjusted``. A row without a
    session, with a price that is missing, not positive or out of order, or that repeats a session is set aside.

    Args:
        out: Takes the bars.
        rows: By column.
        where: The file, for addresses.
        day: Column of the session.
        names: Column of each field of a bar.
        ticker: Whose file it is; empty where the column ``ticker`` says it.
    """
    seen: set[tuple[str, date]] = set()
    for number, row in enumerate(rows, start=1):
        address = f"{where}#/{number}"
        out.parsed.counts["items"] += 1
        symbol = clean_text(ticker or str(row.get("ticker") or "")).upper()
        try:
            session = _session(row.get(day))
            if not symbol:
                raise ValueError("no ticker")
            if (symbol, session) in seen:
                raise ValueError("the session stands there twice")
            if not out.in_window(Stamp.of(datetime.combine(session, time(16), NEW_YORK))):
                continue
            bar = Bar.model_validate(
                {name: _number(row.get(column), column) for name, column in names.items()}
                | {"instrument_id": listing_id("US", symbol), "session": session, "basis": "split_adjusted"}
            )
            if not bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high:
                raise ValueError("open or close lies outside of low and high")
        except ValidationError as error:
            problem = error.errors(include_url=False)[0]
            out.set_aside(address, f"{problem['loc'][0]}: {problem['msg']}", repr(sorted(row.items(), key=repr)))
        except (ValueError, OverflowError) as error:
            out.set_aside(address, str(error), repr(sorted(row.items(), key=repr)))
        else:
            seen.add((symbol, session))
            out.parsed.bars.append(bar)


def _session(value: Any) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        raise ValueError(f"the date {str(value)[:20]!r} is missing or not YYYY-MM-DD") from None


def _number(value: Any, column: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{column} is missing or not a number")
    return number
