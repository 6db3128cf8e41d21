"""Write a data set in Hub layout, whole or not at all, with the same bytes for the same samples."""

from pathlib import Path

import polars as pl

from data_pipeline.dataset.card import data_card
from data_pipeline.dataset.info import SPLITS, DatasetInfo
from tickertune.core.files import atomic_dir, write_json, write_text
from tickertune.core.table import write_table


def write_dataset(frame: pl.DataFrame, info: DatasetInfo, folder: Path) -> None:
    """Write ``data/<split>.parquet``, ``info.json`` and the data card ``README.md``.

    Args:
        frame: ``Sample`` rows of all splits; a split without samples gets no file.
        info: What the data set says of itself.
        folder: The data set folder, which is replaced.
    """
    with atomic_dir(folder) as temporary:
        present = []
        for split in SPLITS:
            rows = frame.filter(pl.col("split") == split)
            if len(rows):
                present.append(split)
                write_table(rows, temporary / "data" / f"{split}.parquet", ["session", "sample_id"])
        write_json(temporary / "info.json", info.model_dump(mode="json"))
        write_text(temporary / "README.md", data_card(info, present))
