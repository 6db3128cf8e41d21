"""The report as one self-contained page: the verdict first, every text escaped, no outside asset."""

from base64 import b64encode
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from data_pipeline.audit.leakage import plots
from data_pipeline.audit.leakage.finding import AuditResult
from data_pipeline.audit.leakage.verdict import title_of, verdict
from tickertune.core.files import write_json, write_text


def render_html(audit: AuditResult) -> str:
    """Render the report of an audit."""
    environment = Environment(
        loader=PackageLoader("data_pipeline.audit.leakage", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    titles = {state.check: title_of(audit, state.check) for state in audit.checks}
    labels = sorted({label for shares in audit.priors.values() for label in shares})
    page = environment.get_template("report.html.j2").render(
        audit=audit, verdict=verdict(audit), titles=titles, labels=labels, pictures=_pictures(audit)
    )
    return page + "\n"


def write_report(audit: AuditResult, folder: Path) -> list[Path]:
    """Write audit.html and audit.json into ``folder``; returns both paths."""
    page, numbers = folder / "audit.html", folder / "audit.json"
    write_text(page, render_html(audit))
    write_json(numbers, audit.model_dump(mode="json"))
    return [page, numbers]


def _pictures(audit: AuditResult) -> list[dict[str, str]]:
    found = []
    if "months" in audit.figures:
        found.append((plots.label_months(audit.figures["months"]), "Share of each label by month."))
    if "hours" in audit.figures:
        told = audit.figures["hours"]
        words = f"Stamps ({told['role']}) by hour of the day in {audit.zone}."
        found.append((plots.hours(told["counts"], audit.zone), words))
    return [
        {"source": "data:image/svg+xml;base64," + b64encode(svg.encode()).decode(), "words": words}
        for svg, words in found
    ]
