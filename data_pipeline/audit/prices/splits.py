"""Splits applied twice, not at all, upside down or on another day, and splits that no action tells of."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from data_pipeline.audit.prices.findings import Finding
from data_pipeline.audit.prices.scale import Bars
from data_pipeline.audit.prices.series import Floats, Series
from data_pipeline.audit.prices.spikes import spiked

SMALLEST = 0.18
"""Log ratio below which a split (6 for 5 and less) is not looked for: overnight moves of this size are no rarity."""
SEPARATED = 4.0
"""A recorded split is judged where its log ratio is at least so many standard deviations of an overnight move."""
NEAR = 0.3
"""Part of a split's log ratio by which the jump may miss one of the explanations; they lie a whole one apart."""
WRONG_DATE = 5
"""Sessions around the ex-date in which the fall is looked for."""
RATIOS = np.array([1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 25, 30, 40, 50, 100])
"""Ratios that companies choose; each also as a reverse split. 4 for 3 is left out: a fall of a quarter is also news."""
SLACK, SLACK_PER_SCALE, MOST_SLACK = 0.01, 2.5, 0.08
"""An unrecorded split is claimed where the jump misses a ratio by at most SLACK + SLACK_PER_SCALE standard deviations,
and never by more than MOST_SLACK, which a random jump between 1.5 and 4 meets one time in three."""
VENDOR_SLACK = 0.02
"""Log miss up to which a step of adj_close / close is a split's ratio: a dividend on the same day, and rounding."""


def splits(series: Series) -> Iterator[Finding]:
    """Compare the jump at each recorded split with its ratio, and other jumps with the ratios of splits."""
    recorded = np.flatnonzero(series.split != 1)
    found = list(_recorded(series, recorded))
    yield from found
    taken = set(recorded.tolist())
    for finding in found:
        if finding.kind == "split_wrong_date":
            low, high = np.searchsorted(
                series.sessions.dates[series.column], np.array([finding.first_session, finding.last_session], "M8[D]")
            )
            taken |= set(range(int(low), int(high) + 1))
    yield from _unrecorded(series, taken)


def unrecorded_splits(series: Series) -> dict[int, float]:
    """Bars whose jump has no recorded split and is one, with the log jump."""
    jump = series.unexplained
    by_vendor = _vendor_adjusts(series)
    large = np.flatnonzero((np.abs(jump) >= np.log(RATIOS[0]) - MOST_SLACK) & (series.split == 1))
    spikes = spiked(series)
    found = {}
    for bar, scale, quiet in zip(large.tolist(), series.scale(large), series.quiet(large), strict=True):
        miss = np.abs(np.abs(jump[bar]) - np.log(RATIOS)).min()
        near = miss <= min(SLACK + SLACK_PER_SCALE * scale, MOST_SLACK)
        # Closes alone cannot show a quiet day: the ratio must fit the better, and the finding is a note.
        fits = near and (quiet or (series.closes_only and miss <= SLACK + scale))
        undone = spikes[bar] or spikes[bar - 1] or _comes_back(series, bar)
        if not undone and (by_vendor[bar] or (fits and series.opened[bar])):
            found[bar] = float(jump[bar])
    return found


def _recorded(series: Series, bars: Bars) -> Iterator[Finding]:
    jump = series.jump - np.where(series.payout > 0, series.expected + _share_change(series), 0.0)
    for bar, scale in zip(bars.tolist(), series.scale(bars), strict=True):
        size = float(np.log(series.split[bar]))
        if np.isnan(jump[bar]) or not abs(size) >= max(SMALLEST, SEPARATED * scale):
            continue
        if series.basis == "traded":
            explanations = {
                -size: "",
                0.0: "split_applied_twice",
                -2 * size: "split_applied_twice",
                size: "split_inverted",
            }
        else:
            explanations = {0.0: "", -size: "split_not_applied", size: "split_applied_twice"}
        nearest = min(explanations, key=lambda value: abs(value - jump[bar]))
        kind = explanations[nearest]
        if not kind or abs(nearest - jump[bar]) > NEAR * abs(size):
            continue
        first = last = bar
        if series.basis == "traded" and nearest == 0.0 and (moved := _moved(series, last, size)) is not None:
            kind, first, last = "split_wrong_date", min(first, moved), max(last, moved)
        yield Finding(
            series.instrument_id, kind, series.day(first), series.day(last), "suspect", float(series.split[bar]),
            f"recorded ratio {series.split[bar]:g}, {series.basis} bars jump by a factor {np.exp(jump[bar]):.4g}",
        )  # fmt: skip


def _share_change(series: Series) -> Floats:
    """The part of ``expected`` that is splits, with its sign turned."""
    return np.log(series.split) if series.basis == "traded" else np.zeros(len(series))


def _moved(series: Series, bar: int, size: float) -> int | None:
    """The bar near ``bar`` at which the price falls by the split; None if there is none."""
    for away in range(1, WRONG_DATE + 1):
        for other in (bar - away, bar + away):
            free = 0 < other < len(series) and series.split[other] == 1
            if free and abs(series.unexplained[other] + size) <= NEAR * abs(size):
                return other
    return None


def _unrecorded(series: Series, taken: set[int]) -> Iterator[Finding]:
    by_vendor = _vendor_adjusts(series)
    for bar, jump in unrecorded_splits(series).items():
        if bar in taken:
            continue
        adjusted = by_vendor[bar]
        kind = "split_not_applied" if adjusted and series.basis == "split_adjusted" else "split_without_action"
        undecided = series.closes_only and not adjusted
        why = (
            "news or split, closes alone cannot tell"
            if undecided
            else "adj_close does not"
            if adjusted
            else "a quiet day"
        )
        yield Finding(
            series.instrument_id, kind, series.day(bar), series.day(bar), "note" if undecided else "suspect",
            float(np.exp(-jump)), f"{series.basis} bars jump by a factor {np.exp(jump):.4g} without a recorded split; {why}",
        )  # fmt: skip


def _vendor_adjusts(series: Series) -> NDArray[np.bool_]:
    """Bars at which adj_close / close steps by a split's ratio and close moves against it: the vendor knows of one."""
    step = np.concatenate([[np.nan], np.diff(np.log(series.adj_close / series.close))])
    with np.errstate(invalid="ignore"):
        miss = np.abs(np.abs(step)[:, None] - np.log(RATIOS)).min(axis=1)
        known: NDArray[np.bool_] = (miss <= VENDOR_SLACK) & (np.abs(series.unexplained + step) <= 0.5 * np.abs(step))
    return known


def _comes_back(series: Series, bar: int) -> bool:
    """Whether the next bar undoes the jump, or this one undid that of the bar before: a spike, no split."""
    jump = series.unexplained
    return any(
        0 < other < len(series) and abs(jump[bar] + jump[other]) <= NEAR * abs(jump[bar])
        for other in (bar - 1, bar + 1)
    )
