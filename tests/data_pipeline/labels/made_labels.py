"""Every label of the registry, in the settings that tests of made markets use."""

from datetime import datetime, timedelta
from typing import Any

import polars as pl

from data_pipeline.labels.registry import LABELS
from data_pipeline.labels.targets import TARGETS

SHORT: dict[str, dict[str, Any]] = {
    "excess": {"volatility_sessions": 10},
    "trading_r1": {"volatility_sessions": 10, "horizons": (2, 4, 6)},
    "triple_barrier": {"volatility_sessions": 10, "horizon": 4, "upper": 1.5, "lower": 1.0},
}
"""Windows that fit a test's few months; the published ones are the defaults."""

EVERY_LABEL: dict[str, dict[str, Any]] = {
    **{name: {"name": name, **SHORT.get(name, {"volatility_sessions": 10})} for name in LABELS},
    "excess, 3 sessions": {"name": "excess", "horizon": 3, "classes": 3, "volatility_sessions": 8},
    "excess, beta": {
        "name": "excess",
        "classes": 5,
        "benchmark": "beta",
        "beta_sessions": 20,
        "volatility_sessions": 8,
    },
}
TRADABLE = [name for name, label in EVERY_LABEL.items() if not label["name"].endswith("_as_published")]
"""Labels whose decision comes before their entry."""


def assert_prefix(early: pl.DataFrame, whole: pl.DataFrame, cut: datetime, *, needs_outcome: bool) -> None:
    """Assert prefix invariance: what a build from data until ``cut`` decided by then, the full build decided to the bit.

    Args:
        early: Samples of the build from truncated data, with the full build's fitted state.
        whole: Samples of the full build.
        cut: Where the data was truncated, UTC.
        needs_outcome: Whether a sample exists only once its outcome is known.
    """
    decided = early.filter(pl.col("as_of") <= cut).sort("sample_id")
    known = whole.filter(pl.col("as_of") <= cut)
    if needs_outcome:
        known = known.filter(pl.col("exit") <= cut)
    # An exit at an open is known from then on, while its bar comes with the close: those may be absent.
    bars_by = cut - timedelta(hours=7)
    assert set(decided["sample_id"]) <= set(known["sample_id"])
    assert set(known.filter(pl.col("exit") <= bars_by)["sample_id"]) <= set(decided["sample_id"])
    same = whole.join(decided, on="sample_id", how="semi").sort("sample_id")
    outcomes = [name for name in TARGETS if name != "volatility"]
    assert decided.drop(outcomes).equals(same.drop(outcomes))
    ended, open_still = pl.col("exit") <= bars_by, pl.col("exit") > cut
    assert decided.filter(ended).equals(same.filter(ended))
    assert all(decided.filter(open_still)[name].is_null().all() for name in outcomes)
    between = decided.filter(~ended).select(outcomes)
    theirs = same.filter(~ended).select(outcomes)
    for name in outcomes:
        assert all(mine is None or mine == other for mine, other in zip(between[name], theirs[name], strict=True))
