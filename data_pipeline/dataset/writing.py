"""Write a data set in Hub layout, whole or not at all, with the same bytes for the same samples."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from data_pipeline.dataset.card import data_card
from data_pipeline.dataset.info import SPLITS, DatasetInfo
from tickertune.core.files import atomic_dir, read_json, write_json, write_text
from tickertune.core.table import write_table

ORDER = ("session", "sample_id")


def write_dataset(frame: pl.DataFrame, info: DatasetInfo, folder: Path, order: Sequence[str] = ORDER) -> None:
    """Write ``data/<split>.parquet``, ``info.json``, the data card ``README.md`` and its plots.

    Args:
        frame: ``Sample`` rows of all splits; a split without samples gets no file.
        info: What the data set says of itself.
        folder: The data set folder, which is replaced.
        order: Columns that order the rows of a split uniquely; none: they stand in their order already.
    """
    with atomic_dir(folder) as temporary:
        write_contents(frame, info, temporary, order)


def write_contents(frame: pl.DataFrame, info: DatasetInfo, folder: Path, order: Sequence[str] = ORDER) -> None:
    """``write_dataset`` into a folder that the caller makes whole."""
    for split in SPLITS:
        rows = frame.filter(pl.col("split") == split)
        if len(rows):
            write_table(rows, folder / "data" / f"{split}.parquet", order)
    write_json(folder / "info.json", info.model_dump(mode="json"))
    # The card is made from what was written, so that who has the files alone makes the same one.
    info = DatasetInfo.model_validate(read_json(folder / "info.json"))
    from data_pipeline.dataset.plots import draw_plots  # matplotlib takes a second, and readers do without

    plots = draw_plots(frame, info, folder / "plots")
    write_text(folder / "README.md", data_card(info, frame, plots))
