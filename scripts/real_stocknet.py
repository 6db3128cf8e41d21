"""StockNet's own files: repeated tweets, and the published acl18 counts rebuilt rule by rule before ours are switched on.

The published numbers are those of Xu and Cohen (ACL 2018): 20,339 train, 2,555 development and 3,720 test targets, 26,614
in all, 49.78 % down and 50.22 % up.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from real_tweets import day_table, tweet_table

from data_pipeline.audit.prices import audit_prices
from data_pipeline.curation import curate, superseded_at
from data_pipeline.labels.registry import label_spec
from data_pipeline.labels.sessions import Sessions, common_sessions
from data_pipeline.labels.timeline import build_timeline, calendar_span
from data_pipeline.linking import link
from data_pipeline.samples.movement import movement_samples
from data_pipeline.sources import SourceData, load_source
from data_pipeline.sources.stocknet import parquet
from data_pipeline.splits import clusters_of
from tickertune.core.recipe import MovementDataConfig

PARTS = {"train": (date(2014, 1, 1), date(2015, 8, 1)), "dev": (date(2015, 8, 1), date(2015, 10, 1))}
"""Published splits by the target's session, ends exclusive. Test, to 2016-01-01, is not in our copy."""
PUBLISHED = {"train": 20_339, "dev": 2_555, "test": 3_720}
BAND = (-0.005, 0.0055)
LAG_DAYS = 5


class Step(NamedTuple):
    """Targets left after one rule, by split, and the share of them that is up."""

    rule: str
    train: int
    dev: int
    train_up: float
    dev_up: float


def step(rule: str, targets: pl.DataFrame) -> Step:
    """Count targets (``session``, ``ret``) by split."""
    parts = [targets.filter(pl.col("session").is_between(*PARTS[name], closed="left")) for name in ("train", "dev")]
    ups = [float((part["ret"] > 0).mean() or 0.0) for part in parts]  # type: ignore[arg-type]
    return Step(rule, len(parts[0]), len(parts[1]), *ups)


def with_returns(prices: pl.DataFrame) -> pl.DataFrame:
    """Add ``ret``, the change of adj_close since the ticker's row before; null in its first row."""
    before = pl.col("adj_close").shift(1).over("ticker")
    return prices.sort("ticker", "session").with_columns(ret=pl.col("adj_close") / before - 1)


def outside_band() -> pl.Expr:
    """Their rule: a return from -0.5 % to below 0.55 % is no target."""
    return (pl.col("ret") < BAND[0]) | (pl.col("ret") >= BAND[1])


def with_history(targets: pl.DataFrame, moves: pl.DataFrame) -> pl.DataFrame:
    """Their program asks for one more return before the calendar days of the lag: its first prices are of that day."""
    first = moves.drop_nulls("ret").group_by("ticker").agg(first=pl.col("session").min())
    early = pl.col("session").dt.offset_by(f"-{LAG_DAYS - 1}d")
    return targets.join(first, on="ticker").filter(pl.col("first") < early).drop("first")


def with_file_day(targets: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    """Targets with a tweet in the five calendar days before, by the day of the tweet's file (``ticker``, ``day``)."""
    return targets.filter(pl.Series([bool(found) for found in _found_days(targets, days)], dtype=pl.Boolean))


def with_trading_days(targets: pl.DataFrame, days: pl.DataFrame, moves: pl.DataFrame) -> pl.DataFrame:
    """Targets with a tweet since the fifth trading day before, by file day: five trading days in place of five days."""
    back = moves.sort("ticker", "session").with_columns(start=pl.col("session").shift(LAG_DAYS).over("ticker"))
    asked = targets.join(back.select("ticker", "session", "start"), on=["ticker", "session"]).sort("session")
    known = days.select("ticker", last="day").unique().sort("last")
    # The last tweet before the target's own day decides.
    found = asked.with_columns(until=pl.col("session").dt.offset_by("-1d")).join_asof(
        known,
        left_on="until",
        right_on="last",
        by="ticker",
        strategy="backward",
        check_sortedness=False,
        coalesce=False,
    )
    return found.filter(pl.col("last") >= pl.col("start")).select(targets.columns)


def with_each_day(targets: pl.DataFrame, days: pl.DataFrame, moves: pl.DataFrame) -> pl.DataFrame:
    """Targets each of whose trading days in the lag has a tweet that belongs to it, as their program asks.

    A tweet of a calendar day belongs to the first trading day after it; the lag is the target's day and the four
    calendar days before.
    """
    sessions = {
        str(ticker): own["session"].sort().to_numpy().astype("datetime64[D]")
        for (ticker,), own in moves.partition_by("ticker", as_dict=True).items()
    }
    keep = []
    for (ticker, day), found in zip(
        targets.select("ticker", "session").rows(), _found_days(targets, days), strict=True
    ):
        known = sessions[ticker]
        low = np.searchsorted(known, np.datetime64(day - timedelta(days=LAG_DAYS - 1)))
        lag = known[low : np.searchsorted(known, np.datetime64(day), side="right")]
        owners = {int(np.searchsorted(lag, np.datetime64(tweeted), side="right")) for tweeted in found}
        keep.append(owners == set(range(len(lag))))
    return targets.filter(pl.Series(keep, dtype=pl.Boolean))


def _found_days(targets: pl.DataFrame, days: pl.DataFrame) -> Iterable[list[date]]:
    known = set(days.select("ticker", "day").unique().rows())
    for ticker, session in targets.select("ticker", "session").rows():
        back = (session - timedelta(days=number) for number in range(LAG_DAYS, 0, -1))
        yield [day for day in back if (ticker, day) in known]


def with_text(targets: pl.DataFrame, documents: pl.DataFrame, windows: pl.DataFrame) -> pl.DataFrame:
    """Targets with a document in their window.

    Args:
        targets: ``ticker`` and ``session``.
        documents: Schema ``Document``; a link's instrument is ``US:`` and the ticker.
        windows: ``session``, ``after`` and ``until`` (UTC): a document counts after the one, up to the other.
    """
    texts = documents.select("available_at", "symbols").explode("symbols")
    texts = texts.select(pl.col("symbols").struct.field("symbol").alias("ticker"), last="available_at").drop_nulls()
    known = texts.with_columns(until="last").sort("until")
    asked = targets.join(windows, on="session").sort("until")
    found = asked.join_asof(known, on="until", by="ticker", strategy="backward", check_sortedness=False)
    return found.filter(pl.col("last") > pl.col("after")).select(targets.columns)


def windows_of(config: MovementDataConfig, sessions: Sessions) -> pl.DataFrame:
    """The text window of each target's session, as a build with this label has it."""
    timeline = build_timeline(config, label_spec(config.label), sessions)
    frame = pl.DataFrame(
        {"session": sessions.dates[timeline.exit], "after": timeline.text_after, "until": timeline.as_of}
    )
    utc = (pl.col("after", "until").cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),)
    return frame.with_columns(pl.col("session").cast(pl.Date), *utc)


def recipe(folder: Path, label: str) -> MovementDataConfig:
    """A recipe with the published dates; the development months stand as test, for ours has none."""
    split = {"train_start": "2014-01-01", "train_end": "2015-08-01", "validation_end": "2015-08-01",
             "test_start": "2015-08-01", "test_end": "2015-10-01"}  # fmt: skip
    source = {"kind": "stocknet", "path": str(folder)}
    return MovementDataConfig.model_validate({"source": source, "label": {"name": label}, "split": split})


def published_steps(moves: pl.DataFrame, days: pl.DataFrame) -> tuple[list[Step], pl.DataFrame, pl.DataFrame]:
    """Rebuild the published counts from prices alone, then ask for text as the paper and the program do."""
    steps = [step("rows of prices, 87 of 88 stocks", moves)]
    known = moves.drop_nulls("ret")
    steps.append(step("a close before", known))
    steps.append(step("return below -0.5 % or at least 0.55 %", known.filter(outside_band())))
    rounded = known.with_columns(pl.col("ret").round(6)).filter(outside_band())
    steps.append(step("return rounded to six decimals, as in their price files", rounded))
    targets = with_history(rounded, moves)
    steps.append(step("one return more before the lag: THE PUBLISHED COUNT", targets))
    spoken = with_file_day(targets, days)
    steps.append(step("a tweet in the five calendar days before, by file day", spoken))
    longer = step("aside: a tweet in the five trading days before", with_trading_days(targets, days, moves))
    each = step("aside: a tweet for every trading day of the lag (their program)", with_each_day(targets, days, moves))
    return [*steps, longer, each], targets, spoken


def our_steps(
    targets: pl.DataFrame, spoken: pl.DataFrame, data: SourceData, folder: Path
) -> tuple[list[Step], dict[str, Any], pl.DataFrame]:
    """Switch our rules on, one after the other, over the targets that have text; returns steps, build counts, drops."""
    published, own = recipe(folder, "acl18_as_published"), recipe(folder, "acl18")
    sessions = common_sessions({"XNYS"}, *calendar_span(own))
    documents, drops = curate(data.documents, own.curation)
    rest = drops.filter(pl.col("survivor").is_null())
    key = ["doc_id", "revision"]
    whole_days = windows_of(published, sessions)
    linked, unlinked = link(documents, data.instruments)
    steps = []
    for rule, texts, windows in (
        ("days of created_at, not of the file", data.documents, whole_days),
        ("no empty, foreign or promotional tweets", data.documents.join(rest, on=key, how="anti"), whole_days),
        ("no repeats: the earliest stands for all", documents, whole_days),
        ("links borne out by the text, no lists", linked, whole_days),
        ("text known 30 minutes before the close that the return starts from", linked, windows_of(own, sessions)),
    ):
        spoken = with_text(spoken, texts, windows)
        steps.append(step(rule, spoken))
    findings = audit_prices(data.bars, data.actions, data.instruments, sessions)
    clusters = clusters_of(drops)
    built: dict[str, Any] = {}
    for config in (published, own):
        samples = movement_samples(
            linked, superseded_at(data.documents), data.instruments, data.bars, data.actions, sessions, config,
            findings=findings, clusters=clusters,
        )  # fmt: skip
        labels = samples.frame.group_by("split", "label").len().sort("split", "label").rows()
        built[config.label.name] = {
            "counts": {name: count for name, count in samples.counts.items() if count},
            "samples": {f"{split.replace('test', 'dev')} {label}": count for split, label, count in labels},
        }
        if config is own:
            keys = samples.frame.select(
                pl.col("symbol").alias("ticker"), pl.col("exit").dt.date().alias("session"), ret="ret_raw"
            )
            kept = keys.join(spoken, on=["ticker", "session"], how="semi")
            steps.append(step("purge, embargo, clusters apart, suspect prices: what is built of these", kept))
            further = keys.join(spoken, on=["ticker", "session"], how="anti")
            unheard = further.join(targets, on=["ticker", "session"], how="anti")
            steps.append(step("and built beside these: no published target", unheard))
            steps.append(step("and built beside these: text outside the five days by file day", further.join(unheard, on=["ticker", "session"], how="anti")))  # fmt: skip
            steps.append(step("ALL THAT acl18 BUILDS", keys))
    return steps, built, pl.concat([drops, unlinked])


def check_stocknet(folder: Path) -> dict[str, Any]:
    """All tables of StockNet."""
    parts = parquet.read(folder)
    rows = pl.concat(
        [pl.read_parquet(path, columns=["ticker", "id", "created_at", "file_date"]) for path in _tweet_files(folder)]
    ).with_columns(day=pl.col("file_date").cast(pl.Date))
    data = load_source(recipe(folder, "acl18").source, date(2013, 12, 1), PARTS["dev"][1])
    moves = with_returns(parts.prices)
    steps, targets, spoken = published_steps(moves, rows)
    ours, built, drops = our_steps(targets, spoken, data, folder)
    return {
        "tweets": tweet_table(rows, data.documents, drops),
        "days": day_table(rows),
        "stocks without prices": sorted(set(parts.stocks) - set(moves["ticker"])),
        "published": PUBLISHED,
        "steps": [*steps, *ours],
        "built": built,
    }


def _tweet_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("tweets_*.parquet"))
