"""The simulated market: the project's measuring instrument.

Fictional companies, sessions of a real exchange calendar, prices and a newswire, all from a seed. A story before a
session has a tone; the open-to-open return that starts at that session carries ``signal`` times the tone. With
``signal=0`` nothing in the text says anything about prices. The truth tables say what was planted where.
"""

from datetime import UTC, date, datetime, timedelta

import exchange_calendars
import numpy as np
import polars as pl

from data_pipeline.sources.base import SourceData
from data_pipeline.sources.simulated.ceiling import ceiling_of, probability_up
from data_pipeline.sources.simulated.dirt import available_at, soil
from data_pipeline.sources.simulated.edits import edited
from data_pipeline.sources.simulated.figures import simulate_figures
from data_pipeline.sources.simulated.market import Company, instruments_of, make_companies, simulate_prices
from data_pipeline.sources.simulated.mentions import Mention, mentions, with_mentions
from data_pipeline.sources.simulated.newswire import TONE_VARIANCE, Item, Window, draw_tones, write_stories
from data_pipeline.sources.simulated.price_dirt import soil_prices
from data_pipeline.sources.simulated.variety import varied
from tickertune.core.document import Document
from tickertune.core.files import sha256_text
from tickertune.core.recipe import PriceDirtConfig, SimulatedSourceConfig
from tickertune.core.table import schema_of

__all__ = ["ceiling_of", "load"]

WARM_UP_DAYS = 75
"""Calendar days of prices before the window, so that trailing volatility is known on its first day."""
PARSER_VERSION = "simulated-1"
LICENCE = "Apache-2.0 (generated text)"


def load(config: SimulatedSourceConfig, since: date, until: date) -> SourceData:
    """Simulate documents that belong to sessions in [since, until) and bars from ``WARM_UP_DAYS`` before.

    Truth tables: ``documents`` (doc_id, revision, kind, instrument_id, session, tone, original), ``tones``
    (instrument_id, session, tone, p_up: probability that the excess return is positive, expected_excess: its mean as a
    fraction) and ``missing_bars``; where
    the recipe plants faults of prices also ``price_faults`` (``price_dirt.FAULTS_SCHEMA``); where ``dirt.links`` is on
    also ``links`` (``mentions.TRUTH``) and ``aliases`` (rows of ``Alias``).
    """
    calendar = exchange_calendars.get_calendar("XNYS", start=since - timedelta(days=WARM_UP_DAYS + 10), end=until)
    schedule = calendar.schedule.loc[str(since - timedelta(days=WARM_UP_DAYS)) : str(until - timedelta(days=1))]
    sessions = [stamp.date() for stamp in schedule.index]
    opens = [_utc(stamp) for stamp in schedule["open"]]
    closes = [_utc(stamp) for stamp in schedule["close"]]
    companies = make_companies(config.seed, config.companies)
    tones = draw_tones(config.seed, sessions, len(companies), config.news_probability)
    prices = simulate_prices(config.seed, companies, sessions, tones, config.signal, config.dirt.missing_bar)
    faults = None
    if config.dirt.prices != PriceDirtConfig():
        prices, faults = soil_prices(config.seed, companies, sessions, prices, config.dirt.prices)
    items: list[Item] = []
    found: list[Mention] = []
    for t in range(1, len(sessions) - 1):
        if sessions[t] < since:
            continue
        window = Window(sessions[t], opens[t - 1], closes[t - 1], opens[t])
        stories = write_stories(config.seed, window, companies, tones[t])
        own = prices.open_returns[t] - prices.open_returns[t].mean()
        items += soil(config.seed, window, stories, companies, own, config.dirt)
        items += varied(config.seed, window, companies, config.dirt.variety)
        items += edited(config.seed, window, companies, config.dirt.edits)
        found += mentions(config.seed, window, since, config.dirt.links)
    items.sort(key=lambda item: (available_at(item), item.doc_id, item.revision))
    variance = config.news_probability * TONE_VARIANCE
    volatility = np.array([company.volatility for company in companies])
    p_up = probability_up(tones, volatility, config.signal, variance)
    told = p_up[tones != 0]
    data = SourceData(
        documents=_documents(items, companies),
        instruments=instruments_of(companies),
        bars=prices.bars,
        actions=prices.actions,
        observations=simulate_figures(config.seed, companies, since, until),
        counts={"items": len(items)},
        truth={
            "documents": _document_truth(items, companies),
            "tones": _tone_truth(sessions, companies, tones, p_up, config.signal * volatility * tones),
            "missing_bars": prices.missing,
            **({} if faults is None else {"price_faults": faults}),
        },
        ceiling=ceiling_of(told),
        notes=[
            f"Simulated market, seed {config.seed}, signal {config.signal}: {len(companies)} fictional companies on the "
            "New York calendar. Text and prices are generated; nothing in them is about a real company.",
        ],
    )
    return with_mentions(data, found, since) if config.dirt.links else data


def _utc(stamp: object) -> datetime:
    return stamp.to_pydatetime().astimezone(UTC)  # type: ignore[attr-defined,no-any-return]


def _documents(items: list[Item], companies: list[Company]) -> pl.DataFrame:
    rows = []
    for item in items:
        company = companies[item.payload]
        link = {
            "symbol": company.symbol,
            "instrument_id": company.instrument_id,
            "evidence": "payload",
            "detail": "wire",
        }
        known = available_at(item)
        rows.append(
            {
                "doc_id": item.doc_id,
                "revision": item.revision,
                "source": "simulated",
                "category": "social" if item.social else "news",
                "market": "US",
                "url": None,
                "licence": LICENCE,
                "redistributable": True,
                "title": item.title,
                "body": item.body,
                "language": None,
                "published_at": item.published_at,
                "time_quality": "day" if item.date_only else "exact",
                "updated_at": item.published_at if item.revision else None,
                "first_seen_at": None,
                "available_at": known,
                "availability": "lag",
                "symbols": [link],
                "raw_sha256": sha256_text(f"{item.doc_id}\n{item.revision}\n{item.title}\n{item.body}"),
                "parser_version": PARSER_VERSION,
            }
        )
    return pl.DataFrame(rows, schema=schema_of(Document))


def _document_truth(items: list[Item], companies: list[Company]) -> pl.DataFrame:
    rows = [
        {
            "doc_id": item.doc_id,
            "revision": item.revision,
            "kind": item.kind,
            "instrument_id": None if item.company is None else companies[item.company].instrument_id,
            "session": item.session,
            "tone": item.tone,
            "original": item.original,
        }
        for item in items
    ]
    schema = {
        "doc_id": pl.String(), "revision": pl.Int64(), "kind": pl.String(), "instrument_id": pl.String(),
        "session": pl.Date(), "tone": pl.Float64(), "original": pl.String(),
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema)


def _tone_truth(
    sessions: list[date], companies: list[Company], tones: np.ndarray, p_up: np.ndarray, expected: np.ndarray
) -> pl.DataFrame:
    ids = [company.instrument_id for company in companies]
    return pl.DataFrame(
        {
            "instrument_id": ids * len(sessions),
            "session": np.repeat(np.array(sessions, dtype="datetime64[D]"), len(ids)),
            "tone": tones.ravel(),
            "p_up": p_up.ravel(),
            "expected_excess": expected.ravel(),
        }
    ).with_columns(pl.col("session").cast(pl.Date))
