"""Tables rewritten from provisional ids such as ``US:AAPL`` to ids of the registry."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl

from data_pipeline.instruments.markets import market_zone, split_listing
from data_pipeline.instruments.registry import Registry, Resolution

UNRESOLVED = pl.Schema(
    {"listing": pl.String, "reason": pl.String, "rows": pl.Int64, "first_day": pl.Date, "last_day": pl.Date}
)


@dataclass(frozen=True)
class Rewritten:
    """A rewritten table, and what it could not keep."""

    frame: pl.DataFrame
    unresolved: pl.DataFrame
    """Rows (or links of documents) left out, by provisional id and reason: columns of ``UNRESOLVED``."""

    @property
    def counts(self) -> dict[str, int]:
        """Rows left out, by reason."""
        pairs = self.unresolved.group_by("reason").agg(pl.col("rows").sum()).sort("reason").rows()
        return {str(reason): int(rows) for reason, rows in pairs}


def rewrite_bars(bars: pl.DataFrame, registry: Registry, named_on: date | None = None) -> Rewritten:
    """Return bars with the instrument's id.

    Args:
        bars: Table of ``Bar``.
        registry: The registry.
        named_on: Day on which the symbols held: a vendor that files a company's whole history under its present symbol
            (Yahoo, Stooq, Tiingo) names all sessions as on the day of the fetch. None: each bar as on its session.
    """
    return _rewrite(bars, "session", lambda listing, day: _find(registry, listing, named_on or day))


def rewrite_actions(actions: pl.DataFrame, registry: Registry, named_on: date | None = None) -> Rewritten:
    """Return corporate actions with the instrument's id; arguments as for ``rewrite_bars``.

    A delisting or a renaming takes effect on the first day on which the old symbol no longer holds: it belongs to the
    instrument that held the symbol on the day before.
    """

    def find(listing: str, day: date, kind: str) -> Resolution:
        before = day - timedelta(days=1) if kind == "delisting" and day > date.min else day
        found = _find(registry, listing, named_on or before)
        if found.instrument_id is None and kind == "symbol_change" and named_on is None and day > date.min:
            return _find(registry, listing, day - timedelta(days=1))
        return found

    return _rewrite(actions, "ex_date", find, "kind")


def rewrite_observations(observations: pl.DataFrame, registry: Registry) -> Rewritten:
    """Return figures with the instrument's id, each by the day on which it became known; macro figures stay as they are."""
    filed = observations.filter(pl.col("instrument_id").is_not_null()).with_columns(
        day=pl.col("available_at").dt.date()
    )
    rewritten = _rewrite(filed, "day", lambda listing, day: _find(registry, listing, day))
    macro = observations.filter(pl.col("instrument_id").is_null())
    return Rewritten(pl.concat([macro, rewritten.frame.drop("day")]), rewritten.unresolved)


def rewrite_documents(documents: pl.DataFrame, registry: Registry) -> Rewritten:
    """Return documents whose links carry the instrument's id, by the date of publication in the market's zone.

    A link that cannot be resolved is left out, the document stays. A company number becomes the symbol of its day. Of
    two links to one instrument the first stays.
    """
    left = _Left()
    rewritten: list[list[dict[str, Any]]] = []
    moments = documents.select(pl.coalesce("published_at", "available_at")).to_series().to_list()
    for links, market, moment in zip(
        documents["symbols"].to_list(), documents["market"].to_list(), moments, strict=True
    ):
        kept: dict[str, dict[str, Any]] = {}
        for link in links or ():
            listing = link["instrument_id"]
            if moment is None:
                left.add(listing, "undated", None)
                continue
            home = (split_listing(listing) or (market, ""))[0]
            day = moment.astimezone(market_zone(home)).date()
            found = registry.explain_id(listing, market, day)
            if found.instrument_id is None:
                left.add(listing, str(found.reason), day)
                continue
            symbol = found.symbol or link["symbol"] if link["symbol"].startswith("CIK") else link["symbol"]
            kept.setdefault(found.instrument_id, {**link, "instrument_id": found.instrument_id, "symbol": symbol})
        rewritten.append(list(kept.values()))
    column = pl.Series("symbols", rewritten, dtype=documents.schema["symbols"])
    return Rewritten(documents.with_columns(column), left.frame())


class _Left:
    """What is left out, counted."""

    def __init__(self) -> None:
        self._rows: Counter[tuple[str, str]] = Counter()
        self._days: dict[tuple[str, str], list[date]] = {}

    def add(self, listing: str, reason: str, day: date | None, rows: int = 1) -> None:
        self._rows[listing, reason] += rows
        if day is not None:
            days = self._days.setdefault((listing, reason), [day, day])
            self._days[listing, reason] = [min(days[0], day), max(days[1], day)]

    def frame(self) -> pl.DataFrame:
        rows = [
            (listing, reason, count, *self._days.get((listing, reason), [None, None]))
            for (listing, reason), count in sorted(self._rows.items())
        ]
        return pl.DataFrame(rows, schema=UNRESOLVED, orient="row")


def _find(registry: Registry, listing: str, day: date) -> Resolution:
    return registry.explain_id(listing, "US", day)


def _rewrite(frame: pl.DataFrame, day: str, find: Callable[..., Resolution], *more: str) -> Rewritten:
    left = _Left()
    keys = ["instrument_id", day, *more]
    found: list[str | None] = []
    pairs = frame.group_by(keys, maintain_order=True).len("rows")
    for listing, moment, *rest, rows in pairs.rows():
        resolution = find(listing, moment, *rest)
        found.append(resolution.instrument_id)
        if resolution.instrument_id is None:
            left.add(listing, str(resolution.reason), moment, rows)
    resolved = pairs.drop("rows").with_columns(pl.Series("resolved", found, dtype=pl.String))
    joined = frame.join(resolved, on=keys, how="left", maintain_order="left").filter(pl.col("resolved").is_not_null())
    rewritten = joined.with_columns(instrument_id="resolved").drop("resolved")
    return Rewritten(rewritten, left.frame())
