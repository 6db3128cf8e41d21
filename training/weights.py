"""How much each training sample counts in the loss: by its class, by how far the price moved, by how unique its window is."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe.sft import LossWeights


def loss_weights(samples: pl.DataFrame, config: LossWeights) -> NDArray[np.float64]:
    """Return a weight for each sample, 1 on average: the product of what the recipe asks for.

    All of it is known of the training samples alone: class shares, the size of a return that ended in training, the
    overlap of windows.

    Args:
        samples: ``label``, ``ret_scaled`` and ``weight`` of ``Sample``, the rows that are trained on.
        config: The recipe's block.

    Raises:
        TickerTuneError: A sample has no finite return and the block weighs by returns; or nothing has a weight.
    """
    weights = np.ones(len(samples))
    if config.returns:
        moves = samples["ret_scaled"].cast(pl.Float64).fill_null(np.nan).to_numpy()
        if unknown := int((~np.isfinite(moves)).sum()):
            raise TickerTuneError(
                f"loss_weights.returns is {config.returns:g}, but {unknown} of {len(samples)} training samples have no finite "
                "ret_scaled",
                "Set loss_weights.returns to 0, or build the data set with prices for all samples",
            )
        weights *= np.minimum(np.abs(moves), config.clip) ** config.returns
    if config.uniqueness:
        weights *= samples["weight"].to_numpy()
    if config.classes:
        labels = samples["label"].to_numpy()
        for label in np.unique(labels):
            rows = labels == label
            total = weights[rows].sum()
            weights[rows] *= 1 / total if total else 0.0
    if not weights.sum():
        raise TickerTuneError("loss_weights leaves every training sample without a weight", "Weigh by something else")
    return np.asarray(weights * len(weights) / weights.sum())
