"""Prices as matrices, instrument x session, each split and dividend applied once and only where it is still missing."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data_pipeline.labels.sessions import Sessions
from tickertune.core.errors import TickerTuneError

Matrix = NDArray[np.float64]
"""Floats by instrument (rows) and session (columns); NaN where nothing is known."""
PAYOUTS = ("cash_dividend", "spin_off")


@dataclass(frozen=True)
class PricePanel:
    """Total-return prices: the value of one initial share, its splits held and its dividends reinvested.

    Only ratios within a row mean anything. A missing bar is NaN and is never filled.
    """

    instruments: list[str]
    open: Matrix
    close: Matrix
    settled: Matrix
    """From a delisting on, its final value; NaN otherwise. An exit may use it, an entry may not."""
    off_session: int
    """Bars that stand on a day without a session of the exchange, and are left out."""


def price_panel(bars: pl.DataFrame, actions: pl.DataFrame, sessions: Sessions) -> PricePanel:
    """Build total-return opens and closes from bars and actions.

    Bars ``traded``: splits and payouts are applied here, by ex-date, forwards in time, so that a price never
    depends on what came later. ``split_adjusted``: the vendor's ``adj_close / close`` where given, else payouts,
    for which ``actions`` must hold every split that the vendor has adjusted for, those after the last bar too.
    ``total_return``: nothing is applied. Bars outside the span of ``sessions`` are ignored.

    Raises:
        TickerTuneError: No bar within the span, two bars for one instrument and session, or two bases for one
            instrument.
    """
    first, last = sessions.dates[0], sessions.dates[-1]
    bars = bars.filter(pl.col("session").is_between(pl.lit(first).cast(pl.Date), pl.lit(last).cast(pl.Date)))
    if bars.is_empty():
        raise TickerTuneError(
            f"There are no bars between {first} and {last}, the sessions that the labels need",
            "Set the dates of split to a span that the bars cover",
        )
    instruments = sorted(bars["instrument_id"].unique())
    bases = _bases(bars)
    numbers = {instrument: row for row, instrument in enumerate(instruments)}
    rows = bars["instrument_id"].replace_strict(numbers, return_dtype=pl.Int64).to_numpy()
    columns = sessions.index_of(bars["session"].to_numpy())
    on = columns >= 0
    cells = rows[on], columns[on]
    if len(np.unique(np.ravel_multi_index(cells, (len(instruments), len(sessions))))) < on.sum():
        twice = bars.filter(bars.select("instrument_id", "session").is_duplicated()).row(0, named=True)
        raise TickerTuneError(
            f"{twice['instrument_id']} has two bars for session {twice['session']}", "Keep one bar a session"
        )

    def matrix(name: str) -> Matrix:
        values = np.full((len(instruments), len(sessions)), np.nan)
        values[cells] = bars[name].cast(pl.Float64).to_numpy()[on]
        return values

    opens, closes, adjusted = matrix("open"), matrix("close"), matrix("adj_close")
    settled = np.full_like(opens, np.nan)
    by_instrument = actions.filter(pl.col("instrument_id").is_in(instruments)).partition_by(
        "instrument_id", as_dict=True, include_key=True
    )
    for row, instrument in enumerate(instruments):
        events = _events(by_instrument.get((instrument,)), sessions, bases[instrument])
        vendor = bases[instrument] == "split_adjusted" and not np.isnan(adjusted[row]).all()
        factor = adjusted[row] / closes[row] if vendor else _held(opens[row], events, bases[instrument])
        opens[row] *= factor
        closes[row] *= factor
        _settle(opens[row], closes[row], settled[row], factor, events)
    return PricePanel(instruments, opens, closes, settled, int((~on).sum()))


def _bases(bars: pl.DataFrame) -> dict[str, str]:
    bases: dict[str, str] = {}
    for instrument, basis in bars.select("instrument_id", "basis").unique().sort("instrument_id", "basis").iter_rows():
        if instrument in bases:
            raise TickerTuneError(
                f"The bars of {instrument} have two bases, {bases[instrument]} and {basis}", "Give it bars of one basis"
            )
        bases[instrument] = basis
    return bases


def _events(actions: pl.DataFrame | None, sessions: Sessions, basis: str) -> list[dict[str, Any]]:
    """Actions with the ``column`` of the first session on or after the ex-date; splits before payouts.

    Payouts are stated per share as traded on the ex-date, so after that day's split. For ``split_adjusted`` bars
    they are restated per share of the quotes.
    """
    if actions is None:
        return []
    if basis == "split_adjusted":
        actions = _per_adjusted_share(actions)
    events = []
    for action in actions.sort("ex_date", "kind", "value").iter_rows(named=True):
        column = sessions.at_or_after(action["ex_date"])
        if action["ex_date"] >= sessions.dates[0].item() and column < len(sessions):
            events.append({**action, "column": column})
    return sorted(events, key=lambda event: (event["column"], event["kind"] != "split"))


def _per_adjusted_share(actions: pl.DataFrame) -> pl.DataFrame:
    """Divide each payout by the splits after its ex-date.

    The vendor has divided the quote by all of them, even those after the sessions in use. Later splits serve here
    only to undo that division: quote and payout shrink alike, so that no return depends on them.
    """
    splits = actions.filter(pl.col("kind") == "split")
    days, ratios = splits["ex_date"].to_numpy(), splits["value"].to_numpy()
    later = pl.Series([ratios[days > day].prod() for day in actions["ex_date"].to_numpy()], dtype=pl.Float64)
    return actions.with_columns(
        value=pl.when(pl.col("kind").is_in(PAYOUTS)).then(pl.col("value") / later).otherwise("value")
    )


def _held(opens: NDArray[np.float64], events: list[dict[str, Any]], basis: str) -> NDArray[np.float64]:
    """Shares held per initial share, by session: payouts buy shares at the open of the ex-date.

    Reinvesting at the ex-date's open makes the return from the open before it ``(open + payout) / open before``.
    """
    held = np.ones(len(opens))
    if basis == "total_return":
        return held
    for event in events:
        column = event["column"]
        if event["kind"] == "split" and basis == "traded":
            held[column:] *= event["value"]
        elif event["kind"] in PAYOUTS:
            traded = np.flatnonzero(~np.isnan(opens[column:]))
            if len(traded) == 0:
                continue
            bought = column + int(traded[0])
            held[bought:] *= 1 + event["value"] / opens[bought]
    return held


def _settle(
    opens: NDArray[np.float64],
    closes: NDArray[np.float64],
    settled: NDArray[np.float64],
    factor: NDArray[np.float64],
    events: list[dict[str, Any]],
) -> None:
    """End the row at its delisting, in place: no price after it but the final value."""
    for event in events:
        if event["kind"] == "delisting":
            column = event["column"]
            known = factor[:column][~np.isnan(factor[:column])]
            settled[column:] = event["value"] * (known[-1] if len(known) else 1.0)
            opens[column:] = np.nan
            closes[column:] = np.nan
