"""TRL's arguments from our configuration, with the free ``trainer:`` block checked by name."""

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from trl import DPOConfig, GRPOConfig, RewardConfig, SFTConfig

from tickertune.core.errors import TickerTuneError, did_you_mean
from tickertune.core.recipe import DpoConfig, EpochsConfig, GrpoConfig, PairsConfig, RewardModelConfig, StageConfig
from tickertune.core.recipe import SftConfig as SftRecipe
from tickertune.core.recipe.run import TrainingConfig
from training.models import use_cpu
from training.trainer_numbers import count_of, fitted
from training.trainer_values import REFUSED, wrong_values

A = TypeVar("A", SFTConfig, GRPOConfig, DPOConfig, RewardConfig)

_DEFAULTS = {"report_to": "none", "ddp_find_unused_parameters": False}
MICRO_BATCH = 16
"""Most completions that GRPO holds in one backward pass, unless the recipe says otherwise."""


def stage_args(config: TrainingConfig, output: Path) -> SFTConfig | DPOConfig | RewardConfig | GRPOConfig:
    """Return the arguments of the stage's trainer; errors as those of the function for its kind."""
    if isinstance(config, SftRecipe):
        return sft_args(config, output)
    if isinstance(config, DpoConfig):
        return dpo_args(config, output)
    if isinstance(config, RewardModelConfig):
        return reward_model_args(config, output)
    return grpo_args(config, output)


def sft_args(config: SftRecipe, output: Path) -> SFTConfig:
    """Return the arguments of TRL's SFTTrainer.

    Raises:
        TickerTuneError: A key of ``trainer`` is unknown, ours, or has a value that TRL refuses.
    """
    owned = _of_epochs(config, output) | {
        "weight_decay": config.weight_decay,
        "max_length": config.max_length if config.packing else None,
        "packing": config.packing,
        "completion_only_loss": True,
        "shuffle_dataset": False,
    }
    return build(SFTConfig, owned, {}, config.trainer)


def dpo_args(config: DpoConfig, output: Path) -> DPOConfig:
    """Return the arguments of TRL's DPOTrainer; pairs come tokenised and are never cut.

    Raises:
        TickerTuneError: A key of ``trainer`` is unknown, ours, or has a value that TRL refuses.
    """
    owned = _of_pairs(config, output) | {
        "beta": config.beta,
        "loss_type": [config.loss],
        "precompute_ref_log_probs": False,
        "sync_ref_model": False,
        "disable_dropout": True,  # of the reference; training.dpo switches that of the trained adapter on again
    }
    return build(DPOConfig, owned, {}, config.trainer)


def reward_model_args(config: RewardModelConfig, output: Path) -> RewardConfig:
    """Return the arguments of TRL's RewardTrainer; pairs come tokenised and are never cut.

    Raises:
        TickerTuneError: A key of ``trainer`` is unknown, ours, or has a value that TRL refuses.
    """
    owned = _of_pairs(config, output) | {
        "center_rewards_coefficient": config.center,
        "disable_dropout": False,  # it would switch lora.dropout off without a word
    }
    return build(RewardConfig, owned, {}, config.trainer)


def grpo_args(config: GrpoConfig, output: Path, form: str | None = None) -> GRPOConfig:
    """Return the arguments of TRL's GRPOTrainer: one generation batch a step, so that resuming is exact.

    Args:
        config: The stage.
        output: Its folder.
        form: Regular expression that vLLM holds replies to.

    Raises:
        TickerTuneError: As ``sft_args``; or the batch cannot be shared out; or a checkpoint would fall into a buffer.
    """
    extra = {key: value for key, value in config.trainer.items() if key != "per_device_train_batch_size"}
    micro, accumulation = grpo_batches(config)
    iterations = config.num_iterations
    if config.save_steps % iterations:
        raise TickerTuneError(
            f"save_steps {config.save_steps} is no multiple of trainer.num_iterations {iterations}: a checkpoint in "
            "the middle of a generation buffer resumes to other weights",
            f"Use a multiple of {iterations}",
        )
    _, weights = config.schedule()[0]
    owned = _shared(config, output) | {
        "max_steps": config.steps,
        "per_device_train_batch_size": micro,
        "gradient_accumulation_steps": accumulation,
        "num_generations": config.num_generations,
        "max_completion_length": config.max_completion_length,
        "temperature": config.temperature,
        # Truncated sampling would bias the importance ratio between rollout and update.
        "top_p": 1.0,
        "top_k": 0,
        "min_p": None,
        "beta": config.beta,
        "scale_rewards": config.scale_rewards,
        "reward_weights": list(weights.values()),
        "mask_truncated_completions": False,
        "shuffle_dataset": False,
        "use_vllm": config.vllm,
        "vllm_structured_outputs_regex": form,
        "generation_batch_size": None,
        "steps_per_generation": None,
        "logging_steps": 1,
    }
    defaults = {"loss_type": "dapo", "lr_scheduler_type": "constant", "vllm_mode": "colocate"}
    if form is not None:
        # By sequence a reply would weigh as little as the policy's own probability of the form, which is what is lacking.
        defaults["vllm_importance_sampling_mode"] = "token_truncate"
    return build(GRPOConfig, owned, defaults, extra)


def grpo_batches(config: GrpoConfig, processes: int | None = None) -> tuple[int, int]:
    """Return completions a process holds at once, and how many such parts make its share of a step.

    Args:
        config: The stage.
        processes: How many work together; None: as many as were launched.

    Raises:
        TickerTuneError: The step's completions cannot be shared out equally; or ``trainer.per_device_train_batch_size``, the most held at
            once, is no whole number from 1 on.
    """
    limit = count_of(config.trainer, "per_device_train_batch_size", MICRO_BATCH)
    total = config.prompts_per_step * config.num_generations
    processes = processes or world_size()
    if total % processes:
        raise TickerTuneError(
            f"{config.prompts_per_step} prompts x {config.num_generations} generations cannot be shared by "
            f"{processes} processes",
            f"Make prompts_per_step x num_generations a multiple of {processes}",
        )
    share = total // processes
    micro = max(size for size in range(1, min(share, limit) + 1) if share % size == 0)
    return micro, share // micro


def world_size() -> int:
    """Number of processes that were launched together."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def build(kind: type[A], owned: Mapping[str, Any], defaults: Mapping[str, Any], extra: Mapping[str, Any]) -> A:
    """Build TRL's arguments from what our configuration determines, what it proposes, and the ``trainer`` block.

    Raises:
        TickerTuneError: A key of the block is unknown or ours, or a value none that TRL knows or can read (all are named); or TRL refuses one.
    """
    fields = {item.name: item for item in dataclasses.fields(kind) if item.init}
    names = list(fields)
    wrong = [f"unknown key 'trainer.{key}'{did_you_mean(key, names)}" for key in extra if key not in names]
    wrong += [f"'trainer.{key}' is refused ({REFUSED[key]})" for key in extra if key in REFUSED]
    wrong += [f"'trainer.{key}' is set by the recipe itself" for key in extra if key in owned and key not in REFUSED]
    extra, unfit = fitted(fields, {key: extra[key] for key in extra if key not in {*REFUSED, *owned}})
    wrong += unfit + wrong_values(kind.__name__, fields, extra)
    if wrong:
        raise TickerTuneError("; ".join(wrong), "Correct the trainer block")
    try:
        return kind(**{**_DEFAULTS, **defaults, **extra, **owned})
    except (TypeError, ValueError) as error:
        raise TickerTuneError(
            f"TRL refuses the configuration ({str(error).splitlines()[0]})", "Correct the trainer block"
        ) from error


def _shared(config: StageConfig, output: Path) -> dict[str, Any]:
    return {
        "output_dir": str(output / "checkpoints"),
        "learning_rate": config.learning_rate,
        "gradient_checkpointing": config.gradient_checkpointing,
        "save_strategy": "steps",
        "save_steps": config.save_steps,
        # Two, since the older one goes before the newer one is known to be whole.
        "save_total_limit": None if config.keep_checkpoints == "all" else 2,
        "logging_strategy": "steps",
        "seed": config.seed,
        "use_cpu": use_cpu(),
        "bf16": config.model.dtype == "bfloat16",
        "fp16": False,
        "disable_tqdm": True,
        "resume_from_checkpoint": None,
    }


def _of_epochs(config: EpochsConfig, output: Path) -> dict[str, Any]:
    return _shared(config, output) | {
        "lr_scheduler_type": config.scheduler,
        "warmup_steps": config.warmup_ratio,
        "num_train_epochs": config.epochs,
        "per_device_train_batch_size": config.batch_size,
        "gradient_accumulation_steps": config.gradient_accumulation,
        "logging_steps": config.logging_steps,
        "include_num_input_tokens_seen": "non_padding",
    }


def _of_pairs(config: PairsConfig, output: Path) -> dict[str, Any]:
    """The trainer's sampler shuffles pairs by the seed, and is resumed."""
    return _of_epochs(config, output) | {"max_length": None}
