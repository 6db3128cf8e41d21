"""Fictional companies and the prices that the planted tones move."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data_pipeline.sources.simulated.draws import generator
from data_pipeline.sources.simulated.phrases import NAME_ROOTS, SECTORS
from tickertune.core.market import Bar, CorporateAction, Instrument
from tickertune.core.table import schema_of

MARKET_VOLATILITY = 0.008
"""Daily standard deviation of the market factor, which every company carries with a beta of 1."""
SPLIT_CHANCE = 1 / 400
DIVIDEND_DAYS = 91
DIVIDEND_YIELD = 0.006

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Company:
    """A fictional company. ``volatility`` is the daily idiosyncratic standard deviation."""

    instrument_id: str
    symbol: str
    name: str
    sector: str
    products: tuple[str, ...]
    volatility: float
    dividend_offset: int


def make_companies(seed: int, count: int) -> list[Company]:
    """Draw companies with unique names and symbols; a few have one-letter symbols."""
    rng = generator(seed, "companies")
    sectors = list(SECTORS)
    pairs = [(root, sector) for sector in sectors for root in NAME_ROOTS]
    chosen = [pairs[i] for i in rng.permutation(len(pairs))[:count]]
    companies: list[Company] = []
    used: set[str] = set()
    for index, (root, sector) in enumerate(chosen):
        letters = root.replace(" ", "").upper()
        options = [letters[0]] if index % 12 == 5 else []
        options += [letters[:2] + letters[k] + sector[0] for k in range(2, len(letters))] + [
            f"{letters[:3]}{c}" for c in "QXZWVKJ"
        ]
        symbol = next(option for option in options if option not in used)
        used.add(symbol)
        companies.append(
            Company(
                instrument_id=f"SIM:{index:03d}",
                symbol=symbol,
                name=f"{root} {sector}",
                sector=sector,
                products=SECTORS[sector],
                volatility=float(rng.uniform(0.012, 0.022)),
                dividend_offset=int(rng.integers(DIVIDEND_DAYS)),
            )
        )
    return companies


def instruments_of(companies: list[Company]) -> pl.DataFrame:
    """Instrument table of the companies, on the New York calendar."""
    rows = [
        Instrument(
            instrument_id=company.instrument_id,
            symbol=company.symbol,
            exchange="XNYS",
            currency="USD",
            name=company.name,
            sector=company.sector,
        ).model_dump()
        for company in companies
    ]
    return pl.DataFrame(rows, schema=schema_of(Instrument))


@dataclass(frozen=True)
class Prices:
    """Bars as traded, corporate actions, and the planted gaps."""

    bars: pl.DataFrame
    actions: pl.DataFrame
    missing: pl.DataFrame
    open_returns: Floats
    """Total return from each session's open to the next, [sessions - 1, companies]."""


def simulate_prices(
    seed: int, companies: list[Company], sessions: list[date], tones: Floats, signal: float, missing_bar: float
) -> Prices:
    """Draw bars in which the open-to-open return of session t carries ``signal * tone[t]`` volatilities.

    Every session draws from a generator of its own, so that a longer window leaves the earlier sessions as they were.

    Args:
        seed: Seed of the world.
        companies: n companies.
        sessions: Exchange sessions, ascending.
        tones: Planted tone, [sessions, n]; 0 where there is no story.
        signal: Return per unit of tone, in idiosyncratic volatilities.
        missing_bar: Chance that a bar is missing.
    """
    count = len(companies)
    volatility = np.array([company.volatility for company in companies])
    start = generator(seed, "levels").uniform(20.0, 120.0, count)
    bars: list[dict[str, object]] = []
    actions: list[dict[str, object]] = []
    missing: list[dict[str, object]] = []
    returns = np.zeros((max(len(sessions) - 1, 0), count))
    open_price = start
    for t, session in enumerate(sessions):
        rng = generator(seed, "prices", session)
        market = rng.normal(0.0, MARKET_VOLATILITY)
        own = volatility * (signal * tones[t] + rng.normal(0.0, 1.0, count))
        total = np.log1p(np.maximum(market + own, -0.5))
        intraday = 0.6 * total + 0.3 * volatility * rng.normal(0.0, 1.0, count)
        close = open_price * np.exp(intraday)
        wick = np.abs(rng.normal(0.0, 0.3, (2, count))) * volatility
        high = np.maximum(open_price, close) * (1 + wick[0])
        low = np.minimum(open_price, close) * (1 - wick[1])
        volume = np.round(rng.lognormal(13.0, 0.4, count))
        lost = rng.random(count) < missing_bar
        for i, company in enumerate(companies):
            key = {"instrument_id": company.instrument_id, "session": session}
            if lost[i]:
                missing.append(key)
                continue
            bars.append(
                {**key, "open": open_price[i], "high": high[i], "low": low[i], "close": close[i],
                 "volume": volume[i], "basis": "traded", "adj_close": None}
            )  # fmt: skip
        if t + 1 == len(sessions):
            break
        returns[t] = np.expm1(total)
        following = close * np.exp(total - intraday)
        splits = rng.random(count)
        ratios = rng.choice([2.0, 3.0, 0.5], count)
        for i, company in enumerate(companies):
            ex_date = sessions[t + 1]
            if (ex_date.toordinal() + company.dividend_offset) % DIVIDEND_DAYS == 0:
                dividend = round(DIVIDEND_YIELD * close[i], 4)
                following[i] -= dividend
                actions.append(_action(company, ex_date, "cash_dividend", dividend))
            elif splits[i] < SPLIT_CHANCE:
                following[i] /= ratios[i]
                actions.append(_action(company, ex_date, "split", ratios[i]))
        open_price = following
    key_schema = {"instrument_id": pl.String(), "session": pl.Date()}
    return Prices(
        bars=pl.DataFrame(bars, schema=schema_of(Bar)),
        actions=pl.DataFrame(actions, schema=schema_of(CorporateAction)),
        missing=pl.DataFrame(missing, schema=key_schema),
        open_returns=returns,
    )


def _action(company: Company, ex_date: date, kind: str, value: float) -> dict[str, object]:
    return {
        "instrument_id": company.instrument_id,
        "ex_date": ex_date,
        "kind": kind,
        "value": float(value),
        "detail": "",
    }
