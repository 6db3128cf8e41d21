"""The label join as the labels do it: one search among the exchange's opens, then a look into a matrix of prices."""

import numpy as np
import polars as pl
from label_join_inputs import EXCHANGE, SPAN
from numpy.typing import NDArray

from data_pipeline.labels.join import join_returns
from data_pipeline.labels.sessions import load_sessions


def label_join(bars: pl.DataFrame, decisions: pl.DataFrame, horizon: int) -> NDArray[np.float64]:
    """Returns of the decisions, in their order."""
    return join_returns(bars, decisions, load_sessions(EXCHANGE, *SPAN), horizon)
