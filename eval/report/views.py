"""The headline metric by month, ticker, market regime and set of texts.

A regime is one that was known at the decision: its number ends before it, and the bounds of the thirds are those of the
train split, so that no later sample moves one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data_pipeline.dataset import read_split
from data_pipeline.labels.regimes import NAMES, UNKNOWN, Floats, decision_trend, named, thirds_of
from eval.metrics import MetricRow
from eval.report.collect import World
from eval.report.findings import headline
from eval.report.layout import MINUS, shown
from eval.slices import Answers, Sampling, answers_of, score_part
from tickertune.core.errors import TickerTuneError
from tickertune.core.market import Bar, CorporateAction
from tickertune.core.recipe.curriculum import RegimesConfig
from tickertune.core.table import read_table

FEWEST_SAMPLES, FEWEST_DAYS = 20, 10
"""Below either a part has counts and no score: it would be read as one."""
MOST_PARTS = {"month": 36, "ticker": 25, "set": 25}
"""Parts that the page has room for; all are in the download."""
MOST_DRAWS = 1000
"""Draws of an interval here: there are many, and none is a claim."""
BASELINE = "tfidf"


@dataclass(frozen=True)
class ViewPart:
    """One month, ticker or regime."""

    name: str
    n: int
    days: int
    rows: list[MetricRow]
    """Of every checkpoint, and of TF-IDF; empty where there are too few samples or days."""


@dataclass(frozen=True)
class View:
    """A split cut in parts."""

    kind: str
    title: str
    note: str
    """How it was cut; why there are no parts, where there are none."""
    parts: list[ViewPart]


def views(world: World) -> list[View]:
    """All views of a world; none where nothing was scored.

    Raises:
        TickerTuneError: Its checkpoints were not scored on the same samples.
    """
    names = [name for name in [*world.rows.checkpoints(), BASELINE] if name in world.predictions]
    if not names or not world.labels or world.samples.is_empty():
        return []
    answers = answers_of({name: world.predictions[name] for name in names}, world.labels)
    asked = pl.DataFrame({"sample_id": answers.samples}).join(
        world.samples, on="sample_id", how="left", maintain_order="left"
    )
    cut = _Cut(world, answers, _sampling(world))
    found = [*_calendar(cut, asked), *_regimes(cut, asked)] if world.dated else []
    return [*found, *_sets(cut, asked)]


def shown_in_views(world: World) -> list[str]:
    """Predictors that the page shows in views."""
    names = [name for name in shown(world.rows.checkpoints()) if name in world.predictions]
    return [*names, BASELINE] if BASELINE in world.predictions else names


def on_the_page(view: View) -> list[ViewPart]:
    """The parts that there is room for: the latest months, the tickers with the most samples."""
    most = MOST_PARTS.get(view.kind, len(view.parts))
    return view.parts[-most:] if view.kind == "month" else view.parts[:most]


@dataclass(frozen=True)
class _Cut:
    world: World
    answers: Answers
    sampling: Sampling

    def parts(self, keys: Sequence[str | None], order: Sequence[str]) -> list[ViewPart]:
        """A part for each key, of the samples that have it."""
        of = np.array(["" if key is None else key for key in keys])
        return [self._part(name, of == name) for name in order if (of == name).any()]

    def _part(self, name: str, inside: NDArray[np.bool_]) -> ViewPart:
        n, days = int(inside.sum()), len(np.unique(self.answers.day[inside]))
        if n < FEWEST_SAMPLES or days < FEWEST_DAYS:
            return ViewPart(name, n, days, [])
        part = score_part(self.answers, inside, headline(self.world), self.sampling)
        return ViewPart(name, n, days, [part.row(one, self.world.name) for one in part.names])


def _sampling(world: World) -> Sampling:
    return Sampling(
        resamples=min(int(world.meta.get("resamples", MOST_DRAWS)), MOST_DRAWS),
        seed=int(world.meta.get("seed", 0)),
        block_sessions=int(world.meta.get("block_sessions", 1)),
        horizon=world.horizon,
    )


def _calendar(cut: _Cut, asked: pl.DataFrame) -> Iterator[View]:
    months = asked["session"].dt.strftime("%Y-%m").to_list()
    order = sorted({month for month in months if month is not None})
    yield View("month", "By month of the entry", "", cut.parts(months, order))
    if asked["instrument_id"].null_count() == len(asked):
        yield View("ticker", "By ticker", "The samples name no instrument.", [])
        return
    newest = asked.sort("session").group_by("instrument_id").agg(pl.col("symbol").last(), pl.len())
    titles = {row["instrument_id"]: row["symbol"] or row["instrument_id"] for row in newest.iter_rows(named=True)}
    twice = {title for title in titles.values() if list(titles.values()).count(title) > 1}
    titles = {key: f"{title} ({key})" if title in twice else title for key, title in titles.items()}
    most = newest.sort(["len", "instrument_id"], descending=[True, False])["instrument_id"].to_list()
    keys = [None if key is None else titles[key] for key in asked["instrument_id"].to_list()]
    parts = cut.parts(keys, [titles[key] for key in most if key is not None])
    yield View("ticker", "By ticker, the most samples first", "", parts)


def _regimes(cut: _Cut, asked: pl.DataFrame) -> Iterator[View]:
    window = RegimesConfig().sessions
    texts = {
        "trend": (
            "By the market's trend before the decision",
            f"Return of the equal-weight market over the last {window} sessions that had closed",
        ),
        "volatility": (
            "By the stock's own volatility before the decision",
            "Trailing volatility, known before the entry",
        ),
    }
    for by, (title, what) in texts.items():
        kind = f"regime {by}"
        try:
            known, bounds = _regime(cut.world, asked, by, window)
        except TickerTuneError as error:
            cause = error.cause.replace(f"{cut.world.folder}/", "")
            yield View(kind, title, f"Not told: {cause}.", [])
            continue
        low, high = (f"{100 * bound:.2f}%".replace("-", MINUS) for bound in bounds)
        note = f"{what}; thirds of the train split, parted at {low} and {high}."
        yield View(kind, title, note, cut.parts(known, [*NAMES[by], UNKNOWN]))


def _regime(world: World, asked: pl.DataFrame, by: str, window: int) -> tuple[list[str], tuple[float, float]]:
    """The regime of each scored sample, by bounds of the train split.

    Raises:
        TickerTuneError: The number is known of no training sample, or of no scored one.
    """
    if world.folder is None or world.info is None:
        raise TickerTuneError("the run folder is not at hand", "Give the folder of the run")
    train = read_split(world.folder / "data", "train")
    earlier, scored = (_number(world, frame, by, window) for frame in (train, asked))
    if not np.isfinite(earlier).any():
        raise TickerTuneError(
            f"no training sample has a known {by}, so that there are no earlier thirds", "Train on more"
        )
    if not np.isfinite(scored).any():
        raise TickerTuneError(f"no scored sample has a known {by}", "Build the data with longer prices")
    bounds = thirds_of(earlier)
    return named(scored, bounds, NAMES[by]), bounds


def _number(world: World, samples: pl.DataFrame, by: str, window: int) -> Floats:
    if by == "volatility" or samples.is_empty():
        return samples["volatility"].cast(pl.Float64).fill_null(float("nan")).to_numpy()
    assert world.folder is not None
    assert world.info is not None
    data = world.folder / "data"
    if not (data / "bars.parquet").is_file():
        raise TickerTuneError("the data stage has kept no bars", "Build it with tickertune data")
    if world.info.exchange is None or samples["as_of"].null_count():
        raise TickerTuneError("the samples have no exchange or no decision time", "Build the data again")
    bars, actions = (
        read_table(data / f"{name}.parquet", noun) for name, noun in (("bars", Bar), ("actions", CorporateAction))
    )
    return decision_trend(samples, bars, actions, world.info.exchange, window)


def _sets(cut: _Cut, asked: pl.DataFrame) -> Iterator[View]:
    """Texts by the data set that their ids begin with."""
    if cut.world.dated:
        return
    keys = asked["sample_id"].str.extract(r"^([^:]+):", 1).to_list()
    order = sorted({key for key in keys if key is not None})
    if len(order) > 1:
        yield View("set", "By set of texts", "", cut.parts(keys, order))
