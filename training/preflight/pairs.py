"""All that can be said of a DPO stage whose preference pairs are there."""

import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from tickertune.core.models import resolve_model
from tickertune.core.prompting import answer_ids, prompt_ids
from tickertune.core.recipe import DpoConfig
from training.models import Method, load_tokenizer
from training.pairs import read_pairs, tokenise_pairs
from training.preflight.batches import Batches
from training.preflight.lengths import Lengths, measured
from training.preflight.memory import available_bytes, estimate

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


def dpo_lengths(frame: pl.DataFrame, tokenizer: "PreTrainedTokenizerBase", config: DpoConfig) -> Lengths:
    """Measure each pair as DPO reads it: its prompt with the longer of its two replies.

    Args:
        frame: Rows of ``PAIR_COLUMNS``.
        tokenizer: The model's.
        config: The limit, and what becomes of longer pairs.
    """
    sizes = []
    for messages, *replies in frame.select("prompt", "chosen", "rejected").iter_rows():
        sizes.append(len(prompt_ids(tokenizer, messages)) + max(len(answer_ids(tokenizer, one)) for one in replies))
    return measured("dpo", "train", sizes, config.max_length, config.too_long)


def dpo_shape(config: DpoConfig, pairs: int, processes: int) -> Batches:
    """Return DPO's arithmetic; ``micro`` and ``rows`` count replies, two a pair."""
    step = config.batch_size * config.gradient_accumulation * processes
    steps = math.ceil(math.ceil(pairs / step) * config.epochs)
    return Batches(
        "dpo", processes, 2 * config.batch_size, config.gradient_accumulation, 2 * step, steps,
        math.ceil(config.warmup_ratio * steps), math.ceil(steps / config.save_steps),
    )  # fmt: skip


def look_at_pairs(config: DpoConfig, folder: Path, processes: int, method: Method) -> dict[str, Any]:
    """Look at a DPO stage: ``lengths``, ``dropped`` pairs by reason, ``batches``, ``memory``, ``available`` bytes.

    Args:
        config: The stage.
        folder: The pairs' folder, or the rationales' that holds it.
        processes: How many will work together.
        method: How the adapter is trained: DPO goes on with SFT's.

    Raises:
        TickerTuneError: The pairs cannot be read, one is too long and the recipe refuses that, or none is left.
    """
    base = resolve_model(config.model)
    tokenizer = load_tokenizer(base, config.model)
    frame, _ = read_pairs(folder)
    pairs = tokenise_pairs(frame, tokenizer, config)
    lengths = dpo_lengths(frame, tokenizer, config)
    batches = dpo_shape(config, len(pairs), processes)
    longest = min(lengths.most, config.max_length)
    memory = estimate(config, base, method, batches.micro, longest, longest)  # TRL scores the prompt's tokens too
    return {
        "lengths": [{name: value for name, value in asdict(lengths).items() if name != "stage"}],
        "dropped": dict(pairs.dropped),
        "batches": asdict(batches),
        "memory": asdict(memory) | {"total": memory.total},
        "available": available_bytes(),
    }
