"""The page: one file without any outside asset, every text escaped."""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from eval.report import facts, tables
from eval.report.collect import RunView, World
from eval.report.examples import examples
from eval.report.findings import findings, limits, side_by_side
from eval.report.guards import first_prompt, guard_lines
from eval.report.layout import METRICS
from eval.report.plots import WORLD_PLOTS, steps, training
from eval.report.protocol import protocol_block
from eval.report.sweep import sweep_note


def render_html(run: RunView) -> str:
    """Render the report of a run."""
    environment = Environment(
        loader=PackageLoader("eval.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("template.html.j2").render(
        title=run.facts.get("name", run.folder.name),
        facts=facts.run_facts(run),
        worlds=[_world(world) for world in run.worlds],
        together=side_by_side(run),
        limits=limits(run),
        work=tables.work(run),
    )
    return page + "\n"


def _world(world: World) -> Mapping[str, Any]:
    drawn = {name: (draw(world), words) for name, (draw, words) in WORLD_PLOTS.items()}
    grids = {
        "scores": tables.scores(world),
        "confidence": tables.confidence(world),
        "portfolio": tables.portfolio(world),
        "risk": tables.portfolio_risk(world),
        "account": tables.account(world),
        "steps": tables.steps(world),
        "votes": tables.votes(world),
    }
    return {
        "name": world.name,
        "placebo": world.placebo,
        "findings": findings(world),
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
            if stage.name in ("rationales", "sft", "dpo", "grpo")
        ],
        "protocol": protocol_block(world.protocol),
        "guards": guard_lines(world.guards),
        "first_prompt": first_prompt(world.guards),
        "sweep": _sweep(world),
        "examples": examples(world),
    }


def _sweep(world: World) -> Mapping[str, Any] | None:
    if world.sweep is None:
        return None
    svg = steps(world.sweep)
    return {
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
