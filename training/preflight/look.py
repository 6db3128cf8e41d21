"""All that can be said of SFT or GRPO once its data set is there: what training will refuse is refused here."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl

from data_pipeline.dataset import read_info, read_split
from tickertune.core.errors import TickerTuneError
from tickertune.core.models import resolve_model
from tickertune.core.prompting import completion_ids
from tickertune.core.recipe import GrpoConfig, SftConfig
from tickertune.core.tasks import LabelTask, get_task
from training.examples import build_examples, train_samples
from training.models import Method, end_ids, load_tokenizer
from training.packing import check_packing, pack
from training.preflight.batches import grpo_shape, sft_shape
from training.preflight.checks import check_context
from training.preflight.lengths import Lengths, grpo_lengths, sft_lengths
from training.preflight.memory import cost
from training.preflight.template import check_template, first_reading
from training.prompts import answer_form, check_completion_length, usable_prompts
from training.rewards.compose import Reward, compose
from training.rewards.constant import of_task
from training.rewards.constant_check import check_constants
from training.trainer_args import stage_args

UNTRAINED = ("validation", "test")


def look(
    config: SftConfig | GrpoConfig, dataset: Path, processes: int, method: Method, others: Sequence[str] = UNTRAINED
) -> dict[str, Any]:
    """Look at a stage without loading weights.

    Returns:
        ``lengths`` by split, ``dropped`` training samples by reason, ``warnings``, what ``cost`` gives, ``reading`` of the first sample of the task,
        ``answer_tokens`` by label.

    Args:
        config: The stage.
        dataset: The data stage's folder.
        processes: How many will work together.
        method: How the weights are trained; GRPO goes on with SFT's.
        others: Splits whose rows are measured besides those of ``train``.

    Raises:
        TickerTuneError: The trainer block is wrong, the template cannot be trained on, no example is left, a row would train nothing or
            never end, the rewards do not fit the task or the labels of a mixture, no training sample is of the task, no answer fits into a completion, a step cannot be shared out, the model's context is
            shorter than the rows, or a policy that reads nothing beats the reference and the recipe asks to stop then.
    """
    base = resolve_model(config.model)
    stage_args(config, config.output or dataset)
    info = read_info(dataset)
    tokenizer, task = load_tokenizer(base, config.model), get_task(info.task)
    samples = train_samples(dataset)
    if samples.is_empty():
        raise TickerTuneError("The train split is empty", "Build a data set with training samples")
    measured = {"train": samples, **{split: read_split(dataset, split) for split in others}}
    own = samples.filter(pl.col("task") == task.name)
    sample = (samples if own.is_empty() else own).row(0, named=True)
    check_template(sample, tokenizer, task, end_ids(base, config.model, tokenizer))
    rewards: list[Reward] = []
    if isinstance(config, SftConfig):
        check_packing(config, base)
        lengths = [sft_lengths(rows, split, tokenizer, task, config) for split, rows in measured.items() if len(rows)]
        examples = build_examples(samples, tokenizer, task, config)
        check_context(base, config.model, max(map(len, examples.input_ids)))
        masks = pack(examples.completion_mask, config.max_length) if config.packing else examples.completion_mask
        batches = sft_shape(config, len(masks), processes)
        longest, scored = max(map(len, masks)), max(map(sum, masks))
        dropped = dict(examples.dropped) | ({"truncated": examples.truncated} if config.too_long == "truncate" else {})
    else:
        rewards = compose(config, info)
        reward = rewards[0]
        answer_form(config, reward.task)
        check_completion_length(tokenizer, reward.task, config.max_completion_length, tagged=reward.tagged)
        measured["train"] = of_task(samples, reward)
        lengths = [grpo_lengths(rows, split, tokenizer, config) for split, rows in measured.items() if len(rows)]
        dropped = dict(usable_prompts(samples, tokenizer, reward, config).dropped)
        batches = grpo_shape(config, processes)
        most = config.max_prompt_length if config.curriculum.distractors else lengths[0].most
        longest = min(most, config.max_prompt_length) + config.max_completion_length
        scored = config.max_completion_length
        check_context(base, config.model, longest)
    _check_rows(lengths)
    found: dict[str, Any] = {
        "lengths": [{name: value for name, value in asdict(row).items() if name != "stage"} for row in lengths],
        "dropped": dropped,
        "warnings": [],
        **cost(config, base, method, batches, longest, scored),
        "reading": asdict(first_reading(sample, tokenizer, task)) if isinstance(config, SftConfig) else None,
        "answer_tokens": {label: len(completion_ids(tokenizer, task, label)) for label in task.labels}
        if isinstance(task, LabelTask)
        else {},
    }
    if (
        isinstance(config, GrpoConfig) and not rewards[0].user_terms
    ):  # which may take their time: training itself asks them
        found["warnings"] = check_constants(samples, rewards, info, config)
    return found


def _check_rows(lengths: Sequence[Lengths]) -> None:
    for row in lengths:
        if row.no_end or row.masked:
            raise TickerTuneError(
                f"Of {row.rows} rows of {row.split}, {row.no_end} do not end their turn and {row.masked} train nothing",
                "Correct the task's answers or the tokenizer's end token",
            )
