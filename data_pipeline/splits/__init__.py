"""Splits: by date, by ticker, by near-duplicate cluster, in folds; and the weights of overlapping labels."""

from data_pipeline.splits.clusters import clusters_of, keep_clusters_apart
from data_pipeline.splits.dates import NAMES, ORDER, Splits, assign_splits
from data_pipeline.splits.folds import fold_splits
from data_pipeline.splits.held_out import hold_out
from data_pipeline.splits.uniqueness import average_uniqueness

__all__ = [
    "NAMES",
    "ORDER",
    "Splits",
    "assign_splits",
    "average_uniqueness",
    "clusters_of",
    "fold_splits",
    "hold_out",
    "keep_clusters_apart",
]
