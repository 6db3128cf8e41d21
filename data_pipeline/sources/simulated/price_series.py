"""One company's prices while faults are planted in them: bars by session and actions, in a vendor's form."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data_pipeline.sources.simulated.draws import generator
from data_pipeline.sources.simulated.market import Company
from data_pipeline.sources.simulated.price_plan import Spot
from tickertune.core.market import Bar
from tickertune.core.table import schema_of

PRICES = ("open", "high", "low", "close")
MOVED = (*PRICES, "adj_close")
FIELDS = (*PRICES, "volume", "adj_close")

Floats = NDArray[np.float64]
Action = tuple[int, dict[str, Any]]
"""Session index of the ex-date, and the row of ``CorporateAction``."""


@dataclass
class Own:
    """One company's bars by session (NaN where there is none), its actions, and rows beside the sessions."""

    company: Company
    bars: dict[str, Floats]
    actions: list[Action]
    adjusted: bool
    """Whether its bars come split-adjusted."""
    spots: list[Spot]
    extra: list[tuple[date, int]] = field(default_factory=list)
    """Further rows: their day, and the session whose bar they repeat."""
    doubled: list[tuple[int, float]] = field(default_factory=list)
    """Sessions with a second bar, and its factor."""

    @property
    def reused(self) -> bool:
        """Whether its symbol goes on as another company's."""
        return any(spot.kind == "splice_symbol" for spot in self.spots)

    def scale(self, t: int, factor: float, shares: float) -> None:
        """Scale prices and volume from session ``t`` on; payouts keep their part of the price."""
        for name in MOVED:
            self.bars[name][t:] *= factor
        self.bars["volume"][t:] *= shares
        self._scale_payouts(lambda at: at >= t, factor)

    def record_split(self, day: date, t: int, ratio: float) -> None:
        """Add the action; payouts before it are stated per share as traded, so per share before the split."""
        if self.adjusted:
            self._scale_payouts(lambda at: at < t, ratio)
        key = {"instrument_id": self.company.instrument_id, "ex_date": day}
        self.actions.append((t, {**key, "kind": "split", "value": ratio, "detail": ""}))

    def deliver(self, adj_close: bool) -> None:
        """Bring the bars as traded into the vendor's form.

        A vendor's split-adjusted bars are divided by all later splits, and its adj_close rises against the close by
        1 / (1 - dividend / close before): the total return but for the move of that night.
        """
        known = self.bars["close"].copy()
        factor, later = np.ones(len(known)), np.ones(len(known))
        for t, action in self.actions:
            if action["kind"] == "split":
                factor[t:] *= action["value"]
                later[:t] *= action["value"]
            else:
                before = known[:t][~np.isnan(known[:t])]
                factor[t:] /= 1 - action["value"] / before[-1] if len(before) else 1.0
        if adj_close:
            self.bars["adj_close"] = known * factor
        if self.adjusted:
            for name in PRICES:
                self.bars[name] = self.bars[name] / later

    def rows(self, seed: int, index: int, sessions: list[date], disordered: float) -> pl.DataFrame:
        """Rows of ``Bar`` with the keys ``order`` and ``company`` that put the table in its order."""
        present = np.flatnonzero(~np.isnan(self.bars["close"]))
        beside = len(self.extra)
        numbers = np.array([*present, *(t for t, _ in self.doubled), *(t for _, t in self.extra)], dtype=np.int64)
        factor = np.array([*np.ones(len(present)), *(part for _, part in self.doubled), *np.ones(beside)])
        days = [*(sessions[t] for t in numbers[: len(numbers) - beside]), *(day for day, _ in self.extra)]
        rng = generator(seed, "price-order", index=index)
        order = rng.permutation(numbers) if rng.random() < disordered else numbers
        values = {name: self.bars[name][numbers] * (factor if name in MOVED else 1.0) for name in FIELDS}
        frame = pl.DataFrame({"session": pl.Series(days, dtype=pl.Date), **values}).with_columns(
            pl.col("adj_close").fill_nan(None),
            instrument_id=pl.lit(self.company.instrument_id),
            basis=pl.lit("split_adjusted" if self.adjusted else "traded"),
            order=pl.Series(order, dtype=pl.Int64),
            company=pl.lit(index),
        )
        return frame.select(*(pl.col(name).cast(dtype) for name, dtype in schema_of(Bar).items()), "order", "company")

    def _scale_payouts(self, where: Callable[[int], bool], factor: float) -> None:
        self.actions = [
            (at, {**action, "value": action["value"] * factor})
            if action["kind"] != "split" and where(at)
            else (at, action)
            for at, action in self.actions
        ]
