"""The label join in DuckDB: the exit's price by a window function, then one ASOF JOIN with a strict inequality."""

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

QUERY = """
WITH entries AS (
    SELECT instrument_id, open_time,
           lead(open, {horizon}) OVER (PARTITION BY instrument_id ORDER BY open_time) / open - 1 AS ret
    FROM bars
)
SELECT numbered.row, entries.ret
FROM numbered ASOF LEFT JOIN entries
ON numbered.instrument_id = entries.instrument_id AND numbered.as_of < entries.open_time
ORDER BY numbered.row
"""


def label_join(bars: pl.DataFrame, decisions: pl.DataFrame, horizon: int, threads: int = 1) -> NDArray[np.float64]:
    """Returns of the decisions, in their order."""
    with duckdb.connect(config={"threads": threads}) as connection:
        connection.register("bars", bars.to_arrow())
        connection.register("numbered", decisions.with_row_index("row").to_arrow())
        found = connection.execute(QUERY.format(horizon=int(horizon))).fetchnumpy()["ret"]
    return np.ma.filled(np.ma.asarray(found, dtype=np.float64), np.nan)
