"""The label join in Polars: the exit's price beside each bar, then one forward as-of join that excludes equal times."""

import numpy as np
import polars as pl
from numpy.typing import NDArray


def label_join(bars: pl.DataFrame, decisions: pl.DataFrame, horizon: int) -> NDArray[np.float64]:
    """Returns of the decisions, in their order. Both sides are sorted by time, as the join needs."""
    right = bars.select(
        "instrument_id",
        "open_time",
        ret=pl.col("open").shift(-horizon).over("instrument_id") / pl.col("open") - 1,
    ).sort("open_time")
    joined = (
        decisions.with_row_index("row")
        .sort("as_of")
        .join_asof(
            right,
            left_on="as_of",
            right_on="open_time",
            by="instrument_id",
            strategy="forward",
            allow_exact_matches=False,
            check_sortedness=False,
        )
        .sort("row")
    )
    return joined["ret"].fill_null(float("nan")).to_numpy()
