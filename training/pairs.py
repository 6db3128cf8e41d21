"""Preference pairs, read and tokenised as SFT and generation read prompts and replies."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json, sha256_file
from tickertune.core.models import resolve_model
from tickertune.core.prompting import answer_ids, prompt_ids
from tickertune.core.recipe import PairsConfig, RewardModelConfig
from tickertune.core.table import read_parquet
from tickertune.core.tasks import get_task
from training.rationales.output import PAIR_COLUMNS, PAIR_TIMES, PAIRS_FILE

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase


@dataclass
class Pairs:
    """Token ids of n pairs; row i of each list is one pair, in the order of the sample ids."""

    prompt_ids: list[list[int]] = field(default_factory=list)
    chosen_ids: list[list[int]] = field(default_factory=list)
    """The better reply with its end token: only replies have a loss."""
    rejected_ids: list[list[int]] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    """Place of each pair in the frame that it was tokenised from."""
    dropped: Counter[str] = field(default_factory=Counter)
    """How many pairs were left out, by reason."""

    def __len__(self) -> int:
        return len(self.prompt_ids)

    def dataset(self) -> "Dataset":
        """Return the columns that TRL's collator takes."""
        from datasets import Dataset

        names = ("prompt_ids", "chosen_ids", "rejected_ids")
        return Dataset.from_dict({name: getattr(self, name) for name in names})


def read_pairs(folder: Path) -> tuple[pl.DataFrame, str]:
    """Read preference pairs.

    Args:
        folder: A folder of pairs, or the rationales' folder that holds it.

    Returns:
        Rows with ``PAIR_COLUMNS`` and, where the pairs are dated, ``PAIR_TIMES``, and the SHA-256 of their file.

    Raises:
        TickerTuneError: There are none, a column is missing or of another type, or a label is none of the task's.
    """
    found = _found(folder)
    frame = read_parquet(found / PAIRS_FILE)
    missing = [name for name in PAIR_COLUMNS if name not in frame.columns]
    if missing:
        raise TickerTuneError(
            f"{found / PAIRS_FILE} lacks the column(s) {', '.join(missing)}",
            f"Preference pairs have the columns {', '.join(PAIR_COLUMNS)}",
        )
    turn = pl.Struct({"role": pl.String(), "content": pl.String()})
    times = [name for name in PAIR_TIMES if name in frame.columns]
    try:
        frame = frame.select(
            *(pl.col(name).cast(pl.List(turn) if name == "prompt" else pl.String()) for name in PAIR_COLUMNS),
            *(pl.col(name).cast(pl.Datetime("us", "UTC")) for name in times),
        )
    except pl.exceptions.PolarsError as error:
        raise TickerTuneError(
            f"{found / PAIRS_FILE} has a column of the wrong type ({str(error).splitlines()[0]})",
            "A prompt is a list of turns with role and content, as_of and exit are times, all else is text",
        ) from error
    if frame.is_empty():
        raise TickerTuneError(f"{found / PAIRS_FILE} has no pair", "Raise draws or reflection_rounds of the rationales")
    task = get_task(pairs_info(folder)["task"])
    strange = sorted(set(frame["label"]) - set(task.labels))
    if strange:
        raise TickerTuneError(
            f"Label {strange[0]!r} in {found} is none of task {task.name} ({', '.join(task.labels)})", "Make them again"
        )
    return frame.sort("sample_id", maintain_order=True), sha256_file(found / PAIRS_FILE)


def pairs_info(folder: Path) -> dict[str, Any]:
    """Read what stands beside preference pairs of where they come from; folders as in ``read_pairs``."""
    info: dict[str, Any] = read_json(_found(folder) / "info.json")
    return info


def _found(folder: Path) -> Path:
    found = next((place for place in (folder / "pairs", folder) if (place / PAIRS_FILE).is_file()), None)
    if found is None:
        raise TickerTuneError(
            f"Folder {folder} holds no preference pairs ({PAIRS_FILE})",
            "Make them with: python -m training.rationales, or correct --dataset",
        )
    return found


def check_pairs(folder: Path, config: PairsConfig) -> None:
    """Refuse pairs that a later stage could not train on; errors as those of ``read_pairs``, ``split_by_time`` and ``tokenise_pairs``."""
    from training.held_out_pairs import split_by_time
    from training.models import load_tokenizer

    frame, _ = read_pairs(folder)
    if isinstance(config, RewardModelConfig) and config.held_out is not None:
        frame = split_by_time(frame, config.held_out).train
    tokenise_pairs(frame, load_tokenizer(resolve_model(config.model), config.model), config)


def tokenise_pairs(frame: pl.DataFrame, tokenizer: "PreTrainedTokenizerBase", config: PairsConfig) -> Pairs:
    """Tokenise pairs; one whose prompt and longer reply exceed ``max_length`` is dropped, or refused, and never cut.

    Raises:
        TickerTuneError: A pair is too long and the recipe refuses that, or no pair is left.
    """
    pairs = Pairs(dropped=Counter(too_long=0, equal=0))
    for row, (messages, chosen, rejected) in enumerate(frame.select("prompt", "chosen", "rejected").iter_rows()):
        prompt = prompt_ids(tokenizer, messages)
        better, worse = answer_ids(tokenizer, chosen), answer_ids(tokenizer, rejected)
        if better == worse:
            pairs.dropped["equal"] += 1
        elif len(prompt) + max(len(better), len(worse)) > config.max_length:
            pairs.dropped["too_long"] += 1
        else:
            pairs.rows.append(row)
            pairs.prompt_ids.append(prompt)
            pairs.chosen_ids.append(better)
            pairs.rejected_ids.append(worse)
    if config.too_long == "raise" and pairs.dropped["too_long"]:
        raise TickerTuneError(
            f"{pairs.dropped['too_long']} of {frame.height} pairs are longer than max_length {config.max_length}",
            "Raise max_length, or set too_long to drop",
        )
    if not len(pairs):
        left_out = ", ".join(f"{count} {reason}" for reason, count in pairs.dropped.items() if count)
        raise TickerTuneError(f"No pair is left of {frame.height} ({left_out})", "Raise max_length, or make more pairs")
    return pairs
