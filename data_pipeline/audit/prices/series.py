"""One instrument's bars in session order, with what its recorded actions explain of each jump."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data_pipeline.audit.prices.scale import Bars, local_median, local_scale
from data_pipeline.labels.prices import PAYOUTS
from data_pipeline.labels.sessions import Indices, Sessions

Floats = NDArray[np.float64]
PRICES = ("open", "high", "low", "close")
VALUES = (*PRICES, "volume", "adj_close")

QUIET, QUIET_LARGE, LARGE = 2.0, 4.0, 0.3
QUIET_MONEY = 1.5
"""A day is quiet while its range and its money volume stay below QUIET times the median of the sessions around, or
QUIET_LARGE times for log jumps of LARGE and more; where money alone stays below QUIET_MONEY times, the range may reach
QUIET_LARGE times, for ranges scatter more than volumes. News that moves a price overnight multiplies one or both, the more
the larger the move; a vendor's change does not. The least in StockNet is Facebook on 2014-01-30: +16 % with 1.0 times
the range and 2.5 times the volume; by volume Alibaba on 2015-08-24, 2.1 times, with 6 times the range."""
MOST_GAP = 10
"""Across more missing sessions than this a jump says nothing: the price had time to move."""


@dataclass(frozen=True)
class Series:
    """Bars on sessions, ascending, one a session. Arrays run over the bars."""

    instrument_id: str
    basis: str
    sessions: Sessions
    column: Indices
    """Session of each bar, an index into ``sessions``."""
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    adj_close: Floats
    """NaN where the vendor gives none."""
    split: Floats
    """Product of the recorded split ratios that take effect at each bar; 1 where there is none."""
    payout: Floats
    """Recorded payouts at each bar, per share of the bars' own basis; 0 where there is none."""
    actions: pl.DataFrame
    """Its recorded actions."""
    payouts_known: bool
    """Whether payouts are recorded at all, of this or any other instrument of the table."""
    bars: pl.DataFrame
    """All bars of the instrument within the calendar's span, also those off session or doubled."""

    def __len__(self) -> int:
        return len(self.close)

    def day(self, bar: int) -> date:
        """Session date of a bar."""
        day = self.sessions.dates[self.column[bar]].item()
        assert isinstance(day, date)
        return day

    @cached_property
    def closes_only(self) -> bool:
        """Whether the file had closes alone: open, high and low repeat the close in nearly every bar."""
        return len(self) > 0 and bool(np.mean(self.high == self.low) > 0.9)

    @cached_property
    def has_volume(self) -> bool:
        """Whether at least half of the bars have volume."""
        return len(self) > 0 and bool(np.mean(self.volume > 0) >= 0.5)

    @cached_property
    def jump(self) -> Floats:
        """Log overnight move into each bar (close to close where there are closes alone); NaN where unknown.

        Splits and payouts show overnight, and overnight moves are small, so that a fault stands out.
        """
        now = self.close if self.closes_only else self.open
        return self._known(np.log(now[1:] / self.close[:-1]))

    @cached_property
    def opened(self) -> NDArray[np.bool_]:
        """Whether the open lies in its bar's range, but for rounding: the jump into another open says nothing."""
        return np.asarray((self.open <= self.high * 1.005) & (self.open >= self.low * 0.995))

    @cached_property
    def move(self) -> Floats:
        """Log close-to-close move into each bar."""
        return self._known(np.log(self.close[1:] / self.close[:-1]))

    @cached_property
    def expected(self) -> Floats:
        """Log jump that the recorded actions make, in bars of this basis."""
        expected = np.zeros(len(self))
        if self.basis == "total_return":
            return expected
        before = np.concatenate([[np.nan], self.close[:-1]])
        left = 1 - self.payout / before
        expected = np.where(left > 0.02, np.log(np.maximum(left, 0.02)), 0.0)
        return expected - np.log(self.split) if self.basis == "traded" else expected

    @cached_property
    def unexplained(self) -> Floats:
        """``jump`` without what the recorded actions explain."""
        return self.jump - self.expected

    def scale(self, at: Bars) -> Floats:
        """Robust standard deviation of ``unexplained`` around each bar of ``at``, the bar itself left out."""
        return local_scale(self.unexplained, at)

    def quiet(self, at: Bars) -> NDArray[np.bool_]:
        """Whether range and money volume of each bar of ``at`` are those of an ordinary day; False for closes alone."""
        if self.closes_only:
            return np.zeros(len(at), dtype=bool)
        limit = np.where(np.abs(self.unexplained[at]) >= LARGE, QUIET_LARGE, QUIET)
        spread = np.abs(np.log(self.high / self.low))
        wide = spread[at] / local_median(spread, at)
        if not self.has_volume:
            return np.asarray(wide <= limit, dtype=bool)
        money = self.volume * self.close
        busy = money[at] / local_median(money, at)
        # A vendor that moves prices by a split may leave the shares traded as they were: either volume may be ordinary.
        shares = self.volume[at] / local_median(self.volume, at)
        busy = np.where(np.abs(self.unexplained[at]) >= LARGE, np.minimum(busy, shares), busy)
        return np.asarray(((wide <= limit) & (busy <= limit)) | ((wide <= QUIET_LARGE) & (busy <= QUIET_MONEY)))

    def _known(self, moves: Floats) -> Floats:
        """Prepend NaN, and blank what spans more than ``MOST_GAP`` missing sessions."""
        return np.concatenate([[np.nan], np.where(np.diff(self.column) <= MOST_GAP, moves, np.nan)])


def series_of(
    instrument_id: str, bars: pl.DataFrame, actions: pl.DataFrame, sessions: Sessions, payouts_known: bool
) -> Series:
    """Lay out the bars of one instrument.

    Of doubled bars the one that sorts first by its values is used, so that the order of the rows does not matter.
    Bars off session or outside the span of ``sessions`` are in ``bars`` at most, not in the arrays.
    """
    bars = bars.sort("session", *VALUES, "basis")
    columns = sessions.index_of(bars["session"].to_numpy())
    first = np.concatenate([[True], np.diff(columns) != 0]) if len(columns) else np.zeros(0, dtype=bool)
    keep = (columns >= 0) & first
    column = columns[keep]
    values = {name: bars[name].cast(pl.Float64).to_numpy()[keep] for name in VALUES}
    basis = str(bars["basis"][0])
    split, payout = _events(actions, basis, column, sessions)
    return Series(
        instrument_id=instrument_id,
        basis=basis,
        sessions=sessions,
        column=column,
        split=split,
        payout=payout,
        actions=actions,
        payouts_known=payouts_known,
        bars=bars,
        **values,
    )


def _events(actions: pl.DataFrame, basis: str, column: Indices, sessions: Sessions) -> tuple[Floats, Floats]:
    """Splits and payouts by the first bar on or after their ex-date."""
    split, payout = np.ones(len(column)), np.zeros(len(column))
    splits = actions.filter((pl.col("kind") == "split") & (pl.col("value") > 0))
    days, ratios = splits["ex_date"].to_numpy(), splits["value"].to_numpy()
    for action in actions.sort("ex_date", "kind", "value").iter_rows(named=True):
        bar = int(np.searchsorted(column, sessions.at_or_after(action["ex_date"])))
        if bar == len(column) or action["ex_date"] < sessions.dates[0].item():
            continue
        if action["kind"] == "split" and action["value"] > 0:
            split[bar] *= action["value"]
        elif action["kind"] in PAYOUTS:
            later = ratios[days > np.datetime64(action["ex_date"])].prod() if basis == "split_adjusted" else 1.0
            payout[bar] += action["value"] / later
    return split, payout
