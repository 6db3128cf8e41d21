"""Prices before a decision, restated as of it: what a chart would have shown on that day.

A window ends at the last close that was known. Its last price is the one that was quoted then; earlier ones are
restated for the splits and payouts between, and for none after. So a later split leaves no trace.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data_pipeline.labels.prices import Matrix, PricePanel
from data_pipeline.labels.sessions import Sessions

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Window:
    """A trailing window of one instrument, oldest first; NaN where a bar is missing."""

    total: Floats
    """Total-return closes: only their ratios mean anything."""
    prices: dict[str, Floats]
    """Open, high, low, close and volume as of the decision; NaN where the quotes are total returns, which hold no
    price that was ever quoted."""


class History:
    """Bars as matrices, instrument x session, to be asked for windows.

    Args:
        bars: Bars of the panel's instruments.
        actions: Corporate actions.
        sessions: The exchange's sessions.
        panel: Total-return prices of the same bars.
    """

    def __init__(self, bars: pl.DataFrame, actions: pl.DataFrame, sessions: Sessions, panel: PricePanel) -> None:
        self.instruments = panel.instruments
        self.total = panel.close
        rows = {instrument: row for row, instrument in enumerate(panel.instruments)}
        columns = sessions.index_of(bars["session"].to_numpy())
        row = bars["instrument_id"].replace_strict(rows, default=-1, return_dtype=pl.Int64).to_numpy()
        on = (columns >= 0) & (row >= 0)
        cells = row[on], columns[on]

        def matrix(name: str) -> Matrix:
            values = np.full(panel.close.shape, np.nan)
            values[cells] = bars[name].cast(pl.Float64).to_numpy()[on]
            return values

        self._quotes = {name: matrix(name) for name in ("open", "high", "low", "close", "volume")}
        basis = dict(bars.select("instrument_id", "basis").unique().iter_rows())
        self._later, self._shares = _splits(actions, sessions, panel.instruments, basis)
        self._quoted = np.array([basis[instrument] != "total_return" for instrument in panel.instruments])

    def window(self, row: int, last: int, sessions: int) -> Window | None:
        """Prices of the ``sessions`` before session ``last`` and of it; nothing later is read.

        Args:
            row: Row of the instrument in the panel.
            last: Last session whose close is known, an index.
            sessions: How many sessions to look back.

        Returns:
            The window, shorter where the calendar starts within it; None where no price in it is known.
        """
        if last < 0:
            return None
        span = slice(max(last - sessions, 0), last + 1)
        total = self.total[row, span]
        known = np.flatnonzero(np.isfinite(total))
        if len(known) == 0:
            return None
        quotes = {name: values[row, span] for name, values in self._quotes.items()}
        if not self._quoted[row]:
            return Window(total, {name: np.full(len(total), np.nan) for name in quotes})
        end = known[-1]
        traded = quotes["close"][end] * self._later[row, span][end]
        restated = total * (traded / total[end]) / quotes["close"]
        prices = {name: quotes[name] * restated for name in ("open", "high", "low", "close")}
        shares = self._shares[row, span]
        prices["volume"] = quotes["volume"] * (shares[end] / shares) / self._later[row, span][end]
        return Window(total, prices)


def _splits(
    actions: pl.DataFrame, sessions: Sessions, instruments: list[str], basis: dict[str, str]
) -> tuple[Matrix, Matrix]:
    """By instrument and session: what turns a quote back into the price traded then, and shares held per first share.

    A quote as traded is turned by 1, and its shares grow with each split. A split-adjusted quote has been divided by
    every later split: multiplied by them it is what was traded, whatever came later, and its shares are all alike.
    """
    later = np.ones((len(instruments), len(sessions)))
    shares = np.ones_like(later)
    rows = {instrument: row for row, instrument in enumerate(instruments)}
    splits = actions.filter((pl.col("kind") == "split") & pl.col("instrument_id").is_in(instruments))
    for instrument, ex_date, ratio in splits.select("instrument_id", "ex_date", "value").sort(pl.all()).iter_rows():
        column, row = sessions.at_or_after(ex_date), rows[instrument]
        if basis[instrument] == "traded" and ex_date >= sessions.dates[0].item():
            shares[row, column:] *= ratio
        elif basis[instrument] == "split_adjusted":
            later[row, :column] *= ratio
    return later, shares
