"""A small made market for tests: three to six stocks, random walks, random posts, from a seed."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from data_pipeline.labels.sessions import Sessions, load_sessions
from data_pipeline.sources import SourceData
from tickertune.core.document import Document
from tickertune.core.market import Bar, CorporateAction, Instrument
from tickertune.core.recipe import MovementDataConfig
from tickertune.core.table import schema_of

SPAN = (date(2019, 10, 1), date(2020, 6, 30))
SPLIT = {
    "train_start": "2020-02-03",
    "train_end": "2020-04-01",
    "validation_end": "2020-04-20",
    "test_start": "2020-04-20",
    "test_end": "2020-05-20",
}


def new_york() -> Sessions:
    return load_sessions("XNYS", *SPAN)


def config(**changes: Any) -> MovementDataConfig:
    values: dict[str, Any] = {
        "source": {"kind": "simulated"},
        "split": SPLIT,
        "label": {"volatility_sessions": 10},
        "moves": [1, 5],
    }
    return MovementDataConfig.model_validate(values | changes)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def document(doc_id: str, at: datetime, instruments: Sequence[str] = ("A",), **changes: Any) -> dict[str, Any]:
    links = [{"symbol": name, "instrument_id": name, "evidence": "payload", "detail": ""} for name in instruments]
    fields = {
        "doc_id": doc_id,
        "source": "made",
        "category": "news",
        "market": "US",
        "licence": "none",
        "redistributable": True,
        "title": f"News {doc_id}",
        "published_at": at,
        "time_quality": "exact",
        "available_at": at,
        "symbols": links,
        "raw_sha256": "0",
        "parser_version": "1",
    }
    return Document.model_validate(fields | changes).model_dump()


def documents(rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=schema_of(Document))


def bar(instrument: str, session: date, open_: float, close: float, **changes: Any) -> dict[str, Any]:
    low, high = min(open_, close), max(open_, close)
    fields = {"instrument_id": instrument, "session": session, "open": open_, "close": close, "high": high, "low": low}
    return Bar.model_validate(fields | {"volume": 1.0, "basis": "traded"} | changes).model_dump()


def bars(rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=schema_of(Bar))


def action(instrument: str, ex_date: date, kind: str, value: float) -> dict[str, Any]:
    return CorporateAction(instrument_id=instrument, ex_date=ex_date, kind=kind, value=value).model_dump()  # type: ignore[arg-type]


def actions(rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=schema_of(CorporateAction))


def instruments(names: Sequence[str]) -> pl.DataFrame:
    rows = [
        Instrument(
            instrument_id=name,
            symbol=name,
            exchange="XNYS",
            currency="USD",
            name=f"Company {name}",
            sector=f"Sector {ord(name[0]) % 2}",
        ).model_dump()
        for name in names
    ]
    return pl.DataFrame(rows, schema=schema_of(Instrument))


def market(seed: int = 0, names: Sequence[str] = ("A", "B", "C", "D"), posts: int = 400) -> SourceData:
    """Random walks with a few missing bars and a split and dividend each; posts at any hour, a few of them revised."""
    generator = np.random.default_rng(seed)
    sessions = new_york()
    days = [day.item() for day in sessions.dates]
    bar_rows, action_rows = [], []
    for name in names:
        price, shares = 100.0, 1.0
        split_day, dividend_day = generator.choice(len(days) - 2, 2, replace=False) + 1
        for number, day in enumerate(days):
            move = generator.normal(0, 0.02, 2)
            open_ = price * (1 + move[0])
            price = open_ * (1 + move[1])
            if number == split_day:
                shares = 0.5
                action_rows.append(action(name, day, "split", 2.0))
            if number == dividend_day:
                action_rows.append(action(name, day, "cash_dividend", 0.5))
            if generator.random() > 0.02:
                bar_rows.append(bar(name, day, open_ * shares, price * shares))
    start, seconds = datetime(2020, 1, 25, tzinfo=UTC), int(timedelta(days=118).total_seconds())
    rows = []
    for number in range(posts):
        at = start + timedelta(seconds=int(generator.integers(seconds)))
        about = generator.choice(names, generator.integers(1, 3), replace=False).tolist()
        rows.append(document(f"p{number:04d}", at, sorted(about)))
        if generator.random() < 0.1:
            later = at + timedelta(hours=int(generator.integers(1, 60)))
            rows.append(
                document(f"p{number:04d}", later, sorted(about), revision=1, title=f"Correction of p{number:04d}")
            )
    return SourceData(
        documents=documents(rows).sort("available_at", "doc_id", "revision"),
        instruments=instruments(names),
        bars=bars(bar_rows),
        actions=actions(action_rows),
    )
