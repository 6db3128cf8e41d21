"""The page: one file without any outside asset, every text escaped."""

import re
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from eval.report import facts, tables, view_tables
from eval.report.collect import RunView, World
from eval.report.downloads import Shelf
from eval.report.environment import environment
from eval.report.findings import findings, headline, limits, side_by_side
from eval.report.guards import first_prompt, guard_lines
from eval.report.layout import METRICS, metric_title, shown_note
from eval.report.plots import WORLD_PLOTS, by_part, published, steps, training
from eval.report.protocol import beside_all, protocol_block
from eval.report.seen import Seen
from eval.report.shelves import world_files
from eval.report.sweep import sweep_note
from eval.report.sweep_verdicts import said_of_sweep
from eval.report.views import View, shown_in_views


def render_html(run: RunView, seen: Mapping[str, Seen]) -> str:
    """Render the report of a run.

    Args:
        run: The run.
        seen: By world, what is read off its predictions.
    """
    shelf = Shelf()
    page = (
        environment()
        .get_template("template.html.j2")
        .render(
            title=run.facts.get("name", run.folder.name),
            facts=facts.run_facts(run),
            worlds=[_world(world, seen[world.name], place, shelf) for place, world in enumerate(run.worlds, start=1)],
            together=side_by_side(run),
            limits=limits(run),
            work=tables.work(run),
        )
    )
    return page + "\n"


def _world(world: World, seen: Seen, place: int, shelf: Shelf) -> Mapping[str, Any]:
    drawn = {name: (draw(world), words) for name, (draw, words) in WORLD_PLOTS.items()}
    grids = {
        "scores": tables.scores(world),
        "confidence": tables.confidence(world),
        "portfolio": tables.portfolio(world),
        "risk": tables.portfolio_risk(world),
        "account": tables.account(world),
        "steps": view_tables.steps(world, seen.sweep),
        "votes": tables.votes(world),
    }
    months = [view for view in seen.views if view.kind == "month"]
    parts = {
        "name": world.name,
        "place": place,
        "slug": re.sub(r"[^A-Za-z0-9_-]+", "-", world.name),
        "placebo": world.placebo,
        "findings": findings(world),
        "verdicts": view_tables.verdict_grid(world),
        "shown": shown_note(world.rows.checkpoints()),
        "views": [_view(world, view) for view in seen.views],
        "months": _image(svg, f"{_metric(world)} by month of the entry, with 95% intervals")
        if months and (svg := by_part(world, months[0]))
        else None,
        "error_counts": view_tables.error_grid(seen.error_counts),
        "errors": seen.errors,
        "files": world_files(shelf, world, seen),
        "facts": facts.data_facts(world),
        "notes": facts.data_notes(world),
        "scoring": facts.scoring_facts(world),
        "drops": [(reason, f"{count:,}") for reason, count in world.drops.items()],
        "priors": tables.priors(world),
        **grids,
        "legends": {name: _legend(grid) for name, grid in grids.items()},
        "differences": tables.differences(world),
        "trials": world.portfolio.trials,
        "unfilled": facts.account_facts(world),
        "plots": {name: _image(svg, words) if svg else None for name, (svg, words) in drawn.items()},
        "stages": [
            (
                stage.name,
                _image(svg, f"Training curves of {stage.name}") if (svg := training(stage)) else None,
                facts.stage_facts(stage),
            )
            for stage in world.stages
            if stage.name in ("rationales", "sft", "dpo", "reward_model", "grpo")
        ],
        "protocol": protocol_block(world.protocol),
        "published": _published(world),
        "beside": bool(beside_all(world, headline(world))),
        "guards": guard_lines(world.guards),
        "first_prompt": first_prompt(world.guards),
        "sweep": _sweep(world, said_of_sweep(seen.sweep, world.sweep) if world.sweep else ""),
        "examples": seen.examples,
    }
    return parts | {"contents": _contents(parts)}


SECTIONS = (
    ("views", "views", ("views",)),
    ("protocol", "protocol", ("protocol",)),
    ("guards", "guards", ("guards",)),
    ("portfolio", "portfolio", ("portfolio",)),
    ("training", "training", ("stages",)),
    ("votes", "votes", ("votes",)),
    ("checkpoints", "checkpoints", ("sweep",)),
    ("data", "data", ("facts",)),
    ("errors", "errors", ("examples", "errors")),
    ("files", "downloads", ("files",)),
)
"""Parts of a world that the contents name: id, title, and what has to be there."""


def _contents(parts: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(name, title) for name, title, keys in SECTIONS if any(parts[key] for key in keys)]


def _metric(world: World) -> str:
    return metric_title(headline(world))


def _view(world: World, view: View) -> Mapping[str, Any]:
    return {
        "kind": view.kind,
        "title": view.title,
        "note": view_tables.view_note(world, view),
        "grid": view_tables.view_grid(world, view, shown_in_views(world)),
    }


def _published(world: World) -> dict[str, list[dict[str, str]]]:
    """Plots of the metrics that published numbers are about, by part; what stands in the first plot is not drawn again."""
    result = world.protocol
    if result is None:
        return {}
    images: dict[str, list[dict[str, str]]] = {}
    for check in result.checks:
        rows = [row for row in result.rows if row.world == check.part]
        numbers = [number for number in result.published if number.part == check.part]
        for metric in dict.fromkeys(number.metric for number in numbers):
            if not beside_all(world, metric) or metric != headline(world):
                svg = published(rows, numbers, metric)
                words = f"{metric_title(metric)} on {check.title}, published numbers as lines"
                images.setdefault(check.part, []).extend([_image(svg, words)] if svg else [])
    return images


def _sweep(world: World, said: str) -> Mapping[str, Any] | None:
    if world.sweep is None:
        return None
    svg = steps(world.sweep)
    return {
        "said": said,
        "note": sweep_note(world.sweep),
        "image": _image(svg, "The headline metric of each checkpoint over the steps of training") if svg else None,
    }


def _legend(grid: tables.Grid | None) -> list[tuple[str, str]]:
    """What the columns of a table mean."""
    keys = grid.keys if grid else []
    return [(METRICS[key].title, METRICS[key].meaning) for key in keys if key in METRICS]


def _image(svg: str, words: str) -> dict[str, str]:
    """An image as a data address: nothing in it can reach the page, and its ids cannot clash."""
    return {"source": "data:image/svg+xml;base64," + b64encode(svg.encode()).decode(), "words": words}
