"""Which files a world's part of the page holds."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from eval.report import facts
from eval.report.collect import World
from eval.report.downloads import Download, Shelf
from eval.report.errors import error_table
from eval.report.findings import judged
from eval.report.seen import Seen
from eval.report.views import View


def world_files(shelf: Shelf, world: World, seen: Seen) -> list[Download]:
    """Everything that the page shows of a world, as files.

    Args:
        shelf: The page's.
        world: The world.
        seen: What is read off its predictions.
    """
    at = f"{world.name}/eval"
    prompts = [asdict(one) for one in [*seen.examples, *(one for group in seen.errors for one in group.shown)]]
    scored = [row.model_dump(mode="json") for row in world.rows.all]
    traded = [
        {"of": part, **row.model_dump(mode="json")}
        for part, rows in (("book", world.portfolio.book), ("account", world.portfolio.account))
        for row in rows.all
    ]
    swept = world.sweep.rows.all if world.sweep else []
    protocol = world.protocol
    files = [
        shelf.rows("Verdicts", "verdicts", verdict_rows(world), "report.json"),
        shelf.rows("Scores and paired differences", "scores", scored, f"{at}/metrics.json"),
        shelf.rows("Views", "views", view_rows(seen.views), "report.json"),
        shelf.rows("Counts of errors", "error_counts", [asdict(one) for one in seen.error_counts], "report.json"),
        shelf.table("Errors", "errors", error_table(world), f"{at}/predictions"),
        shelf.json("Prompts shown", "prompts", prompts, f"{world.name}/data"),
        shelf.rows("Portfolio measures", "portfolio", traded, f"{at}/portfolio.json"),
        shelf.table("Returns of the book", "returns", world.equity, f"{at}/equity.parquet"),
        shelf.table("Values of the account", "account", world.portfolio.series, f"{at}/accounts.parquet"),
        shelf.rows("Votes", "votes", [point.model_dump(mode="json") for point in world.votes], f"{at}/votes.json"),
        shelf.rows(
            "Checkpoints over training", "checkpoints", [row.model_dump(mode="json") for row in swept],
            f"{world.name}/sweep/metrics.json",
        ),
        shelf.json("Protocol", "protocol", protocol.model_dump(mode="json") if protocol else None, f"{at}/protocol.json"),
        shelf.json("Guards", "guards", [one.model_dump(mode="json") for one in world.guards], f"{at}/guards.json"),
        *(
            shelf.rows(f"Log of {stage.name}", f"log_{stage.name}", _numbers(stage.log), f"{world.name}/{stage.name}/log.jsonl")
            for stage in world.stages
        ),
        shelf.json("Data facts", "data", _data(world), f"{world.name}/data/dataset/info.json"),
    ]  # fmt: skip
    return [file for file in files if file is not None]


def verdict_rows(world: World) -> list[dict[str, Any]]:
    """Every comparison behind the verdicts."""
    return [
        {
            "world": world.name, "checkpoint": found.checkpoint, "against": one.against, "metric": one.row.metric,
            "difference": one.row.value, "low": one.row.low, "high": one.row.high, "n": one.row.n, "days": one.row.days,
            "p": one.p, "p_holm": one.holm, "comparisons": found.tests, "verdict": one.word,
        }
        for found in judged(world)
        for one in found.comparisons
    ]  # fmt: skip


def view_rows(found: Sequence[View]) -> list[dict[str, Any]]:
    """Every part of every view: a row a predictor, one without score where there are too few samples or days."""
    rows: list[dict[str, Any]] = []
    for view in found:
        for part in view.parts:
            about = {"view": view.kind, "part": part.name, "samples": part.n, "days": part.days}
            empty = dict.fromkeys(("checkpoint", "metric", "value", "low", "high"))
            scored = [{name: getattr(row, name) for name in empty} for row in part.rows]
            rows += [about | row for row in scored or [empty]]
    return rows


def _numbers(log: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Lines of a training log with the same keys, what is no number left out."""
    keys = dict.fromkeys(key for line in log for key, value in line.items() if isinstance(value, int | float))
    return [{key: _number(line.get(key)) for key in keys} for line in log]


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _data(world: World) -> dict[str, Any]:
    if world.info is None:
        return {}
    return {
        "facts": dict(facts.data_facts(world)),
        "class_priors": world.info.class_priors,
        "dropped_documents": world.drops,
        "counts": world.info.counts,
    }


def shown_data(world: World, seen: Seen) -> dict[str, Any]:
    """The world's part of report.json: what the page shows and metrics.json does not hold."""
    return {
        "verdicts": verdict_rows(world),
        "views": view_rows(seen.views),
        "notes_of_views": {view.kind: view.note for view in seen.views if view.note},
        "error_counts": [asdict(one) for one in seen.error_counts],
        "errors_shown": {group.title: [example.sample_id for example in group.shown] for group in seen.errors},
        "checkpoints_against_base": [
            {**one.row.model_dump(mode="json"), "p": one.p, "p_holm": one.holm, "verdict": one.word}
            for one in seen.sweep.values()
        ],
    }
