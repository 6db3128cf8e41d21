"""Data sets of the simulated market as public code lays them out, clean; tests plant one mistake at a time."""

from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import numpy as np
import polars as pl

from data_pipeline.audit.leakage import AuditResult, audit_dataset, parse_overrides
from data_pipeline.labels.sessions import Sessions, entry_session, load_sessions
from data_pipeline.sources.simulated import load
from tickertune.core.recipe import SimulatedSourceConfig
from tickertune.core.recipe.source import DirtConfig

SINCE, UNTIL = date(2023, 1, 3), date(2023, 8, 1)
TEST_START = date(2023, 6, 1)
CUTS = (1 / 3, 2 / 3)
LABELS = ("down", "flat", "up")
ZONE = "America/New_York"


def clean_wire() -> DirtConfig:
    return DirtConfig(**{name: 0 for name, key in DirtConfig.model_fields.items() if key.annotation is float})


@lru_cache(maxsize=1)
def market() -> tuple[pl.DataFrame, pl.DataFrame, Sessions]:
    """Documents (doc_id, text, symbol, published_at), opens and closes by symbol and session, and the sessions."""
    config = SimulatedSourceConfig(companies=12, seed=3, signal=1.0, news_probability=0.4, dirt=clean_wire())
    data = load(config, SINCE, UNTIL)
    documents = data.documents.select(
        "doc_id",
        # A number of its own: the wire has few phrases, and no two of its stories are copies.
        text=pl.concat_str("title", pl.lit(" (wire item "), pl.int_range(pl.len()) + 100_000, pl.lit(")")),
        symbol=pl.col("symbols").list.first().struct.field("symbol"),
        published_at="published_at",
    )
    symbols = data.instruments.select("instrument_id", "symbol")
    bars = data.bars.join(symbols, on="instrument_id").select("symbol", "session", "open", "close")
    return documents, bars, load_sessions("XNYS", SINCE - timedelta(days=120), UNTIL)


def rows(cut_on: str = "train") -> pl.DataFrame:
    """A row a text: published, as_of half an hour before the entry's open, exit one session later, label, split."""
    documents, bars, sessions = market()
    stamp = documents["published_at"].dt.replace_time_zone(None).to_numpy().astype("datetime64[us]")
    at = entry_session(stamp + np.timedelta64(31, "m"), sessions)
    keep = at + 1 < len(sessions)
    documents, at = documents.filter(pl.Series(keep)), at[keep]
    frame = documents.with_columns(
        as_of=utc(sessions.opens[at] - np.timedelta64(30, "m")),
        entry=utc(sessions.opens[at]),
        exit=utc(sessions.opens[at + 1]),
        session=pl.Series(sessions.dates[at]).cast(pl.Date),
        next_session=pl.Series(sessions.dates[at + 1]).cast(pl.Date),
    )
    opens = bars.select("symbol", "session", "open")
    frame = (
        frame.join(opens, on=["symbol", "session"])
        .join(opens.rename({"open": "open_after"}), left_on=["symbol", "next_session"], right_on=["symbol", "session"])
        .with_columns(ret=pl.col("open_after") / pl.col("open") - 1)
        .with_columns(split=split_by_day(pl.col("session")))
        .drop_nulls("split")
        .sort("published_at", "doc_id")
    )
    return labelled(frame, cut_on)


def split_by_day(day: pl.Expr) -> pl.Expr:
    """Train before the test, with two days between; null within them."""
    gap = pl.lit(TEST_START - timedelta(days=3))
    return pl.when(day >= TEST_START).then(pl.lit("test")).when(day < gap).then(pl.lit("train"))


def labelled(frame: pl.DataFrame, cut_on: str = "train") -> pl.DataFrame:
    """Three classes, cut at terciles of the train split's returns, or of all."""
    fitted = frame if cut_on == "all" else frame.filter(pl.col("split") == "train")
    low, high = np.quantile(fitted["ret"].to_numpy(), CUTS)
    label = pl.when(pl.col("ret") <= low).then(pl.lit("down")).when(pl.col("ret") <= high).then(pl.lit("flat"))
    columns = ["text", "symbol", "published_at", "as_of", "entry", "exit", "ret", "label", "split"]
    return frame.with_columns(label=label.otherwise(pl.lit("up"))).select(columns)


def weeks(offset_days: int = 0, *, both_ends: bool = False) -> pl.DataFrame:
    """A row a symbol and calendar week, Friday to Friday, as a forecaster's set: the week's texts, and the next week's return.

    Args:
        offset_days: Days by which the stamps of the weekly prices are moved; 2 is what a resampling to Sundays does.
        both_ends: Whether texts of the window's first day are taken too, those of the last one always being.
    """
    documents, bars, _ = market()
    closes = bars.filter(pl.col("session").dt.weekday() == 5).sort("symbol", "session")
    days = documents.with_columns(day=pl.col("published_at").dt.convert_time_zone(ZONE).dt.date())
    found = []
    for (symbol,), own in closes.group_by("symbol", maintain_order=True):
        texts = days.filter(pl.col("symbol") == symbol).sort("published_at")
        fridays, prices = own["session"].to_list(), own["close"].to_list()
        for before, start, end, price, last in zip(
            fridays, fridays[1:], fridays[2:], prices[1:], prices[2:], strict=False
        ):
            if (end - before).days != 14 or start < SINCE:
                continue
            shift = timedelta(days=offset_days)
            after = pl.col("day") >= before + shift if both_ends else pl.col("day") > before + shift
            week = texts.filter(after & (pl.col("day") <= start + shift - timedelta(days=0 if both_ends else 1)))
            if week.height:
                found.append(
                    {
                        "symbol": symbol, "text": "\n".join(week["text"]), "published": week["day"].to_list(),
                        "as_of": start + shift, "exit": end + shift, "ret": last / price - 1,
                    }
                )  # fmt: skip
    frame = pl.DataFrame(found)
    return frame.with_columns(
        label=pl.when(pl.col("ret") > 0).then(pl.lit("up")).otherwise(pl.lit("down")),
        split=pl.when(pl.col("as_of") >= TEST_START).then(pl.lit("test"))
        .when(pl.col("exit") < TEST_START - timedelta(days=7)).then(pl.lit("train")),
    ).drop_nulls("split")  # fmt: skip


def utc(times: np.ndarray) -> pl.Series:
    return pl.Series(times.astype("datetime64[us]")).dt.replace_time_zone("UTC")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def audited(frame: pl.DataFrame, folder: Path, *columns: str, zone: str | None = None) -> AuditResult:
    """Write a data set as Parquet and audit it."""
    path = folder / "set.parquet"
    frame.write_parquet(path)
    return audit_dataset(str(path), columns=parse_overrides(columns), zone=zone)


def found(audit: AuditResult, check: str) -> set[str]:
    """Severities that a check reported."""
    return {finding.severity for finding in audit.findings if finding.check == check}
