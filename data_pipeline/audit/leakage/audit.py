"""The audit of a data set: read it, look at it, say what was found."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import polars as pl

from data_pipeline.audit.leakage.checks.priors import counts_by_split, shares_by_month
from data_pipeline.audit.leakage.finding import AuditResult
from data_pipeline.audit.leakage.inputs import Source, is_data, open_source
from data_pipeline.audit.leakage.load import Loaded, load_view
from data_pipeline.audit.leakage.registry import run_checks
from data_pipeline.audit.leakage.times import check_zone
from data_pipeline.audit.leakage.view import View
from data_pipeline.labels.sessions import load_sessions
from tickertune.core.document import Document
from tickertune.core.files import read_json
from tickertune.core.table import read_table

_PROBE = (date(2020, 1, 2), date(2020, 1, 10))
"""Days on which every exchange has sessions, to learn its zone."""


def audit_dataset(
    dataset: str,
    *,
    columns: Mapping[str, tuple[str, ...]] | None = None,
    zone: str | None = None,
    exchange: str = "XNYS",
    documents: Path | None = None,
) -> AuditResult:
    """Run every leakage check that a data set allows.

    Args:
        dataset: A file, a folder (also of ``save_to_disk`` or of a data stage) or a Hub id.
        columns: Roles that the user has named, as of ``parse_overrides``.
        zone: IANA zone of naive times; None: UTC, and findings say that it was assumed.
        exchange: ISO 10383 code of the exchange whose days and hours are meant, or ``24/7``.
        documents: Documents behind the samples; None: those beside a data set of ours, if there are any.

    Raises:
        TickerTuneError: Nothing to read, a damaged file, an unknown column, exchange or zone.
    """
    if zone is not None:
        check_zone(zone)
    exchange_zone = load_sessions(exchange, *_PROBE).zone
    source = open_source(dataset)
    own = _own_folder(dataset)
    latency = 0
    if own is not None:
        latency = read_json(own / "info.json").get("latency_minutes") or 0
        beside = own.parent / "documents.parquet"
        documents = documents or (beside if beside.is_file() else None)
    loaded = load_view(
        source,
        columns or {},
        zone=zone,
        exchange=exchange,
        exchange_zone=exchange_zone,
        documents=None if documents is None else read_table(documents, Document),
        latency_minutes=latency,
    )
    return audit_view(loaded, source)


def audit_view(loaded: Loaded, source: Source) -> AuditResult:
    """Run the checks on a view that was read from ``source``."""
    view = loaded.view
    states, findings = run_checks(view)
    priors = {
        split: {label: count / sum(counts.values()) for label, count in sorted(counts.items())}
        for split, counts in (counts_by_split(view) if view.has("label") else {}).items()
        if len(counts) <= 50
    }
    return AuditResult(
        dataset=source.name,
        rows=loaded.rows,
        looked_at=view.frame.height,
        texts_read=loaded.texts,
        roles=view.roles.words(),
        splits=_splits(view),
        zone=view.zone,
        notes=view.notes,
        checks=states,
        findings=findings,
        priors=priors,
        figures=_figures(view),
    )


def is_dataset(folder: Path) -> bool:
    """Whether a folder holds a data set, and not only tables of documents and prices."""
    tables = {
        "documents",
        "bars",
        "actions",
        "instruments",
        "drops",
        "quarantine",
        "findings",
        "withheld",
        "clocks",
        "shown",
    }
    if (folder / "dataset" / "info.json").is_file() or (folder / "info.json").is_file():
        return True
    if (folder / "dataset_dict.json").is_file() or (folder / "state.json").is_file():
        return True
    files = [file for file in folder.rglob("*") if file.is_file() and is_data(file)]
    return any(file.stem not in tables and not file.stem.startswith("truth_") for file in files)


def _own_folder(dataset: str) -> Path | None:
    """The folder of a data set of ours, with its info.json."""
    for folder in (Path(dataset) / "dataset", Path(dataset)):
        if (folder / "info.json").is_file():
            return folder
    return None


def _splits(view: View) -> dict[str, int]:
    if "split" not in view.frame.columns:
        return {}
    counts = view.frame["split"].drop_nulls().value_counts().sort("split")
    order = {"train": 0, "validation": 1, "test": 2}
    return dict(sorted(counts.iter_rows(), key=lambda pair: order.get(pair[0], 3)))


def _figures(view: View) -> dict[str, object]:
    figures: dict[str, object] = {}
    months = shares_by_month(view)
    if months["label"].n_unique() <= 10 and months["month"].n_unique() > 1:
        figures["months"] = json.loads(months.with_columns(pl.col("month").cast(pl.String)).write_json())
    role = next((name for name in ("published", "available", "as_of") if view.has(name) and not view.dates(name)), None)
    if role is not None:
        hours = view.frame[role].drop_nulls().dt.convert_time_zone(view.zone).dt.hour().value_counts()
        counts = dict(hours.iter_rows())
        figures["hours"] = {"role": role, "counts": [counts.get(hour, 0) for hour in range(24)]}
    return figures
