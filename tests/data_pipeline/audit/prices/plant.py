"""Faults planted at known places, one in a series, and what the audit makes of them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from data_pipeline.audit.prices import audit_prices
from data_pipeline.labels.sessions import Sessions
from scripts.real_prices import listed
from tests.data_pipeline.made import action
from tickertune.core.market import CorporateAction
from tickertune.core.table import schema_of

Own = pl.DataFrame
Planter = Callable[[Own, int, np.random.Generator], tuple[Own, list[dict[str, object]], int, int]]
"""(bars of one instrument in order, bar, generator) -> bars, actions to add, and the bars at fault."""

PRICES = ("open", "high", "low", "close")


def scaled(own: Own, rows: pl.Expr, factor: float, names: tuple[str, ...] = PRICES) -> Own:
    return own.with_columns(pl.when(rows).then(pl.col(name) * factor).otherwise(name).alias(name) for name in names)


def at(bar: int) -> pl.Expr:
    return pl.int_range(pl.len()) == bar


def since(bar: int) -> pl.Expr:
    return pl.int_range(pl.len()) >= bar


def ratio(rng: np.random.Generator) -> float:
    return float(rng.choice([1.5, 2, 3, 4, 7, 10, 0.5, 0.1]))


def split(own: Own, bar: int, value: float) -> dict[str, object]:
    return action(own["instrument_id"][0], own["session"][bar], "split", value)


def recorded_but_adjusted(own: Own, bar: int, rng: np.random.Generator):
    """Bars that hold the split already, called traded."""
    return own, [split(own, bar, ratio(rng))], bar, bar


def upside_down(own: Own, bar: int, rng: np.random.Generator):
    value = ratio(rng)
    return scaled(own, since(bar), 1 / value), [split(own, bar, 1 / value)], bar, bar


def wrong_date(own: Own, bar: int, rng: np.random.Generator):
    value = ratio(rng)
    return scaled(own, since(bar), 1 / value), [split(own, bar + 2, value)], bar, bar + 2


def unrecorded(own: Own, bar: int, rng: np.random.Generator):
    return scaled(own, since(bar), 1 / ratio(rng)), [], bar, bar


def adjusted_not_applied(own: Own, bar: int, rng: np.random.Generator):
    value = ratio(rng)
    return scaled(own, since(bar), 1 / value, (*PRICES, "adj_close")), [split(own, bar, value)], bar, bar


def adjusted_twice(own: Own, bar: int, rng: np.random.Generator):
    value = ratio(rng)
    return scaled(own, ~since(bar), 1 / value), [split(own, bar, value)], bar, bar


def spliced(own: Own, bar: int, rng: np.random.Generator):
    factor = float(rng.uniform(1.15, 1.4) ** rng.choice([-1, 1]))
    return scaled(own, since(bar), factor, (*PRICES, "adj_close")), [], bar, bar


def volume_in_lots(own: Own, bar: int, rng: np.random.Generator):
    return scaled(own, since(bar), float(rng.choice([0.01, 100, 1000])), ("volume",)), [], bar, bar


def one_bar_off(own: Own, bar: int, rng: np.random.Generator):
    return scaled(own, at(bar), float(rng.uniform(1.5, 3) ** rng.choice([-1, 1]))), [], bar, bar


def lost(own: Own, bar: int, rng: np.random.Generator):
    last = bar + int(rng.integers(0, 3))
    return own.filter(~pl.int_range(pl.len()).is_between(bar, last)), [], bar, last


def untraded(own: Own, bar: int, rng: np.random.Generator):
    return scaled(own, at(bar), 0.0, ("volume",)), [], bar, bar


def frozen(own: Own, bar: int, rng: np.random.Generator):
    last = bar + int(rng.integers(3, 8))
    held = pl.int_range(pl.len()).is_between(bar + 1, last)
    return own.with_columns(close=pl.when(held).then(own["close"][bar]).otherwise("close")), [], bar + 1, last


def on_saturday(own: Own, bar: int, rng: np.random.Generator):
    day: date = own["session"][bar]
    extra = own[bar].with_columns(session=pl.lit(day + timedelta(days=5 - day.weekday())))
    return pl.concat([own, extra]), [], -1, -1


def day_late(own: Own, bar: int, rng: np.random.Generator):
    return own.with_columns(pl.col("session").dt.offset_by("1d")), [], 0, len(own) - 1


def twice(own: Own, bar: int, rng: np.random.Generator):
    return pl.concat([own, scaled(own[bar], pl.lit(True), float(rng.choice([1, 1.02])))]), [], bar, bar


def copied(own: Own, bar: int, rng: np.random.Generator):
    return pl.concat([own[:bar], own[bar - 1].with_columns(session=own[bar]["session"]), own[bar + 1 :]]), [], bar, bar


def upturned(own: Own, bar: int, rng: np.random.Generator):
    swapped = (pl.when(at(bar)).then(b).otherwise(a).alias(a) for a, b in (("high", "low"), ("low", "high")))
    return own.with_columns(swapped), [], bar, bar


def two_bases(own: Own, bar: int, rng: np.random.Generator):
    other = "traded" if own["basis"][0] == "split_adjusted" else "split_adjusted"
    return own.with_columns(basis=pl.when(since(bar)).then(pl.lit(other)).otherwise("basis")), [], 0, len(own) - 1


def adj_close_falls(own: Own, bar: int, rng: np.random.Generator):
    return scaled(own, since(bar), float(rng.uniform(0.9, 0.99)), ("adj_close",)), [], bar, bar


def adj_close_off_one_day(own: Own, bar: int, rng: np.random.Generator):
    return scaled(own, at(bar), float(rng.uniform(0.8, 0.98)), ("adj_close",)), [], bar, bar


def paid_more_than_it_costs(own: Own, bar: int, rng: np.random.Generator):
    value = own["close"][bar - 1] * float(rng.uniform(1.05, 100))
    return own, [action(own["instrument_id"][0], own["session"][bar], "cash_dividend", value)], bar, bar


def paid_and_not_seen(own: Own, bar: int, rng: np.random.Generator):
    value = own["close"][bar - 1] * float(rng.uniform(0.25, 0.9))
    return own, [action(own["instrument_id"][0], own["session"][bar], "cash_dividend", value)], bar, bar


ANY: dict[str, tuple[str, Planter]] = {
    "volume in another unit": ("volume_break", volume_in_lots),
    "series scaled by 0.7 to 1.4": ("splice", spliced),
    "one bar off by 1.5 to 3": ("spike", one_bar_off),
    "1 to 3 bars lost": ("missing_sessions", lost),
    "volume zero": ("zero_volume", untraded),
    "close frozen, 4 to 8 equal": ("stale_close", frozen),
    "a bar on Saturday": ("off_session", on_saturday),
    "all dates a day late": ("shifted_dates", day_late),
    "two bars for a session": ("duplicated_session", twice),
    "bar copied to the next session": ("repeated_bar", copied),
    "high and low swapped": ("impossible_bar", upturned),
    "basis changes": ("mixed_basis", two_bases),
    "dividend above the price": ("dividend_exceeds_price", paid_more_than_it_costs),
    "dividend of 25 to 90 %, no fall": ("dividend_without_drop", paid_and_not_seen),
}
TRADED: dict[str, tuple[str, Planter]] = {
    "split recorded, bars adjusted already": ("split_applied_twice", recorded_but_adjusted),
    "split upside down": ("split_inverted", upside_down),
    "split two sessions late": ("split_wrong_date", wrong_date),
    "split without an action": ("split_without_action", unrecorded),
}
ADJUSTED: dict[str, tuple[str, Planter]] = {
    "split not applied": ("split_not_applied", adjusted_not_applied),
    "split applied twice": ("split_applied_twice", adjusted_twice),
    "adj_close falls by 1 to 10 %": ("adj_close_inconsistent", adj_close_falls),
    "adj_close off for a day": ("adj_close_inconsistent", adj_close_off_one_day),
}


@dataclass(frozen=True)
class Score:
    """How one kind of fault was found: of ``planted``, ``found`` by a finding there, ``named`` with its kind;
    ``false`` findings of the kind elsewhere."""

    fault: str
    kind: str
    planted: int
    found: int
    named: int
    false: int

    @property
    def recall(self) -> float:
        return self.named / self.planted

    @property
    def precision(self) -> float:
        return self.named / max(self.named + self.false, 1)


def plant_and_audit(
    fault: str,
    kind: str,
    planter: Planter,
    bars: pl.DataFrame,
    actions: pl.DataFrame,
    sessions: Sessions,
    before: pl.DataFrame,
    seed: int = 0,
) -> Score:
    """Plant the fault once in every instrument, away from its ends and its other actions, and audit all."""
    rng = np.random.default_rng([seed, *fault.encode()])
    parts, added, places = [], [], {}
    for (name,), own in sorted(bars.partition_by("instrument_id", as_dict=True).items()):
        own = own.sort("session")
        acted = set(actions.filter(pl.col("instrument_id") == name)["ex_date"])
        bar = int(rng.integers(50, len(own) - 50))
        while acted & set(own["session"][bar - 6 : bar + 9]):
            bar = int(rng.integers(50, len(own) - 50))
        changed, new, first, last = planter(own, bar, rng)
        days = (changed if first == 0 else own)["session"]
        places[name] = (days[first], days[last]) if first >= 0 else (changed["session"][-1],) * 2
        parts.append(changed)
        added += new
    planted = pl.concat(parts)
    instruments = listed(bars)
    extra = pl.DataFrame(added, schema=schema_of(CorporateAction))
    after = audit_prices(planted, pl.concat([actions, extra]), instruments, sessions)
    new_findings = after.join(before, on=["instrument_id", "kind", "first_session"], how="anti")
    found, named, false = set(), set(), 0
    for finding in new_findings.iter_rows(named=True):
        low, high = places[finding["instrument_id"]]
        if finding["first_session"] <= high and finding["last_session"] >= low:
            found.add(finding["instrument_id"])
            if finding["kind"] == kind:
                named.add(finding["instrument_id"])
        elif (finding["kind"] == kind and (finding["first_session"] - high).days > 4) or (
            finding["kind"] == kind and (low - finding["last_session"]).days > 4
        ):
            false += 1
        elif finding["kind"] == kind:
            found.add(finding["instrument_id"])
            named.add(finding["instrument_id"])
    return Score(fault, kind, len(places), len(found), len(named), false)
