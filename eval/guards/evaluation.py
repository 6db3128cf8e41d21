"""Guards of an evaluation on disk: its checkpoints asked again by their engine, answers stored like all others."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import polars as pl

from data_pipeline.dataset import prompt_hash, read_split
from eval.checkpoint import Checkpoint
from eval.checkpoint_scores import score_checkpoints
from eval.comparison import metric_rows
from eval.guards import copies
from eval.guards.case import Case, Subject
from eval.guards.cutoffs import FICTIONAL, METRICS_AFTER, TAGS, cutoff_of, tagged
from eval.guards.result import GuardResult, write_guards
from eval.guards.run import run_guards
from eval.guards.tokens import double_bos, first_prompt
from eval.results import ResultStore
from eval.store import PredictionStore
from eval.tokenizer import load_tokenizer
from eval.world import World
from tickertune.core.files import sha256_text, write_json
from tickertune.core.progress import console
from tickertune.core.recipe import EvalConfig, GuardsConfig
from tickertune.core.recipe.evaluation import BaselineName
from tickertune.core.table import read_parquet, write_table

BETWEEN = "\x1f"
"""Between the name of a variant and the id of its sample, in the ids of what is asked again."""


def guard_evaluation(
    world: World,
    checkpoints: Sequence[Checkpoint],
    predictions: Mapping[str, pl.DataFrame],
    config: EvalConfig,
    guards: GuardsConfig,
    folder: Path,
    results: ResultStore,
) -> list[GuardResult]:
    """Run the guards over scored checkpoints and write guards.json, cutoff_tags.parquet and what scores after the cutoff and without near copies are; flags are said aloud.

    Args:
        world: The data that was scored.
        checkpoints: What was scored.
        predictions: Their ``Prediction`` rows.
        config: How they were scored.
        guards: Which guards, and their settings.
        folder: Folder of the evaluation.
        results: Store of all answers: what was asked before is not asked again.
    """
    train = pl.concat([read_split(place, "train") for place in guards.trained_on or [world.folder]])
    case = Case(world.info, world.task, world.samples, train, world.folder, config, guards)
    subjects = [Subject(one.name, one.base, predictions[one.name].sort("cluster", "sample_id")) for one in checkpoints]
    found = run_guards(
        case, subjects, _asker(world, checkpoints, config, folder, results), _of_prompts(world, case, checkpoints[0])
    )
    write_guards(found, folder)
    if "cutoff" in guards.checks and world.info.source_kind not in FICTIONAL:
        bases = dict.fromkeys(checkpoint.base for checkpoint in checkpoints)
        tags = tagged(world.samples, [cutoff_of(base, guards.cutoffs, guards.cutoff) for base in bases])
        write_table(tags, folder / TAGS, ["sample_id"])
        after = tags.filter(pl.col("tag") == "after")
        if 0 < after.height < world.samples.height:
            write_json(folder / METRICS_AFTER, _metrics_of(after, case, checkpoints, predictions, world.name))
    if "near_duplicates" in guards.checks and 0 < case.copies.table.height < world.samples.height:
        write_table(case.copies.table, folder / copies.TABLE, ["sample_id"])
        rest = world.samples.join(case.copies.table, on="sample_id", how="anti")
        write_json(folder / copies.METRICS_WITHOUT, _metrics_of(rest, case, checkpoints, predictions, world.name))
    for result in found:
        if result.verdict == "flag":
            of = f" ({result.checkpoint})" if result.checkpoint else ""
            console.print(f"GUARD {result.guard}{of}: {result.said}", style="bold red", markup=False)
    return found


def _metrics_of(
    part: pl.DataFrame,
    case: Case,
    checkpoints: Sequence[Checkpoint],
    predictions: Mapping[str, pl.DataFrame],
    world: str,
) -> list[dict[str, Any]]:
    """All metrics of checkpoints and baselines over a part of the samples."""
    names = [checkpoint.name for checkpoint in checkpoints]
    inside = {
        name: frame.join(part, on="sample_id", how="semi", maintain_order="left")
        for name, frame in predictions.items()
        if name in names or name in get_args(BaselineName)
    }
    trained = [checkpoint.name for checkpoint in checkpoints if checkpoint.trained]
    rows = metric_rows(inside, case.task, case.config, world, case.horizon, names, trained)
    return [row.model_dump(mode="json") for row in rows]


def _asker(
    world: World, checkpoints: Sequence[Checkpoint], config: EvalConfig, folder: Path, results: ResultStore
) -> Callable[[Mapping[str, pl.DataFrame]], dict[tuple[str, str], pl.DataFrame]]:
    def ask(variants: Mapping[str, pl.DataFrame]) -> dict[tuple[str, str], pl.DataFrame]:
        together = pl.concat(
            [
                samples.with_columns(sample_id=pl.lit(f"{name}{BETWEEN}") + pl.col("sample_id"))
                for name, samples in variants.items()
            ]
        )
        # Another split hash: what is asked again is no further trial on the scored split.
        prompts = prompt_hash(together)
        if world.shots is not None:
            prompts = world.shots.with_prompts(prompts)
        hashes = {"prompt_hash": prompts, "split_hash": sha256_text(f"guards {world.info.split_hash}")}
        changed = World(
            world.name, world.folder, world.info.model_copy(update=hashes), world.task, together, world.shots
        )
        kept = PredictionStore(folder / "guards" / next(iter(variants)).partition(":")[0])
        score_checkpoints(changed, checkpoints, config, kept, results)
        return {(one.name, name): _part(kept.load(one.name), name) for one in checkpoints for name in variants}

    return ask


def _part(predictions: pl.DataFrame, variant: str) -> pl.DataFrame:
    """The rows of one variant, under their samples' own ids."""
    mark = f"{variant}{BETWEEN}"
    own = predictions.filter(pl.col("sample_id").str.starts_with(mark))
    return own.with_columns(pl.col("sample_id", "cluster").str.strip_prefix(mark)).sort("cluster", "sample_id")


def _of_prompts(world: World, case: Case, checkpoint: Checkpoint) -> Callable[[str], GuardResult]:
    def check(name: str) -> GuardResult:
        from tickertune.core.prompting import scoring_ids

        tokenizer = load_tokenizer(checkpoint.base, checkpoint.revision)
        if name == "first_prompt":
            first = world.asked.head(1)
            ids = scoring_ids(tokenizer, world.task, first["messages"][0])
            shown = [*first["doc_ids"][0].to_list(), *(world.shots.doc_ids if world.shots is not None else ())]
            return first_prompt(tokenizer, [ids], _withheld(world, shown))
        drawn = case.drawn(world.asked)
        return double_bos(
            tokenizer, [scoring_ids(tokenizer, world.task, messages) for messages in drawn["messages"].to_list()]
        )

    return check


def _withheld(world: World, doc_ids: list[str]) -> bool:
    """Whether a sample shows a text whose licence does not let it be shown."""
    table = world.folder / "documents.parquet"
    if not table.is_file():
        return not world.info.redistributable
    hidden = read_parquet(table).filter(~pl.col("redistributable"))["doc_id"]
    return not set(doc_ids).isdisjoint(hidden)
