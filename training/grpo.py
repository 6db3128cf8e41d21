"""GRPO on stock-price feedback, from an SFT checkpoint.

Commands (any key of the recipe can follow as ``--key value``, dotted for nested ones)::

    python -m training.grpo --config recipes/demo/grpo.yaml --dataset DATA --init SFT --output OUT --rewards.pnl 2
    accelerate launch --config_file recipes/accelerate/ddp.yaml -m training.grpo --config recipes/demo/grpo.yaml ...
"""

import json
import math
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
from trl import GRPOTrainer

from data_pipeline.dataset import DatasetInfo, read_info
from tickertune.core.files import sha256_value, write_json
from tickertune.core.prompting import prompt_ids
from tickertune.core.recipe import GrpoConfig
from tickertune.core.recipe.curriculum import CurriculumConfig
from tickertune.core.stage_facts import base_facts
from tickertune.core.tasks import get_task
from training.alarms import alarms
from training.checkpoints import CompletenessCallback, check_origin
from training.collapse import CollapseGuard
from training.curriculum import Plan, plan_of
from training.curriculum.difficulty import right_shares
from training.curriculum.distractors import Distractors, Turns
from training.curriculum.regimes import regimes_of
from training.examples import train_samples
from training.log import LogCallback
from training.models import add_adapter, load_adapter, load_base, load_tokenizer
from training.preflight import check_vllm
from training.prompts import answer_form, check_completion_length, usable_prompts
from training.rewards.compose import Reward, compose
from training.rewards.constant import Baselines, of_task
from training.rewards.constant_check import check_constants, report
from training.rewards.trl import StageWeights, reward_functions
from training.selection import BEST, selection_of
from training.shared_prefix import SharedPrefixGRPOTrainer, is_sharded
from training.stage import finish, main, main_process, origin, run_trainer, say
from training.start import Start, base_of, opening
from training.trainer_args import grpo_args


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
    opened = opening(config)
    dataset, output, start = opened.dataset, opened.output, opened.start
    check_vllm(config, start.method)
    info = read_info(dataset)
    args = grpo_args(config, output, answer_form(config, get_task(info.task)))
    rewards = compose(config, info)
    samples = train_samples(dataset)
    base = base_of(config, opened, args)
    made_from = origin(config, info, samples, base, start.weights)
    with main_process(args) as first:
        if first:
            check_origin(output / "checkpoints", made_from, later=["prompt_order"])
            for sentence in check_constants(samples, rewards, info, config, partial(_report, output)):
                say(f"Warning: {sentence}")
    tokenizer = load_tokenizer(base, config.model)
    tagged = config.reply == "tagged"
    check_completion_length(tokenizer, rewards[0].task, config.max_completion_length, tagged=tagged)
    usable = usable_prompts(samples, tokenizer, rewards[0], config)
    model = _policy(config, base, start)
    plan = _plan(usable.samples, config, info, dataset, output, model, tokenizer, rewards[0], made_from, args)
    if plan is not None:
        made_from["prompt_order"] = sha256_value(plan.order)
    noise = config.curriculum.distractors
    distractors = None if noise is None else Distractors(of_task(samples, rewards[0]), noise, info, config.seed)
    prompts, dropped = usable.ordered(
        config, plan, None if distractors is None else _laying(distractors, config, tokenizer)
    )
    if distractors is not None:
        made_from["prompt_order"] = sha256_value(
            [made_from.get("prompt_order"), prompts["sample_id"][:], prompts["prompt"][:]]
        )
    curriculum = _told(plan, distractors, output, args)

    log = LogCallback(output / "log.jsonl", "grpo", partial(alarms, collapse=config.collapse))
    selection = selection_of(config, 1, dataset, output, tokenizer, rewards[0].task)
    guard = CollapseGuard(output, config.collapse, log, config.model.dtype, keeps=selection is None)
    trainer = (SharedPrefixGRPOTrainer if config.shared_prefix and not is_sharded() else GRPOTrainer)(
        model=model,
        reward_funcs=reward_functions(rewards, _end_ids(model, tokenizer.eos_token_id)),
        args=args,
        train_dataset=prompts,
        processing_class=tokenizer,
        callbacks=[CompletenessCallback(), log, guard, *([selection] if selection else [])],
    )
    guard.trainer = trainer
    if selection is not None:
        selection.trainer = trainer
    trainer.add_callback(StageWeights(trainer, rewards))
    run_trainer(trainer, log, made_from, output, config)
    seen = math.ceil(int(trainer.state.global_step) / config.num_iterations) * config.prompts_per_step
    facts = {
        "model": config.model.name,
        **base_facts(base, config.model.revision),
        "samples": seen,
        "rollouts": seen * config.num_generations,
        "dropped": dict(dropped),
        "curriculum": curriculum,
        "collapse": guard.found,
        "seconds": opened.timer.seconds,
    }
    chosen = guard.chosen()
    if selection is not None:
        guard.require(None if selection.best is None else int(selection.best["step"]))
        facts |= {"selected_by": selection.by, "selected": selection.best}
        chosen = output / BEST
    facts = finish(trainer, output, start.method, config.model.dtype, facts, chosen)
    guard.clear()
    return facts


def _plan(
    samples: pl.DataFrame,
    config: GrpoConfig,
    info: DatasetInfo,
    dataset: Path,
    output: Path,
    model: Any,
    tokenizer: Any,
    reward: Reward,
    made_from: dict[str, Any],
    args: Any,
) -> Plan | None:
    """Lay out the order that the recipe's curriculum asks for; None where it asks for none."""
    curriculum = config.curriculum
    if curriculum.model_copy(update={"distractors": None}) == CurriculumConfig():
        return None
    weights = [made_from["base"], made_from["init"]]
    shares = regimes = None
    if curriculum.difficulty is not None:
        shares = right_shares(samples, model, tokenizer, reward, config, weights, output, args)
    if curriculum.regimes is not None:
        regimes = regimes_of(samples, curriculum.regimes, dataset, info)
    return plan_of(samples, config, shares, regimes)


def _laying(
    distractors: Distractors, config: GrpoConfig, tokenizer: Any
) -> Callable[[pl.DataFrame, Sequence[int]], list[Turns]]:
    """What puts distractors into the prompts of all steps, within the length that prompts may have."""

    def fits(turns: Turns) -> bool:
        return len(prompt_ids(tokenizer, turns)) <= config.max_prompt_length

    per_step = config.prompts_per_step
    return partial(distractors.lay, per_step=per_step, num_iterations=config.num_iterations, fits=fits)


def _told(plan: Plan | None, distractors: Distractors | None, output: Path, args: Any) -> dict[str, Any] | None:
    """Note what the curriculum holds, in words and in ``curriculum.json``; None where there is none."""
    if plan is None and distractors is None:
        return None
    facts = {} if plan is None else dict(plan.facts)
    dropped = {} if plan is None else plan.dropped
    if distractors is not None:
        facts["distractors"] = dict(distractors.counts)
    if args.process_index == 0:
        write_json(output / "curriculum.json", {"dropped": dropped, **facts})
    say(f"grpo: curriculum: {json.dumps(facts)}; dropped: {json.dumps(dropped)}")
    return facts


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


def _report(output: Path, baselines: Baselines, reward: Reward) -> None:
    report(baselines, reward, output / (f"baselines-{reward.stage}.json" if reward.stage else "baselines.json"))


if __name__ == "__main__":
    sys.exit(main(GrpoConfig, train))
