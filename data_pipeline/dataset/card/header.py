"""The card's YAML header, which the Hub and ``datasets.load_dataset`` read."""

from collections.abc import Sequence
from typing import Any

import yaml

from data_pipeline.dataset.features import card_features
from data_pipeline.dataset.info import DatasetInfo
from data_pipeline.dataset.licences import UNKNOWN, strictest


def header(info: DatasetInfo, splits: Sequence[str]) -> str:
    """Render the header: files of each split, typed columns, and the strictest licence of the texts."""
    licence = strictest(info.licences)
    values: dict[str, Any] = {
        "configs": [
            {
                "config_name": "default",
                "data_files": [{"split": split, "path": f"data/{split}.parquet"} for split in splits],
            }
        ],
        "dataset_info": {"config_name": "default", "features": card_features()},
        "license": licence,
        **({"license_name": "see-card"} if licence == UNKNOWN else {}),
        "language": ["en"],
        "task_categories": ["text-classification"],
        "tags": ["finance", "tickertune"],
    }
    return f"---\n{yaml.safe_dump(values, sort_keys=False)}---\n"
