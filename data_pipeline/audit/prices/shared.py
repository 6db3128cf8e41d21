"""One company's prices under two symbols: a reused symbol, or an instrument that the table holds twice.

No series by itself tells a splice whose step is that of an ordinary night. The other company's own series does: from
the splice on the two have the same bars.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data_pipeline.audit.prices.findings import Finding, Severity
from data_pipeline.audit.prices.series import Series
from data_pipeline.labels.sessions import Indices

Flags = NDArray[np.bool_]
KIND = "shared_prices"
DIGITS = 6
"""Digits to which two bars must have the same shape: ratios of its prices, which splits and other factors leave alone."""
RUN = 4
"""Common sessions in a row with the same bars that two companies never have: the least of a finding."""
PATIENCE = 25
"""Common sessions with different bars after which a stretch has ended; a fault of either series is shorter."""
BACK = 6
"""Sessions before a run that belong to it where the bars have the same shape, and in which its step may lie: a fault
of either series at the very start hides up to so many."""
VOLUMES = 0.001
"""Most by which the log ratio of both volumes may change from one session to the next: vendors may count lots."""
STEP, TIMES = 3.0, 2.0
"""The series with the larger unexplained move at the start is the spliced one, if that is so many of its standard
deviations and so many times each of the other's up to there; else it cannot be told which is, and both are suspect."""


class Stretch(NamedTuple):
    """Sessions over which two series have the same bars, as bars of each."""

    first: tuple[int, int]
    last: tuple[int, int]
    same: int
    """Sessions with the same bars."""
    common: int
    """Sessions of both from the first to the last."""


def shared_prices(series: Sequence[Series]) -> Iterator[Finding]:
    """Report instruments that have the same bars from some session on, but for a constant factor.

    Suspect from there on where a series of its own came before, for it goes on as another company; a note where
    one of the two is a copy from its first bar. Series of closes alone are not compared.
    """
    for left, right in _pairs(series):
        for stretch in _stretches(series[left], series[right]):
            yield from _told(series[left], series[right], stretch)


def _pairs(series: Sequence[Series]) -> list[tuple[int, int]]:
    """Pairs of series with bars of the same shape in at least ``RUN`` sessions."""
    shapes = pl.concat([pl.DataFrame(schema=_SHAPES), *(_shapes(own, number) for number, own in enumerate(series))])
    same = shapes.filter(pl.len().over("session", "body", "range") > 1)
    met = same.join(same, on=["session", "body", "range"], suffix="_right")
    met = met.filter(pl.col("series") < pl.col("series_right"))
    counted = met.group_by("series", "series_right").len().filter(pl.col("len") >= RUN)
    return [(left, right) for left, right, _ in counted.sort("series", "series_right").iter_rows()]


_SHAPES = pl.Schema({"series": pl.Int64(), "session": pl.Int64(), "body": pl.Int64(), "range": pl.Int64()})


def _shapes(own: Series, number: int) -> pl.DataFrame:
    """Rounded log ratios of the prices of each bar that moved."""
    logs = {name: np.log(getattr(own, name)) for name in ("open", "high", "low", "close")}
    values = {"body": logs["close"] - logs["open"], "range": logs["high"] - logs["low"]}
    moved = np.isfinite(values["body"] + values["range"]) & (own.high > own.low) & (own.close != own.open)
    rounded = {name: np.round(shape[moved] * 10**DIGITS).astype(np.int64) for name, shape in values.items()}
    session = own.column[moved].astype(np.int64)
    return pl.DataFrame({"series": np.full(len(session), number), "session": session, **rounded}, schema=_SHAPES)


def _stretches(left: Series, right: Series) -> Iterator[Stretch]:
    """Find where two series have the same bars: from a run of ``RUN`` on, through gaps of at most ``PATIENCE``."""
    _, at, other = np.intersect1d(left.column, right.column, assume_unique=True, return_indices=True)
    shaped = _shaped(left, right, at, other)
    same = np.flatnonzero(shaped & _steady(left, right, at, other))
    runs = np.flatnonzero(same[RUN - 1 :] - same[: 1 - RUN] == RUN - 1)
    ended = -1
    for begin in runs.tolist():
        if same[begin] <= ended:
            continue
        gaps = np.flatnonzero(np.diff(same[begin:]) > PATIENCE)
        end = begin + (int(gaps[0]) if len(gaps) else len(same) - begin - 1)
        from_here = max(ended + 1, int(same[begin]) - BACK)
        low, high = from_here + int(np.argmax(shaped[from_here:])), int(same[end])
        ended = high
        bars = (int(at[low]), int(other[low])), (int(at[high]), int(other[high]))
        yield Stretch(*bars, int(shaped[low : high + 1].sum()), high - low + 1)


def _shaped(left: Series, right: Series, at: Indices, other: Indices) -> Flags:
    """Whether the bars of each common session have the same shape, and moved."""
    same = left.high[at] > left.low[at]
    for upper, lower in (("close", "open"), ("high", "low"), ("high", "open")):
        shapes = [
            np.log(getattr(own, upper)[bars] / getattr(own, lower)[bars]) for own, bars in ((left, at), (right, other))
        ]
        same = same & (np.abs(shapes[0] - shapes[1]) < 10.0**-DIGITS)
    return np.asarray(same, dtype=bool)


def _steady(left: Series, right: Series, at: Indices, other: Indices) -> Flags:
    """Whether the volumes of each common session have the ratio of a neighbour session; True where one has none at all."""
    if not (left.has_volume and right.has_volume):
        return np.ones(len(at), dtype=bool)
    with np.errstate(divide="ignore", invalid="ignore"):
        steady = np.abs(np.diff(np.log(left.volume[at] / right.volume[other]))) < VOLUMES
    return np.asarray(np.concatenate([[False], steady]) | np.concatenate([steady, [False]]), dtype=bool)


def _told(left: Series, right: Series, stretch: Stretch) -> Iterator[Finding]:
    """A finding for each of the two: who goes on as the other, as far as the moves at the start can tell."""
    sides = ((left, right, *stretch.first, stretch.last[0]), (right, left, *stretch.first[::-1], stretch.last[1]))
    for own, other, first, begins, last in sides:
        step, others = _step(own, first, 0), _step(other, begins, 0)
        copied = first == 0 or (others > STEP and others >= TIMES * _step(own, first, BACK))
        alone = begins == 0 and step < STEP
        severity: Severity = "note" if copied or alone else "suspect"
        detail = (
            f"the same bars as {other.instrument_id} in {stretch.same} of {stretch.common} sessions from here on; "
            + ("its first bar is among them" if first == 0 else f"the level steps by {_level(own, first)} here")
        )
        yield Finding(own.instrument_id, KIND, own.day(first), own.day(last), severity, float(stretch.same), detail)


def _step(own: Series, bar: int, back: int) -> float:
    """Largest unexplained move into a bar and the ``back`` before it, in standard deviations.

    0 where the series begins there, infinite after a long gap.
    """
    if bar == 0:
        return 0.0
    if np.isnan(own.unexplained[bar]):
        return float("inf")
    bars = np.arange(max(bar - back, 1), bar + 1)
    return float(np.nanmax(np.abs(own.unexplained[bars]) / own.scale(bars)))


def _level(own: Series, bar: int) -> str:
    move = float(own.unexplained[bar])
    return "an unknown factor" if np.isnan(move) else f"a factor {np.exp(move):.4g}"
