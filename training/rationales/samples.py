"""Which samples a teacher may be asked about: the training period alone."""

from pathlib import Path

import numpy as np
import polars as pl

from data_pipeline.dataset import DatasetInfo, read_split
from eval.world import check_labels
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe.rationales import RationalesConfig
from tickertune.core.tasks import Task, get_task

LATER = ("validation", "test", "ood_both")
"""Splits whose dates come after the training period."""
TEMPLATE = "movement_tagged@1"


def training_samples(dataset: Path, info: DatasetInfo, config: RationalesConfig) -> tuple[pl.DataFrame, Task]:
    """Read the samples to ask about, in the order of the train split.

    Raises:
        TickerTuneError: The train split is empty or reaches into a later split; a label is none of the task's; the prompts do not
            ask for a tagged reply; or the style needs what the task has not.
    """
    task = get_task(info.task)
    if not task.labels:
        raise TickerTuneError(
            f"Task {task.name} has open answers, and rationales are kept by label", "Use another task"
        )
    if config.style == "evidence" and not task.has_positions:
        raise TickerTuneError(
            f"Style evidence compares a sum with a position, and task {task.name} takes none",
            "Set style to thesis or free",
        )
    samples = read_split(dataset, "train")
    if samples.is_empty():
        raise TickerTuneError(f"Data set {dataset} has no train split", "Give it a training period and build it again")
    check_period(samples, [read_split(dataset, split) for split in LATER])
    check_labels(dataset, "train", samples, task)
    asks_for_tags = samples["messages"].list.eval(pl.element().struct["content"].str.contains("<answer>")).list.any()
    if not asks_for_tags.all():
        raise TickerTuneError(
            f"The prompts of {dataset} do not ask for a reply with <think> and <answer>",
            f"Build it with prompt: {{template: {TEMPLATE}}}, or a template of yours that asks for them",
        )
    count = min(config.samples or samples.height, samples.height)
    return samples[np.sort(np.random.default_rng(config.seed).permutation(samples.height)[:count])], task


def check_period(samples: pl.DataFrame, later: list[pl.DataFrame]) -> None:
    """Refuse samples that are not of the train split, or that were decided, or ended, once a later split had begun.

    Args:
        samples: ``Sample`` rows to ask about.
        later: Rows of the splits that come after training.

    Raises:
        TickerTuneError: The first such sample is named.
    """
    others = samples.filter(pl.col("split") != "train")
    if others.height:
        raise TickerTuneError(
            f"Sample {others['sample_id'][0]} is of split {others['split'][0]}: rationales are made of the train split alone",
            "Build the data set again",
        )
    following = pl.concat(later)
    if following["as_of"].drop_nulls().is_empty():
        return  # no later split, or undated texts
    decided, entered = following["as_of"].min(), following["entry"].min()
    late = samples.filter((pl.col("as_of") >= decided) | (pl.col("exit") > entered))
    if late.height:
        row = late.row(0, named=True)
        raise TickerTuneError(
            f"Sample {row['sample_id']} of the train split was decided at {row['as_of']!s} and ended at {row['exit']!s}, but a "
            f"later split is decided from {decided!s} and entered from {entered!s} on",
            "Build the data set again with splits that do not overlap",
        )
