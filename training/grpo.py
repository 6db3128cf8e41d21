"""GRPO on stock-price feedback, from an SFT checkpoint.

Commands (any key of the recipe can follow as ``--key value``, dotted for nested ones)::

    python -m training.grpo --config recipes/demo/grpo.yaml --dataset DATA --init SFT --output OUT --rewards.pnl 2
    accelerate launch --config_file recipes/accelerate/ddp.yaml -m training.grpo --config recipes/demo/grpo.yaml ...
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import polars as pl
from trl import GRPOTrainer

from data_pipeline.dataset import DatasetInfo, read_info, read_split
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json
from tickertune.core.models import check_adapter, check_weights, resolve_model
from tickertune.core.recipe import GrpoConfig
from training.alarms import alarms
from training.checkpoints import CompletenessCallback
from training.log import LogCallback
from training.models import Method, add_adapter, load_adapter, load_base, load_tokenizer
from training.preflight import check_output, check_quantization, check_vllm, folders
from training.prompts import check_completion_length, select_prompts
from training.rewards.compose import Reward, compose
from training.rewards.constant import constant_baselines, report, winner_sentence
from training.rewards.trl import StageWeights, reward_functions
from training.shared_prefix import SharedPrefixGRPOTrainer, is_sharded
from training.stage import FACTS, Timer, finish, main, main_process, origin, run_trainer, say, settle_libraries
from training.trainer_args import grpo_args


@dataclass(frozen=True)
class Start:
    """The weights that GRPO starts from."""

    method: Method
    weights: Path | None
    """An adapter's or a model's folder; None: a new adapter on the base."""


def train(config: GrpoConfig) -> dict[str, Any]:
    """Do the GRPO stage, or take it up from the last whole checkpoint.

    Args:
        config: With ``dataset`` (the data stage's folder), ``output`` (this stage's folder) and, to start from it,
            ``init`` (the SFT stage's folder).

    Returns:
        The facts that are also in ``tickertune.json``.

    Raises:
        TickerTuneError: Something that the user can put right; or a policy that reads nothing beats the reference.
    """
    timer = Timer()
    settle_libraries()
    dataset, output = folders(config)
    start = start_of(config)
    check_quantization(start.method)
    check_vllm(config, start.method)
    args = grpo_args(config, output, start.method)
    info = read_info(dataset)
    rewards = compose(config, info)
    samples = read_split(dataset, "train")
    with main_process(args) as first:
        base = resolve_model(config.model)
        check_output(output, base, start.method)
        if start.weights is not None and start.method != "full":
            check_adapter(start.weights, base)
        if first:
            _check_constants(samples, rewards, info, config, output)
    tokenizer = load_tokenizer(base, config.model)
    tagged = config.reply == "tagged"
    check_completion_length(tokenizer, rewards[0].task, config.max_completion_length, tagged=tagged)
    prompts, dropped = select_prompts(samples, tokenizer, rewards[0], config)

    log = LogCallback(output / "log.jsonl", "grpo", alarms)
    model = _policy(config, base, start)
    trainer = (SharedPrefixGRPOTrainer if config.shared_prefix and not is_sharded() else GRPOTrainer)(
        model=model,
        reward_funcs=reward_functions(rewards, _end_ids(model, tokenizer.eos_token_id)),
        args=args,
        train_dataset=prompts,
        processing_class=tokenizer,
        callbacks=[CompletenessCallback(), log],
    )
    trainer.add_callback(StageWeights(trainer, rewards))
    run_trainer(trainer, log, origin(config, info, base, start.weights), output)
    facts = {
        "model": config.model.name,
        "base": base,
        "samples": len(prompts),
        "rollouts": len(prompts) * config.num_generations,
        "dropped": dict(dropped),
        "seconds": timer.seconds,
    }
    return finish(trainer, output, start.method, config.model.dtype, facts)


def start_of(config: GrpoConfig) -> Start:
    """Find the weights to start from.

    Raises:
        TickerTuneError: ``init`` is no finished SFT stage.
    """
    if config.init is None:
        return Start("lora", None)
    if not config.init.is_dir():
        raise TickerTuneError(f"Folder {config.init} to start from does not exist", "Train it first, or correct --init")
    method = read_json(config.init / FACTS).get("method")
    if method not in get_args(Method):
        raise TickerTuneError(
            f"{config.init / FACTS} names no training method (given: {method!r})", "Run the SFT stage again"
        )
    weights = config.init / ("model" if method == "full" else "adapter")
    if method == "full":
        check_weights(weights)
    return Start(method, weights)


def _policy(config: GrpoConfig, base: str, start: Start) -> Any:
    if start.method == "full":
        return load_base(base, config.model, "full", start.weights)
    model = load_base(base, config.model, start.method)
    if start.weights is None:
        return add_adapter(model, config.lora, config.seed)
    return load_adapter(model, start.weights)


def _end_ids(model: Any, tokenizer_end: int) -> set[int]:
    """Tokens at which TRL ends a rollout."""
    declared = model.generation_config.eos_token_id
    return {tokenizer_end, *(declared if isinstance(declared, list) else [declared])} - {None}


def _check_constants(
    samples: pl.DataFrame, rewards: Sequence[Reward], info: DatasetInfo, config: GrpoConfig, output: Path
) -> None:
    accuracy: float | None = None
    for reward in rewards:
        baselines = constant_baselines(samples, reward, info.horizon or 1, config.seed, accuracy)
        accuracy = baselines.reference_accuracy
        report(baselines, reward, output / (f"baselines-{reward.stage}.json" if reward.stage else "baselines.json"))
        sentence = winner_sentence(baselines)
        if sentence is None:
            continue
        if config.on_constant_wins == "stop":
            raise TickerTuneError(
                sentence, "Balance the reward (other weights, market-adjusted labels), or set on_constant_wins to warn"
            )
        say(f"Warning: {sentence}")


if __name__ == "__main__":
    sys.exit(main(GrpoConfig, train))
