"""The label join in the manner of FinGPT's scripts: a loop over the rows, with a look-up in a pandas frame for each."""

import numpy as np
import polars as pl
from numpy.typing import NDArray


def label_join(bars: pl.DataFrame, decisions: pl.DataFrame, horizon: int) -> NDArray[np.float64]:
    """Returns of the decisions, in their order."""
    frames = {
        name: frame.set_index("open_time") for name, frame in bars.to_pandas().groupby("instrument_id", sort=False)
    }
    found = []
    for _, row in decisions.to_pandas().iterrows():
        later = frames[row["instrument_id"]]
        later = later[later.index > row["as_of"]]
        opens = later["open"]
        found.append(opens.iloc[horizon] / opens.iloc[0] - 1 if len(opens) > horizon else float("nan"))
    return np.array(found)
