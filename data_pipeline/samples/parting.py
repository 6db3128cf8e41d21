"""Split and weight of each sample; nothing here looks at an outcome."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data_pipeline.labels.sessions import Indices, Sessions
from data_pipeline.samples.candidates import Candidate
from data_pipeline.splits import Splits, average_uniqueness, hold_out, keep_clusters_apart
from tickertune.core.recipe import SplitConfig


def part(
    splits: Splits,
    found: Sequence[Candidate],
    instruments: pl.DataFrame,
    clusters: Mapping[str, str],
    config: SplitConfig,
) -> Splits:
    """Take held-out tickers and clusters that reach over splits out of the splits by date.

    Args:
        splits: Splits by date.
        found: The candidates, in the same order.
        instruments: Symbol spans.
        clusters: Cluster of each document that has others in its own (``clusters_of``).
        config: The recipe's split.
    """
    name = splits.name
    if config.held_out is not None:
        name = hold_out(name, [candidate.instrument_id for candidate in found], instruments, config.held_out)
    shown = [
        [clusters.get(document.doc_id, document.doc_id) for document in candidate.documents] for candidate in found
    ]
    return Splits(keep_clusters_apart(name, shown, config.near_duplicates), splits.boundary)


def with_uniqueness(frame: pl.DataFrame, sessions: Sessions) -> pl.DataFrame:
    """Set the weight of each training sample to its average uniqueness among those of its instrument.

    A label covers the opens from its entry up to its exit. Samples of other splits count for nothing and weigh 1.

    Args:
        frame: ``Sample`` rows with entries and exits.
        sessions: The exchange's sessions.
    """
    numbered = frame.with_row_index("_row")
    train = numbered.filter(pl.col("split") == "train")
    rows, weights = [np.zeros(0, dtype=np.int64)], [np.zeros(0)]
    for (_,), own in train.group_by("instrument_id", maintain_order=True):
        start = _opens_before(own["entry"], sessions)
        end = np.maximum(_opens_before(own["exit"], sessions), start + 1)
        rows.append(own["_row"].to_numpy().astype(np.int64))
        weights.append(average_uniqueness(start, end))
    weight: NDArray[np.float64] = np.ones(len(frame))
    weight[np.concatenate(rows)] = np.concatenate(weights)
    return frame.with_columns(weight=pl.Series(weight))


def _opens_before(times: pl.Series, sessions: Sessions) -> Indices:
    """Number of opens before each time: the index of an open, and the next session's of a close."""
    naive = times.dt.replace_time_zone(None).to_numpy().astype("datetime64[us]")
    return np.searchsorted(sessions.opens, naive, side="left").astype(np.int64)
