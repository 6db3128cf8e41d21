"""The simulated market with all its dirt, cut off or rewritten at a moment, and every context block on it."""

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

import polars as pl

from data_pipeline.curation import superseded_at
from data_pipeline.labels.fit import FittedState
from data_pipeline.labels.sessions import Sessions, load_sessions
from data_pipeline.labels.timeline import calendar_span
from data_pipeline.linking import link
from data_pipeline.samples.movement import MovementSamples, movement_samples
from data_pipeline.sources import SourceData, load_source
from tickertune.core.recipe import MovementDataConfig

BLOCKS: dict[str, dict[str, Any]] = {
    "returns": {"kind": "returns"},
    "technical": {"kind": "technical", "slow": 13, "fast": 6, "averages": [10, 30]},
    "prices": {"kind": "prices"},
    "alphas": {
        "kind": "alphas",
        "formulas": {
            "reversal": "-rank(close - delay(close, 5), 20)",
            "pressure": "corr(close, volume, 10) * sign(delta(open, 1))",
            "range": "mean((high - low) / close, 10)",
        },
    },
    "fundamentals": {"kind": "fundamentals", "series": ["sim:Revenues", "sim:EarningsPerShare"]},
    "macro": {"kind": "macro", "series": ["sim:PriceIndex"]},
    "similar": {"kind": "similar", "sessions": 20},
}
PRICES = {
    "adj_close": True, "split_twice": 0.01, "split_unrecorded": 0.01, "split_phantom": 0.01, "dividend_missing": 0.3,
    "splice_basis": 0.01, "splice_symbol": 0.005, "stale": 0.01, "spike": 0.01, "zero_volume": 0.01, "off_session": 0.01,
    "honest_jump": 0.01, "disordered": 0.3,
}  # fmt: skip
"""All but a vendor's split-adjusted bars, which later splits have divided: another future is then another past."""
DIRT = {"missing_bar": 0.03, "revision": 0.2, "date_only": 0.2, "prices": PRICES}


def recipe(*kinds: str, anonymise: bool = False, **changes: Any) -> MovementDataConfig:
    prompt: dict[str, Any] = {"context": [BLOCKS[kind] for kind in kinds]}
    if anonymise:
        prompt["anonymise"] = {}
    values: dict[str, Any] = {
        "source": {"kind": "simulated", "companies": 8, "seed": 3, "dirt": DIRT},
        "label": {"volatility_sessions": 10},
        "split": {
            "train_start": "2021-01-11",
            "train_end": "2021-02-16",
            "validation_end": "2021-02-22",
            "test_start": "2021-02-22",
            "test_end": "2021-03-15",
        },
        "moves": [1, 5],
        "prompt": prompt,
    }
    return MovementDataConfig.model_validate(values | changes)


@lru_cache
def market() -> SourceData:
    """Documents that have links, prices and figures; splits are planted on every instrument, within and after the span."""
    data = load_source(recipe().source, date(2020, 12, 28), date(2021, 4, 20))
    documents, _ = link(data.documents, data.instruments)
    return replace(data, documents=documents)


def sessions(config: MovementDataConfig) -> Sessions:
    return load_sessions("XNYS", *calendar_span(config))


def samples(source: SourceData, config: MovementDataConfig, fitted: FittedState | None = None) -> MovementSamples:
    return movement_samples(
        source.documents,
        superseded_at(source.documents),
        source.instruments,
        source.bars,
        source.actions,
        sessions(config),
        config,
        fitted,
        observations=source.observations,
    )


def truncated(source: SourceData, cut: datetime) -> SourceData:
    """The source as it stood at ``cut``."""
    days = sessions(recipe(*BLOCKS))
    closed = pl.Series(days.dates[days.closes <= pl.Series([cut]).dt.replace_time_zone(None).to_numpy()[0]])
    return replace(
        source,
        documents=source.documents.filter(pl.col("available_at") <= cut),
        bars=source.bars.filter(pl.col("session").is_in(closed.cast(pl.Date).implode())),
        actions=source.actions.filter(pl.col("ex_date") <= cut.date()),
        observations=source.observations.filter(pl.col("available_at") <= cut),
    )


def rewritten(source: SourceData, cut: datetime) -> SourceData:
    """The source with every text, price, volume, action and figure after ``cut`` changed."""
    days = sessions(recipe(*BLOCKS))
    times = pl.DataFrame({"session": pl.Series(days.dates).cast(pl.Date), "opened": days.opens, "closed": days.closes})
    moment, factor = pl.lit(cut.replace(tzinfo=None)), 1 + pl.col("session").dt.day() / 10
    late = {"open": pl.col("opened"), **dict.fromkeys(("close", "high", "low", "volume"), pl.col("closed"))}
    bars = source.bars.join(times, on="session", maintain_order="left")
    changed = [
        pl.when(known > moment).then(pl.col(name) * factor).otherwise(name).alias(name) for name, known in late.items()
    ]
    split = pl.DataFrame(
        {
            "instrument_id": source.instruments["instrument_id"],
            "ex_date": cut.date().replace(day=28),
            "kind": "split",
            "value": 7.0,
            "detail": "",
        }
    )
    after = cut.date() < cut.date().replace(day=28)
    actions = source.actions.filter(pl.col("ex_date") <= cut.date())
    return replace(
        source,
        documents=source.documents.with_columns(
            title=pl.when(pl.col("available_at") > cut).then(pl.lit("Changed")).otherwise("title")
        ),
        bars=bars.with_columns(changed).drop("opened", "closed"),
        actions=pl.concat([actions, split.cast(dict(actions.schema))]) if after else actions,  # type: ignore[arg-type]
        observations=source.observations.with_columns(
            value=pl.when(pl.col("available_at") > cut).then(pl.col("value") * 3 + 1).otherwise("value")
        ),
    )


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
