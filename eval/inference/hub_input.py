"""Rows of a data set: a folder that ``datasets`` saved or that has the Hub's layout, or one of the Hub."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.inference.inputs import HUB
from eval.inference.rows import RawRow
from tickertune.core.errors import TickerTuneError, did_you_mean
from tickertune.core.files import sha256_file, sha256_value

if TYPE_CHECKING:
    from datasets import Dataset


class DatasetInput:
    """One split of a data set.

    Args:
        source: Folder, or ``hub:owner/name``; a data stage's folder stands for the data set in it.
        part_rows: Rows a part.
        split: Its split; may be left out where there is just one.
        revision: Commit, for the Hub.

    Raises:
        TickerTuneError: There is no such data set or split, or which of several splits is not said.
    """

    def __init__(self, source: str, part_rows: int, split: str | None, revision: str | None) -> None:
        self._source, self._part_rows = source, part_rows
        self._data = _chosen(source, _loaded(source, revision), split)
        self.rows = len(self._data)

    def columns(self) -> set[str]:
        """See ``Input.columns``."""
        return set(self._data.column_names)

    def part(self, number: int) -> list[RawRow]:
        """See ``Input.part``."""
        start = number * self._part_rows
        return list(self._data.select(range(start, min(start + self._part_rows, self.rows))).to_list())

    def digest(self) -> str:
        """See ``Input.digest``; of the Arrow files that hold the split."""
        files = [sha256_file(Path(file["filename"])) for file in self._data.cache_files]
        return sha256_value({"files": files, "split": str(self._data.split), "rows": self.rows})


def _loaded(source: str, revision: str | None) -> Any:
    from datasets import load_dataset, load_from_disk
    from datasets.exceptions import DatasetsError

    folder = Path(source)
    try:
        if source.startswith(HUB):
            return load_dataset(source.removeprefix(HUB), revision=revision)
        if revision is not None:
            raise TickerTuneError(f"Input {source} is a folder, which has no revision", "Leave --input-revision out")
        folder = folder / "dataset" if (folder / "dataset" / "info.json").is_file() else folder
        if (folder / "state.json").is_file() or (folder / "dataset_dict.json").is_file():
            return load_from_disk(str(folder))
        return load_dataset(str(folder))
    except (OSError, ValueError, DatasetsError) as error:
        raise TickerTuneError(
            f"Input {source} cannot be read as a data set ({(str(error).splitlines() or [type(error).__name__])[0]})",
            "Give a folder that `datasets` saved or that has the Hub's layout, or hub:owner/name with the network at hand",
        ) from error


def _chosen(source: str, loaded: Any, split: str | None) -> "Dataset":
    from datasets import Dataset

    if isinstance(loaded, Dataset):
        if split is not None and split != str(loaded.split):
            raise TickerTuneError(f"Input {source} is the split {loaded.split} alone", "Leave --split out")
        return loaded
    names = list(loaded)
    if split is None and len(names) == 1:
        split = names[0]
    if split not in names:
        asked = "none is named" if split is None else f"'{split}' is none of them{did_you_mean(split, names)}"
        raise TickerTuneError(f"Input {source} has the splits {', '.join(names)}, and {asked}", "Name one by --split")
    chosen: Dataset = loaded[split]
    return chosen
