"""adj_close against close and the recorded actions."""

from collections.abc import Iterator

import numpy as np

from data_pipeline.audit.prices.findings import Finding
from data_pipeline.audit.prices.series import Floats, Series
from data_pipeline.audit.prices.splits import unrecorded_splits

SLACK = 0.002
"""Log step of adj_close / close that is not looked at, beyond rounding: vendors differ in the price that they put
a dividend against by as much."""
PART = 0.25
"""Part of a recorded payout by which the step may miss it: taxes, franked parts and rounded amounts."""
LARGEST = np.log(2)
"""Log step that no ordinary payout makes; asked only where no payouts are recorded to compare with."""


def adjusted_closes(series: Series) -> Iterator[Finding]:
    """Report steps of adj_close / close that the recorded actions do not explain.

    Where the table records no payout of any instrument, rises are taken for dividends that nobody recorded; falls and
    steps beyond ``LARGEST`` are reported still, for a payout can make neither.
    """
    if np.isnan(series.adj_close).all() or len(series) < 2:
        return
    step = _steps(series)
    slack = _slack(series)
    elsewhere = set(unrecorded_splits(series))
    if series.basis == "split_adjusted":
        elsewhere |= set(np.flatnonzero(series.split != 1).tolist())  # judged by their jump
    paid = series.payouts_known
    wrong = (np.abs(step) > slack) if paid else (step < -slack) | (step > LARGEST)
    bars = [int(bar) for bar in np.flatnonzero(wrong) if int(bar) not in elsewhere]
    if len(bars) > len(series) / 4:
        yield Finding(
            series.instrument_id, "adj_close_inconsistent", series.day(bars[0]), series.day(bars[-1]), "suspect",
            len(bars) / len(series), f"adj_close / close steps without an action on {len(bars)} of {len(series)} bars",
        )  # fmt: skip
        return
    wrong_bars = set(bars)
    done = -1
    for bar in bars:
        if bar == done:
            continue
        undone = bar + 1 in wrong_bars and abs(step[bar] + step[bar + 1]) <= slack[bar] + slack[bar + 1]
        done = bar + 1 if undone else -1
        kind, detail = _told(series, bar, float(step[bar]), undone)
        yield Finding(
            series.instrument_id, kind, series.day(bar), series.day(bar), "suspect", float(np.exp(step[bar])), detail
        )


def _told(series: Series, bar: int, step: float, undone: bool) -> tuple[str, str]:
    """Kind and words of an unexplained step."""
    if series.payout[bar] > 0 and not undone:
        said = float(np.exp(series.expected[bar] if series.split[bar] == 1 else 0.0))
        return "dividend_misstated", (
            f"a payout of {series.payout[bar]:g} is recorded; adj_close / close steps by a factor {np.exp(step):.5g} beyond it"
            + (f", which is {1 / said:.5g}" if said < 1 else "")
        )
    if 0 < step <= LARGEST and series.split[bar] == 1 and not undone:
        return "dividend_without_action", (
            f"adj_close rises against close by {np.expm1(step):.2%}, as for a payout that no action records"
        )
    explained = "recorded actions explain" if series.payouts_known or series.split[bar] != 1 else "a payout could make"
    detail = f"adj_close / close steps by a factor {np.exp(step):.5g} that no {explained}"
    return "adj_close_inconsistent", f"{detail}{', for one session' if undone else ''}"


def _steps(series: Series) -> Floats:
    """Log steps of adj_close / close, without what the recorded splits and payouts make."""
    factor = np.log(series.adj_close / series.close)
    step = np.concatenate([[0.0], np.diff(factor)]) + series.expected
    return np.nan_to_num(step)


def _slack(series: Series) -> Floats:
    """Log step that rounding and custom allow at each bar."""
    rounding = 0.5 * _unit(series.adj_close) / series.adj_close + 0.5 * _unit(series.close) / series.close
    both = np.nan_to_num(rounding)
    both[1:] += both[:-1].copy()
    payout = -np.log(np.maximum(1 - series.payout / np.concatenate([[np.inf], series.close[:-1]]), 0.02))
    return np.asarray(SLACK + both + PART * payout)


def _unit(values: Floats) -> float:
    """Last decimal that the values are rounded to: 0.01, 0.001 or less."""
    known = values[~np.isnan(values)]
    for unit in (0.01, 0.001, 0.0001):
        if np.allclose(known, np.round(known / unit) * unit, rtol=0, atol=unit * 1e-3):
            return unit
    return 1e-6
