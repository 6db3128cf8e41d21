"""Splices: two series one after the other, seen as a break of level, of volume's unit or of volatility."""

from collections.abc import Iterator

import numpy as np

from data_pipeline.audit.prices.findings import Finding, Severity
from data_pipeline.audit.prices.series import Floats, Series
from data_pipeline.audit.prices.spikes import spiked
from data_pipeline.audit.prices.splits import unrecorded_splits

JUMP, JUMP_SCALES = 0.12, 10.0
"""Least log jump of the level, and in standard deviations: quiet days with more are not seen in the real files."""
STEP = 0.05
"""Smaller step that is a note where the day is quiet: a special dividend that nobody recorded makes one, and so may news."""
SIDE = 40
"""Bars on each side of a break of volume or volatility: two months, beyond the echo of any news."""
VOLUME = np.log(20)
"""Least break of median log volume: lots of 100 or thousands for shares; a listing's own growth takes longer."""
VOLATILITY = np.log(12)
"""Least break of the median log move: February 2020, the sharpest in the real files, is one of 10."""
DULL = 0.2
"""Part of unchanged closes on either side from which volatility is not judged: rounded or rarely traded prices."""


def splices(series: Series) -> Iterator[Finding]:
    """Report breaks of level on quiet days (suspect) and on busy ones (notes), and of volume or volatility alone (notes)."""
    yield from _steps(series)
    if series.has_volume:
        known = np.where(series.volume > 0, np.log(np.maximum(series.volume, 1e-9)), np.nan)
        # Splits change the number of shares traded: volume in money does not see them.
        yield from _breaks(series, "volume_break", known + np.log(series.close), VOLUME, "volume in money")
    moves = np.abs(series.move - series.expected)
    size = np.where(moves > 0, np.log(np.maximum(moves, 1e-9)), np.nan)
    yield from _breaks(series, "volatility_break", size, VOLATILITY, "the size of a move")


def _steps(series: Series) -> Iterator[Finding]:
    """Find jumps of the level that neither actions nor splits nor a bar in error explain."""
    if series.closes_only:  # nothing tells a quiet day from a busy one, nor a night from its day
        return
    elsewhere = set(unrecorded_splits(series)) | set(np.flatnonzero(series.split != 1).tolist())
    spikes = spiked(series)
    steps = np.flatnonzero(np.abs(series.unexplained) >= STEP)
    for bar, scale, quiet in zip(steps.tolist(), series.scale(steps), series.quiet(steps), strict=True):
        if bar in elsewhere or spikes[bar] or spikes[bar - 1] or not series.opened[bar]:
            continue
        size, factor, day = abs(series.unexplained[bar]), float(np.exp(series.unexplained[bar])), series.day(bar)
        if not size >= JUMP_SCALES * scale:
            continue
        if not quiet and size >= JUMP:
            detail = f"the price jumps by a factor {factor:.4g} on a busy day, with no action: news, or a splice"
            yield Finding(series.instrument_id, "large_move", day, day, "note", factor, detail)
        elif quiet:
            severity: Severity = "suspect" if size >= JUMP else "note"
            detail = f"the level jumps by a factor {factor:.4g} on a quiet day, with no action"
            yield Finding(series.instrument_id, "splice", day, day, severity, factor, detail)


def _breaks(series: Series, kind: str, values: Floats, least: float, what: str) -> Iterator[Finding]:
    """Find where the medians of the ``SIDE`` values before and after differ by ``least``, once a break.

    A break of volume must be a step and no slope: what lies between the quartiles of both sides must be apart.
    Moves scatter too widely for that.
    """
    if len(values) < 2 * SIDE:
        return
    means = _window_means(values)
    step = np.nan_to_num(means[SIDE:] - means[:-SIDE])  # at bar SIDE + i
    # Means are sharp where the break is, medians are not misled by a few days: means choose, medians judge.
    while len(step) and abs(step[best := int(np.argmax(np.abs(step)))]) >= least / 2:
        bar = best + SIDE
        before, after = values[bar - SIDE : bar], values[bar : bar + SIDE]
        low, middle, high = (np.nanquantile([before, after], part, axis=1) for part in (0.25, 0.5, 0.75))
        change = middle[1] - middle[0]
        apart = max(low[1] - high[0], low[0] - high[1]) >= least / 2
        if abs(change) >= least and (apart or kind != "volume_break"):
            factor = float(np.exp(change))
            yield Finding(
                series.instrument_id, kind, series.day(bar), series.day(bar), "note", factor,
                f"the median of {what} over {SIDE} sessions changes by a factor {factor:.3g}",
            )  # fmt: skip
        step[max(0, best - SIDE) : best + SIDE] = 0


def _window_means(values: Floats) -> Floats:
    """Mean of each ``SIDE`` values; NaN where more than ``DULL`` of them are unknown."""
    known = ~np.isnan(values)
    sums, counts = (
        np.concatenate([[0.0], np.cumsum(part)]) for part in (np.where(known, values, 0.0), known.astype(np.float64))
    )
    count = counts[SIDE:] - counts[:-SIDE]
    enough = count >= (1 - DULL) * SIDE
    return np.where(enough, (sums[SIDE:] - sums[:-SIDE]) / np.maximum(count, 1), np.nan)
