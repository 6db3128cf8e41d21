"""How well a day's decisions rank its stocks: the rank information coefficient."""

import numpy as np
import polars as pl

from eval.metrics.confusion import Floats
from tickertune.core.tasks import LabelTask, MovementTask

FEWEST = 3
"""Stocks of a day that have a ranking worth its name."""


def day_ranks(predictions: pl.DataFrame, task: LabelTask, days: int) -> Floats:
    """Spearman correlation of decision and scaled return within each day.

    A decision counts as the expected position where the predictor states probabilities, as its position where it
    does not. Days on which all decisions, or all returns, are equal have none.

    Args:
        predictions: ``Prediction`` rows; those without a label or a return are left out.
        task: Their task.
        days: Number of clusters, the length of the result.

    Returns:
        The correlation (0 without one) and whether there is one, clusters in sorted order [days, 2].
    """
    ranks = np.zeros((days, 2))
    if not isinstance(task, MovementTask):
        return ranks
    places = pl.Series([task.position(label) for label in task.labels], dtype=pl.Float64)
    stated = pl.col("logprobs").list.len() == len(places)
    expected = pl.sum_horizontal(
        pl.col("logprobs").list.get(place, null_on_oob=True).exp() * value for place, value in enumerate(places)
    )
    rows = predictions.select(
        day=pl.col("cluster").rank("dense").cast(pl.Int64) - 1,
        signal=pl.when(stated).then(expected).when(pl.col("label").is_not_null()).then(pl.col("position")),
        outcome=pl.col("ret_scaled").cast(pl.Float64).fill_nan(None),
    ).drop_nulls()
    found = (
        rows.group_by("day")
        .agg(
            pl.corr("signal", "outcome", method="spearman").alias("rank"),
            ranked=(pl.len() >= FEWEST) & (pl.col("signal").n_unique() > 1) & (pl.col("outcome").n_unique() > 1),
        )
        .filter("ranked")
    )
    ranks[found["day"].to_numpy()] = np.stack([found["rank"].to_numpy(), np.ones(len(found))], axis=-1)
    return ranks
