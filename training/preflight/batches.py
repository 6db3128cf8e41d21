"""How a stage's batches, steps and checkpoints come out of its recipe."""

import math
from dataclasses import dataclass

from tickertune.core.recipe import DpoConfig, GrpoConfig, RewardModelConfig, SftConfig
from training.trainer_args import grpo_batches


@dataclass(frozen=True)
class Batches:
    """The arithmetic of one stage."""

    stage: str
    processes: int
    micro: int
    """Rows that a process holds at once."""
    accumulation: int
    """Such parts of a step."""
    rows: int
    """Rows of a step, over all processes; of GRPO completions."""
    steps: int
    warmup: int
    checkpoints: int
    """Checkpoints over the whole stage, the last one included."""


def sft_shape(config: SftConfig, examples: int, processes: int) -> Batches:
    """Return SFT's arithmetic for so many examples, or for so many rows where they are packed."""
    rows = config.batch_size * config.gradient_accumulation * processes
    steps = math.ceil(math.ceil(examples / rows) * config.epochs)
    return Batches(
        "sft", processes, config.batch_size, config.gradient_accumulation, rows, steps,
        math.ceil(config.warmup_ratio * steps), math.ceil(steps / config.save_steps),
    )  # fmt: skip


def pairs_shape(config: DpoConfig | RewardModelConfig, pairs: int, processes: int) -> Batches:
    """Return the arithmetic of a stage on preference pairs; ``micro`` and ``rows`` count replies, two a pair."""
    step = config.batch_size * config.gradient_accumulation * processes
    steps = math.ceil(math.ceil(pairs / step) * config.epochs)
    return Batches(
        "dpo" if isinstance(config, DpoConfig) else "reward_model", processes, 2 * config.batch_size,
        config.gradient_accumulation, 2 * step, steps, math.ceil(config.warmup_ratio * steps),
        math.ceil(steps / config.save_steps),
    )  # fmt: skip


def grpo_shape(config: GrpoConfig, processes: int) -> Batches:
    """Return GRPO's arithmetic: a generation batch is a step, so that no checkpoint falls into a buffer.

    Raises:
        TickerTuneError: As ``grpo_batches``.
    """
    micro, accumulation = grpo_batches(config, processes)
    return Batches(
        "grpo", processes, micro, accumulation, config.prompts_per_step * config.num_generations, config.steps, 0,
        math.ceil(config.steps / config.save_steps),
    )  # fmt: skip
