"""Fictional figures: quarterly revenue and earnings as filed, some restated, and a monthly price index with vintages.

They say nothing about any price: context blocks show them, and no signal is planted in them. What they are for is their
dates: a quarter is filed weeks after its end, a restatement comes months later, and an index is revised a month on.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from data_pipeline.sources.simulated.draws import generator
from data_pipeline.sources.simulated.market import Company
from tickertune.core.files import sha256_text
from tickertune.core.observation import Observation
from tickertune.core.table import schema_of

REVENUE, EARNINGS, PRICE_INDEX = "sim:Revenues", "sim:EarningsPerShare", "sim:PriceIndex"
BACK_DAYS = 460
"""Figures start so long before the window, so that a year is known on its first day."""
RESTATED = 0.15
"""Share of quarters that are restated."""
FILED_AT = time(16, 30, tzinfo=ZoneInfo("America/New_York"))
PARSER_VERSION = "simulated-figures-1"


def simulate_figures(seed: int, companies: list[Company], since: date, until: date) -> pl.DataFrame:
    """Draw all figures that are available before ``until``; each period draws for itself, so that spans agree.

    Returns:
        Schema ``Observation``, in order of availability.
    """
    rows: list[dict[str, object]] = []
    first = since - timedelta(days=BACK_DAYS)
    for start, end in _periods(first, until, 3):
        for index, company in enumerate(companies):
            rows += _quarter(seed, index, company, start, end)
    for start, end in _periods(first, until, 1):
        rows += _month(seed, start, end)
    frame = pl.DataFrame(rows, schema=schema_of(Observation))
    last = datetime(until.year, until.month, until.day, tzinfo=UTC)
    return frame.filter(pl.col("available_at") < last).sort("available_at", "series_id", "instrument_id", "period_end")


def _periods(first: date, until: date, months: int) -> list[tuple[date, date]]:
    """First and last day of each period of ``months`` months that ends in [first, until)."""
    number = (first.year * 12 + first.month - 1) // months * months
    periods = []
    while (start := date(number // 12, number % 12 + 1, 1)) < until:
        number += months
        end = date(number // 12, number % 12 + 1, 1) - timedelta(days=1)
        if first <= end < until:
            periods.append((start, end))
    return periods


def _quarter(seed: int, index: int, company: Company, start: date, end: date) -> list[dict[str, object]]:
    rng = generator(seed, "figures", end, index)
    scale = float(generator(seed, "figures scale", None, index).uniform(2e8, 8e9))
    revenue = round(scale * float(rng.lognormal(0.0, 0.06)), -5)
    earnings = round(float(rng.normal(0.8, 0.4)), 2)
    filed = _evening(end + timedelta(days=int(rng.integers(25, 45))))
    rows = []
    for series, value, unit in ((REVENUE, revenue, "USD"), (EARNINGS, earnings, "USD/shares")):
        rows.append(_row(series, company.instrument_id, start, end, value, unit, filed, "10-Q"))
    if rng.random() < RESTATED:
        again = _evening(filed.date() + timedelta(days=int(rng.integers(30, 80))))
        restated = round(revenue * float(rng.uniform(0.9, 1.1)), -5)
        rows.append(_row(REVENUE, company.instrument_id, start, end, restated, "USD", again, "10-Q/A"))
    return rows


def _month(seed: int, start: date, end: date) -> list[dict[str, object]]:
    rng = generator(seed, "price index", end)
    value = round(100 + 0.2 * ((end.year - 2000) * 12 + end.month) + float(rng.normal(0, 0.2)), 1)
    first, second = (_evening(end + timedelta(days=days)) for days in (14, 45))
    revised = round(value + float(rng.normal(0, 0.3)), 1)
    return [
        _row(PRICE_INDEX, None, start, end, value, "index", first, "first estimate"),
        _row(PRICE_INDEX, None, start, end, revised, "index", second, "revised"),
    ]


def _evening(day: date) -> datetime:
    return datetime.combine(day, FILED_AT).astimezone(UTC)


def _row(
    series: str,
    instrument_id: str | None,
    start: date,
    end: date,
    value: float,
    unit: str,
    available_at: datetime,
    detail: str,
) -> dict[str, object]:
    return {
        "series_id": series,
        "instrument_id": instrument_id,
        "period_start": start,
        "period_end": end,
        "value": value,
        "unit": unit,
        "available_at": available_at,
        "superseded_at": None,
        "detail": detail,
        "source": "simulated",
        "raw_sha256": sha256_text(f"{series} {instrument_id} {end} {available_at} {value}"),
        "parser_version": PARSER_VERSION,
    }
