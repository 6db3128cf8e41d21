"""Read a data set back, by split or whole."""

from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
from pydantic import ValidationError

from data_pipeline.dataset.info import SPLITS, DatasetInfo
from tickertune.core.errors import TickerTuneError, did_you_mean
from tickertune.core.files import read_json
from tickertune.core.sample import Sample
from tickertune.core.table import frame_of, read_table

if TYPE_CHECKING:
    from datasets import DatasetDict


def dataset_folder(folder: Path) -> Path:
    """The data set folder, given itself or the data stage's folder that holds it.

    Raises:
        TickerTuneError: Neither is there.
    """
    for candidate in (folder / "dataset", folder):
        if (candidate / "info.json").is_file():
            return candidate
    raise TickerTuneError(f"Folder {folder} holds no data set", "Build it with: tickertune data, or correct the path")


def read_info(folder: Path) -> DatasetInfo:
    """Read ``info.json`` of a data set or data stage folder.

    Raises:
        TickerTuneError: It is missing, damaged or of another version.
    """
    path = dataset_folder(folder) / "info.json"
    try:
        return DatasetInfo.model_validate(read_json(path))
    except ValidationError as error:
        fields = ", ".join(str(item["loc"][0]) for item in error.errors())
        raise TickerTuneError(f"File {path} does not fit this version (fields: {fields})", "Build it again") from None


def read_split(folder: Path, split: str) -> pl.DataFrame:
    """Samples of one split, ordered by session and id; none where the data set was built without that split.

    Args:
        folder: A data set or data stage folder.
        split: One of ``SPLITS``.

    Raises:
        TickerTuneError: The split is unknown, its file is missing or damaged, or the data set holds ids and no texts.
    """
    if split not in SPLITS:
        raise TickerTuneError(f"Unknown split '{split}'{did_you_mean(split, SPLITS)}", f"Use {', '.join(SPLITS)}")
    info = read_info(folder)
    if info.ids_only:
        raise TickerTuneError(
            f"Data set {folder} holds ids and no texts", f"Run: tickertune data rehydrate {folder} --store YOUR_STORE"
        )
    if split not in info.class_priors:
        return frame_of(Sample, [])
    return read_table(dataset_folder(folder) / "data" / f"{split}.parquet", Sample)


def load_dataset_dict(folder: Path) -> "DatasetDict":
    """The data set as a Hugging Face ``DatasetDict``, by its own card, without the network."""
    from datasets import Dataset, DatasetDict

    splits = {split: read_split(folder, split) for split in read_info(folder).class_priors}
    return DatasetDict({split: Dataset(frame.to_arrow()) for split, frame in splits.items()})
