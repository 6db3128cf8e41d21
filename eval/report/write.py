"""Write report.html, report.md, report.json and metrics.json of a run."""

from pathlib import Path

from eval.report.collect import collect
from eval.report.markdown import render_markdown
from eval.report.seen import look
from eval.report.shelves import shown_data
from tickertune.core.files import write_json, write_text


def write_report(run_folder: Path) -> Path:
    """Write the report of what a run has done so far; the same run gives the same bytes.

    Args:
        run_folder: A folder made by ``tickertune run``; stages that are missing are left out.

    Returns:
        Path of the page, ``<run_folder>/report.html``; report.md, report.json (verdicts, views, errors) and metrics.json stand beside it.

    Raises:
        TickerTuneError: The folder holds no run, or a file in it is damaged.
    """
    from eval.report.html import render_html  # loads matplotlib

    run = collect(run_folder)
    page = run_folder / "report.html"
    write_json(run_folder / "metrics.json", [row.model_dump(mode="json") for row in run.rows])
    seen = {world.name: look(world) for world in run.worlds}
    write_json(run_folder / "report.json", {world.name: shown_data(world, seen[world.name]) for world in run.worlds})
    write_text(run_folder / "report.md", render_markdown(run, seen))
    write_text(page, render_html(run, seen))
    return page
