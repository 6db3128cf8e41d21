"""Write the tables and pictures of docs/labels.md from the labels' own code (``make docs``).

Between ``<!-- label NAME -->`` and ``<!-- /label -->`` all is generated; what stands around it is written by hand.
``--measure`` labels the demo's market first and keeps the class shares in ``measured.json``; without
it they are read from there. Run from the root of the repository: .venv/bin/python scripts/label_pages.py --measure
"""

import argparse
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import yaml
from label_diagrams import clock, diagram, example_of

from data_pipeline.curation import curate, superseded_at
from data_pipeline.dataset.info import SPLITS, class_priors
from data_pipeline.labels.fit import quantiles_of
from data_pipeline.labels.registry import LABELS, label_spec
from data_pipeline.labels.sessions import load_sessions
from data_pipeline.labels.spec import LabelSpec
from data_pipeline.labels.timeline import calendar_span
from data_pipeline.linking import link
from data_pipeline.samples.checks import leak_share
from data_pipeline.samples.labelling import empty_classes_note
from data_pipeline.samples.movement import movement_samples
from data_pipeline.sources import SourceData, load_source
from tickertune.core.files import read_json, write_json, write_text
from tickertune.core.recipe import MovementDataConfig, parse_config
from tickertune.core.tasks import get_task

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "labels.md"
IMAGES = ROOT / "docs" / "images" / "labels"
MEASURED = IMAGES / "measured.json"
DEMO = ROOT / "recipes" / "demo" / "data.yaml"
EXAMPLE_SPLIT = {
    "train_start": "2023-11-13",
    "train_end": "2023-11-27",
    "validation_end": "2023-11-27",
    "test_start": "2023-11-27",
    "test_end": "2023-12-01",
}
_SECTION = re.compile(r"(<!-- label (\w+) -->\n).*?(<!-- /label -->)", re.DOTALL)


def recipe(name: str, **changes: Any) -> MovementDataConfig:
    """The demo's data block with a label, without its limits, so that shares are those of all samples."""
    values = yaml.safe_load(DEMO.read_text(encoding="utf-8")) | {"label": {"name": name}, "limit": {}} | changes
    return parse_config(MovementDataConfig, values, str(DEMO))


def demo_market() -> tuple[SourceData, pl.DataFrame]:
    """The demo's source over the span that any label needs, and its curated and linked documents."""
    config = recipe("excess")
    since = config.split.train_start - timedelta(days=30)
    data = load_source(config.source, since, max(calendar_span(recipe(name))[1] for name in LABELS))
    documents, _ = curate(data.documents, config.curation)
    return data, link(documents, data.instruments)[0]


def measure(name: str, data: SourceData, documents: pl.DataFrame) -> dict[str, Any]:
    """Samples of the demo's market with a label: class shares by split, leak share and what a data card says of them."""
    config = recipe(name)
    samples = movement_samples(
        documents,
        superseded_at(data.documents),
        data.instruments,
        data.bars,
        data.actions,
        load_sessions("XNYS", *calendar_span(config)),
        config,
    )
    frame, classes = samples.frame, samples.fitted.categories or list(get_task(config.task).labels)
    priors, banded = class_priors(frame, classes), samples.counts["dead_band"]
    return {
        "samples": {split: len(frame.filter(pl.col("split") == split)) for split in priors},
        "class_priors": {
            split: {label: round(share, 4) for label, share in shares.items()} for split, shares in priors.items()
        },
        "leak_share": round(leak_share(samples, documents, config.latency_minutes), 4),
        "dead_band_share": round(banded / (banded + len(frame)), 4),
        "cut_points": [round(cut, 6) for cut in samples.fitted.cut_points],
        "notes": [*samples.notes, *empty_classes_note(priors["train"], classes)],
    }


def example_config(name: str) -> MovementDataConfig:
    """The settings behind the timing picture: those of the demo, around the example's week."""
    return recipe(name, split=EXAMPLE_SPLIT)


def section(name: str, measured: dict[str, Any]) -> str:
    """The generated part of a label's section."""
    config = example_config(name)
    spec = label_spec(config.label)
    example, _ = example_of(config, spec)
    rows = [
        ("Task", f"`{config.task}`"),
        ("Entry and exit", f"{_window(spec)}, as {clock(example.entry)} to {clock(example.exit)}"),
        ("Text", f"{_text(spec)}, as {clock(example.text_from)} to {clock(example.as_of)}"),
        ("What is cut", f"`{spec.target}`" if not spec.categorical else "the name itself"),
        ("Classes", _classes(spec, measured)),
        ("Source", spec.source),
        ("Label hash", f"`{spec.hash[:16]}`"),
        ("On the demo's market", _demo(measured)),
    ]
    parts = [
        f"![Timing of label {name}](images/labels/{name}.svg)",
        _table(("what", "of the label with its defaults"), rows),
        _table(("class", *_splits(measured)), _priors(measured)),
        *measured["notes"],
    ]
    return "\n\n".join(parts) + "\n"


def page(text: str, measured: dict[str, Any]) -> str:
    """The page with its generated parts renewed."""
    return _SECTION.sub(lambda found: f"{found[1]}\n{section(found[2], measured[found[2]])}\n{found[3]}", text)


def pictures() -> dict[str, str]:
    """Each label's timing as SVG, by file name."""
    found = {}
    for name in LABELS:
        config = example_config(name)
        found[f"{name}.svg"] = diagram(name, config, label_spec(config.label))
    return found


def _window(spec: LabelSpec) -> str:
    if spec.span == "calendar_week":
        return "first open to last close of the calendar week"
    end = "the first close beyond a barrier, at the latest the close" if spec.barriers else f"the {spec.out}"
    if spec.sessions_ahead == 0:
        return f"{spec.event} to {end} of the same session"
    after = "session" if spec.sessions_ahead == 1 else "sessions"
    return f"{spec.event} to {end} {spec.sessions_ahead} {after} later"


def _text(spec: LabelSpec) -> str:
    if spec.text_window == "calendar_days":
        return "the look-back's whole days before the exit's session"
    if spec.cutoff is not None:
        return f"since the same time of the session before, until {spec.cutoff} of the entry's own day"
    fresh = "since the decision before" if spec.honours_fresh_only else "the whole look-back"
    return f"{fresh}, until 30 minutes before the {spec.event}"


def _classes(spec: LabelSpec, measured: dict[str, Any]) -> str:
    cuts = ", ".join(f"{cut:+.4g}" for cut in measured["cut_points"])
    if spec.categorical:
        return "those of the train split"
    if spec.rule == "barriers":
        return "lower, vertical and upper barrier"
    if spec.fitted:
        shares = ", ".join(f"{share:.3g}" for share in quantiles_of(spec))
        return f"{spec.classes}, cut at quantiles {shares} of train; here {cuts}"
    kind = "dead band between" if spec.fixed_band else "published bounds"
    return f"{spec.classes}, {kind} {', '.join(f'{100 * cut:+.4g}%' for cut in measured['cut_points'])}"


def _demo(measured: dict[str, Any]) -> str:
    said = ", ".join(f"{measured['samples'][split]} {split}" for split in _splits(measured))
    leak = f"{measured['leak_share']:.1%} of the samples show text from after their entry"
    band = f"; {measured['dead_band_share']:.1%} fell in the dead band" if measured["dead_band_share"] else ""
    return f"{said} samples; {leak}{band}"


def _priors(measured: dict[str, Any]) -> list[tuple[str, ...]]:
    shares = {split: measured["class_priors"][split] for split in _splits(measured)}
    classes = list(dict.fromkeys(label for split in shares.values() for label in split))
    known = next(
        (task.labels for task in map(get_task, ("forecaster", "movement7")) if set(classes) <= set(task.labels)), ()
    )
    ordered = [label for label in known if label in classes] or sorted(classes)
    return [(label, *(f"{100 * split.get(label, 0):.1f}%" for split in shares.values())) for label in ordered]


def _splits(measured: dict[str, Any]) -> list[str]:
    return [split for split in SPLITS if split in measured["class_priors"]]


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def main() -> None:
    """Write what the arguments ask for."""
    parser = argparse.ArgumentParser(description="Write the tables and pictures of docs/labels.md.")
    parser.add_argument("--measure", nargs="*", metavar="LABEL", help="label the demo's market with these, or all")
    wanted = parser.parse_args().measure
    measured = read_json(MEASURED) if MEASURED.exists() else {}
    if wanted is not None:
        market = demo_market()
        measured |= {name: measure(name, *market) for name in wanted or LABELS}
        write_json(MEASURED, measured)
    for name, picture in pictures().items():
        write_text(IMAGES / name, picture)
    write_text(PAGE, page(PAGE.read_text(encoding="utf-8"), measured))


if __name__ == "__main__":
    main()
