"""Which rows each step takes: seats of a step for each group of rows, and draws from rows that change during training."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tickertune.core.errors import TickerTuneError


@dataclass(frozen=True)
class Stretch:
    """Rows that are drawn from until ``until`` steps are done."""

    until: int
    rows: Sequence[int]


@dataclass(frozen=True)
class Cell:
    """A group of rows with seats of its own in every step."""

    name: str
    seats: Sequence[int]
    """By step."""
    stretches: Sequence[Stretch]


def seats(shares: Sequence[float], totals: Sequence[int]) -> list[list[int]]:
    """Share out ``totals`` seats a step, by step and group.

    A step gives each group its exact share, rounded down or up; of those with a fraction, the groups that were given least so far are
    rounded up.

    Args:
        shares: Of each group; they add up to 1.
        totals: Seats of each step.
    """
    given, due = np.zeros(len(shares)), np.zeros(len(shares))
    rows = []
    for total in totals:
        exact = np.asarray(shares, dtype=np.float64) * total
        row = np.floor(exact + 1e-9)
        due += exact
        owed = np.where(exact - row > 1e-9, due - given - row, -np.inf)
        row[np.argsort(-owed, kind="stable")[: round(total - row.sum())]] += 1
        given += row
        rows.append([int(count) for count in row])
    return rows


def laid_out(cells: Sequence[Cell], steps: int, seed: int) -> list[int]:
    """Return the rows of all steps, one after the other; only ``seed`` determines them, and no step holds a row twice.

    Rows of a stretch are drawn in shuffled passes: none comes again before all have come.

    Raises:
        TickerTuneError: A stretch has fewer rows than one of its steps takes.
    """
    drawers = [_Drawer(cell, np.random.default_rng([seed, place])) for place, cell in enumerate(cells)]
    mixer = np.random.default_rng([seed, len(cells)])
    order: list[int] = []
    for step in range(steps):
        rows = [row for drawer in drawers for row in drawer.take(step)]
        order += [rows[place] for place in mixer.permutation(len(rows))]
    return order


class _Drawer:
    def __init__(self, cell: Cell, generator: np.random.Generator) -> None:
        self._cell, self._generator = cell, generator
        self._stretch: Stretch | None = None
        self._left: list[int] = []

    def take(self, step: int) -> list[int]:
        """Rows of the step after ``step`` finished ones."""
        stretch = next(stretch for stretch in self._cell.stretches if step < stretch.until)
        if stretch is not self._stretch:
            self._stretch, self._left = stretch, []
        count = self._cell.seats[step]
        if count > len(stretch.rows):
            raise TickerTuneError(
                f"Step {step + 1} takes {count} prompts of {self._cell.name}, and the curriculum has {len(stretch.rows)} for it",
                "Lower prompts_per_step, loosen the curriculum (smaller least, fewer parts), or build a larger data set",
            )
        taken, self._left = self._left[:count], self._left[count:]
        if len(taken) < count:
            again = [stretch.rows[place] for place in self._generator.permutation(len(stretch.rows))]
            fresh = [row for row in again if row not in taken]
            missing = count - len(taken)
            self._left = fresh[missing:] + [row for row in again if row in taken]
            taken += fresh[:missing]
        return taken


def stretches_of(buckets: Sequence[Sequence[int]], steps: int, least: int) -> list[Stretch]:
    """Give each bucket, in order, its share of the steps by its rows.

    A bucket with fewer rows than ``least`` joins the next one, the last one the one before.
    """
    joined: list[list[int]] = []
    for bucket in buckets:
        if joined and len(joined[-1]) < least:
            joined[-1] = joined[-1] + list(bucket)
        elif bucket:
            joined.append(list(bucket))
    if len(joined) > 1 and len(joined[-1]) < least:
        joined[-2:] = [joined[-2] + joined[-1]]
    ends = np.rint(np.cumsum([len(rows) for rows in joined]) / sum(map(len, joined)) * steps)
    return [Stretch(int(end), rows) for end, rows in zip(ends, joined, strict=True)]
