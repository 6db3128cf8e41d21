"""Data sets on disk: Hub layout, data card, hashes, and readers with clear errors."""

from data_pipeline.dataset.info import (
    CheckResult,
    DatasetInfo,
    MixedLabel,
    class_priors,
    describing,
    outcome_hash,
    prompt_hash,
    sizes,
    split_hash,
)
from data_pipeline.dataset.reading import load_dataset_dict, read_info, read_split
from data_pipeline.dataset.writing import write_dataset

__all__ = [
    "CheckResult",
    "DatasetInfo",
    "MixedLabel",
    "class_priors",
    "describing",
    "load_dataset_dict",
    "outcome_hash",
    "prompt_hash",
    "read_info",
    "read_split",
    "sizes",
    "split_hash",
    "write_dataset",
]
