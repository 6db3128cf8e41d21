"""All that can be said of a stage on preference pairs, DPO or a reward model, once the pairs are there."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from tickertune.core.models import resolve_model
from tickertune.core.prompting import answer_ids, prompt_ids
from tickertune.core.recipe import DpoConfig, RewardModelConfig
from training.held_out_pairs import split_by_time
from training.models import Method, load_tokenizer
from training.pairs import read_pairs, tokenise_pairs
from training.preflight.batches import pairs_shape
from training.preflight.checks import check_context
from training.preflight.lengths import Lengths, measured
from training.preflight.memory import cost
from training.trainer_args import stage_args

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


def pair_lengths(
    frame: pl.DataFrame, split: str, tokenizer: "PreTrainedTokenizerBase", config: DpoConfig | RewardModelConfig
) -> Lengths:
    """Measure each pair as training reads it: its prompt with the longer of its two replies.

    Args:
        frame: Rows of ``PAIR_COLUMNS``.
        split: ``train``, or ``held out``.
        tokenizer: The model's.
        config: The limit, and what becomes of longer pairs.
    """
    sizes = []
    for messages, *replies in frame.select("prompt", "chosen", "rejected").iter_rows():
        sizes.append(len(prompt_ids(tokenizer, messages)) + max(len(answer_ids(tokenizer, one)) for one in replies))
    stage = "dpo" if isinstance(config, DpoConfig) else "reward_model"
    return measured(stage, split, sizes, config.max_length, config.too_long)


def look_at_pairs(
    config: DpoConfig | RewardModelConfig, folder: Path, processes: int, method: Method
) -> dict[str, Any]:
    """Look at a stage: ``lengths`` by split, ``dropped`` training pairs by reason, ``warnings`` (none), and what ``cost`` gives.

    Args:
        config: The stage.
        folder: The pairs' folder, or the rationales' that holds it.
        processes: How many will work together.
        method: How the adapter is trained: DPO goes on with SFT's, a reward model has its own.

    Raises:
        TickerTuneError: The trainer block is wrong, the pairs cannot be read or held out, one is too long and the recipe refuses that,
            none is left, the model's context is shorter, or it cannot be a reward model.
    """
    base = resolve_model(config.model)
    stage_args(config, config.output or folder)
    tokenizer = load_tokenizer(base, config.model)
    frame, _ = read_pairs(folder)
    extra: dict[str, int] = {}
    held_out: list[Lengths] = []
    if isinstance(config, RewardModelConfig) and config.held_out is not None:
        split = split_by_time(frame, config.held_out)
        frame, extra = split.train, {"overlapping": split.overlapping}
        tokenise_pairs(split.held_out, tokenizer, config)
        held_out = [pair_lengths(split.held_out, "held out", tokenizer, config)]
    pairs = tokenise_pairs(frame, tokenizer, config)
    lengths = [pair_lengths(frame, "train", tokenizer, config), *held_out]
    longest = min(lengths[0].most, config.max_length)
    check_context(base, config.model, longest)
    batches = pairs_shape(config, len(pairs), processes)
    return {
        "lengths": [{name: value for name, value in asdict(row).items() if name != "stage"} for row in lengths],
        "dropped": dict(pairs.dropped) | extra,
        "warnings": [],
        **cost(config, base, method, batches, longest, longest),  # TRL's DPO scores the prompt's tokens too
    }
