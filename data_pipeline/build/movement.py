"""Build a movement data set: source, curation, linking, labels, samples, checks, files."""

import shutil
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import polars as pl

from data_pipeline.audit.leakage import audit_samples
from data_pipeline.audit.prices import audit_prices
from data_pipeline.build.decontamination import without_evaluation_texts
from data_pipeline.build.facts import card_facts, ceiling_for, universe_notes
from data_pipeline.build.loading import load_source
from data_pipeline.build.notes import CUTOFF_NOTE, withheld_note
from data_pipeline.build.prices import price_checks, require_one_series
from data_pipeline.build.recipe import write_recipe
from data_pipeline.build.story import DROPPED
from data_pipeline.curation import curate, superseded_at
from data_pipeline.dataset import (
    CheckResult,
    DatasetInfo,
    class_priors,
    outcome_hash,
    prompt_hash,
    sizes,
    split_hash,
    write_dataset,
)
from data_pipeline.labels.registry import label_spec
from data_pipeline.labels.sessions import Sessions, common_sessions
from data_pipeline.labels.timeline import build_timeline, calendar_span
from data_pipeline.linking import link, refused_links
from data_pipeline.linking.aliases import read_aliases
from data_pipeline.samples.checks import check_samples, leak_share
from data_pipeline.samples.labelling import empty_classes_note
from data_pipeline.samples.movement import MovementSamples, movement_samples
from data_pipeline.samples.prompting import prompt_facts
from data_pipeline.sources import SourceData
from data_pipeline.splits import clusters_of, fold_splits
from tickertune.core.errors import TickerTuneError
from tickertune.core.progress import progress_bar
from tickertune.core.recipe import MovementDataConfig
from tickertune.core.table import write_table
from tickertune.core.tasks import get_task

FRESH_MARGIN_DAYS = 10
"""The decision before the first one lies at most so far back: the longest closure of an exchange."""


@dataclass(frozen=True)
class _Tables:
    """What the data set and all its folds are made of."""

    data: SourceData
    documents: pl.DataFrame
    drops: pl.DataFrame
    findings: pl.DataFrame
    sessions: Sessions


def build_movement(config: MovementDataConfig, folder: Path) -> DatasetInfo:
    """Write the tables, the data set and its folds; returns what the data set says of itself."""
    with progress_bar("data", total=5) as bar:
        data = _load(config)
        _drop_bars_without_calendar(data)
        sessions = _sessions(config, data)
        data.documents = _knowable(config, data.documents, sessions)
        findings = audit_prices(data.bars, data.actions, data.instruments, sessions)
        require_one_series(findings)
        bar.advance()
        documents, curated_out = curate(data.documents, config.curation)
        bar.advance()
        aliases = read_aliases(config.aliases, data.instruments) if config.aliases else None
        curated = documents
        documents, unlinked = link(curated, data.instruments, aliases)
        data.counts["links_refused"] = refused_links(curated, documents)
        drops = pl.concat([curated_out, unlinked])
        bar.advance()
        tables = _Tables(data, documents, drops, findings, sessions)
        bar.advance()
        info = _build_one(config, tables, folder)
        _write_tables(data, documents, drops, folder)
        write_table(findings, folder / "findings.parquet", ["instrument_id", "first_session", "kind", "detail"])
        shutil.rmtree(folder / "folds", ignore_errors=True)
        for number, split in enumerate(fold_splits(config.split, sessions), start=1):
            fold = config.model_copy(update={"split": split})
            _build_one(fold, tables, folder / "folds" / f"fold_{number:02d}")
        bar.advance()
    return info


def _build_one(config: MovementDataConfig, tables: _Tables, folder: Path) -> DatasetInfo:
    """Write one data set with its recipe, and which documents its samples show."""
    data, documents = tables.data, tables.documents
    samples = movement_samples(
        documents,
        superseded_at(data.documents),
        data.instruments,
        data.bars,
        data.actions,
        tables.sessions,
        config,
        findings=tables.findings if config.audit.withhold else None,
        clusters=clusters_of(tables.drops),
        observations=data.observations,
    )
    samples = without_evaluation_texts(samples, documents, config, folder)
    _require_samples(config, samples)
    checks = check_samples(samples, documents, config.latency_minutes)
    checks += audit_samples(
        samples.frame,
        documents,
        exchange=tables.sessions.exchange,
        zone=tables.sessions.zone,
        latency_minutes=config.latency_minutes,
    )
    checks += price_checks(tables.findings, data.bars, tables.sessions, samples.withheld)
    info = _info(config, data, documents, tables.drops, samples, tables.sessions, checks)
    info = info.model_copy(update=card_facts(documents, tables.drops, samples.used, samples.splits.boundary))
    shown = samples.used.with_columns(position=pl.int_range(pl.len()).over("sample_id"))
    write_table(shown, folder / "shown.parquet", ["sample_id", "position"])
    write_table(samples.withheld, folder / "withheld.parquet", ["sample_id", "first_session", "kind", "detail"])
    write_recipe(config, folder)
    write_dataset(samples.frame, info, folder / "dataset")
    return info


def _load(config: MovementDataConfig) -> SourceData:
    since = config.split.train_start - timedelta(days=max(config.lookback_days, FRESH_MARGIN_DAYS))
    until = calendar_span(config)[1]
    data = load_source(config.source, since, until)
    for what, table in (("documents", data.documents), ("bars", data.bars)):
        if table.is_empty():
            raise TickerTuneError(
                f"The source ({config.source.kind}) has no {what} between {since} and {until}",
                "Set the dates of split to a span that the source covers",
            )
    return data


def _drop_bars_without_calendar(data: SourceData) -> None:
    """Drop, in place, and count the bars of instruments that the source does not list: no exchange, so no sessions."""
    known = data.bars.join(data.instruments, on="instrument_id", how="semi", maintain_order="left")
    dropped = len(data.bars) - len(known)
    if dropped and len(known):
        data.bars = known
        data.counts["bars_without_instrument"] = dropped


def _sessions(config: MovementDataConfig, data: SourceData) -> Sessions:
    traded = data.instruments.join(data.bars, on="instrument_id", how="semi")
    if traded.is_empty():
        raise TickerTuneError(
            f"No bar belongs to an instrument; the first bar is of '{data.bars['instrument_id'][0]}'",
            "Use the same instrument_id in instruments and bars",
        )
    return common_sessions(traded["exchange"].unique(), *calendar_span(config))


def _knowable(config: MovementDataConfig, documents: pl.DataFrame, sessions: Sessions) -> pl.DataFrame:
    """Documents that some decision of the recipe can know; later ones influence nothing, not even curation."""
    timeline = build_timeline(config, label_spec(config.label), sessions)
    if not len(timeline):
        raise TickerTuneError(
            f"{sessions.exchange} has no session between {config.split.train_start} and {config.split.test_end}",
            "Widen the dates of split",
        )
    last = pl.lit(timeline.as_of[-1]).dt.replace_time_zone("UTC")
    known = documents.filter(pl.col("available_at").is_null() | (pl.col("available_at") <= last))
    if known["available_at"].is_null().all():
        raise TickerTuneError(
            f"No document is available by the last decision, {timeline.as_of[-1]} UTC",
            "Set the dates of split to a span that the source covers",
        )
    return known


def _require_samples(config: MovementDataConfig, samples: MovementSamples) -> None:
    split = config.split
    wanted = {"train": True, "validation": split.validation_end > split.train_end, "test": True}
    counts = sizes(samples.frame)
    empty = [name for name, want in wanted.items() if want and not counts[f"samples_{name}"]]
    if empty:
        found = ", ".join(f"{name} {count}" for name, count in samples.counts.items() if count)
        raise TickerTuneError(
            f"No sample in {' and '.join(empty)} (counts: {found or 'no decision has news'})",
            "Widen the dates of split or the look-back, or choose another source",
        )


def _counts(data: SourceData, documents: pl.DataFrame, drops: pl.DataFrame, samples: MovementSamples) -> dict[str, int]:
    reasons = Counter(drops["reason"])
    return {
        **{f"source_{name}": count for name, count in data.counts.items()},
        "quarantined": len(data.quarantine),
        "documents": len(data.documents),
        **{f"documents_dropped_{reason}": count for reason, count in reasons.items()},
        "documents_kept": len(documents),
        **samples.counts,
        **sizes(samples.frame),
    }


def _info(
    config: MovementDataConfig,
    data: SourceData,
    documents: pl.DataFrame,
    drops: pl.DataFrame,
    samples: MovementSamples,
    sessions: Sessions,
    checks: list[tuple[str, str]],
) -> DatasetInfo:
    frame, spec = samples.frame, samples.spec
    labels = samples.fitted.categories or list(get_task(config.task).labels)
    priors = class_priors(frame, labels)
    shown = documents.join(samples.used, on=["doc_id", "revision"], how="semi")
    banded = samples.counts["dead_band"]
    return DatasetInfo(
        task=config.task,
        labels=labels,
        horizon=spec.horizon,
        market_adjusted=spec.market_adjusted,
        split_hash=split_hash(frame),
        prompt_hash=prompt_hash(frame),
        prompt=prompt_facts(config),
        outcome_hash=outcome_hash(frame),
        label_spec=spec.said(),
        label_hash=spec.hash,
        fitted=samples.fitted.model_dump(mode="json", exclude_defaults=True),
        class_priors=priors,
        counts=_counts(data, documents, drops, samples),
        leak_share=leak_share(samples, documents, config.latency_minutes),
        dead_band_share=banded / (banded + samples.counts["over_limit"] + len(frame)),
        ceiling=ceiling_for(config.label, data.ceiling),
        source_kind=config.source.kind,
        exchange=sessions.exchange,
        zone=sessions.zone,
        latency_minutes=config.latency_minutes,
        decision_minutes=config.decision_minutes_before_open,
        price_basis=sorted(data.bars["basis"].unique()),
        licences=sorted(shown["licence"].unique()),
        redistributable=bool(shown["redistributable"].all()),
        first_session=str(frame["session"].min()),
        last_session=str(frame["session"].max()),
        notes=[
            *data.notes,
            *withheld_note(samples.withheld),
            *universe_notes(frame, data.bars, data.actions),
            *samples.notes,
            *empty_classes_note(priors.get("train", {}), labels),
            CUTOFF_NOTE,
        ],
        checks=[CheckResult(check=check, result=result) for check, result in checks],
    )


def _write_tables(data: SourceData, documents: pl.DataFrame, drops: pl.DataFrame, folder: Path) -> None:
    write_table(documents, folder / "documents.parquet", ["available_at", "doc_id", "revision"])
    write_table(drops, folder / "drops.parquet", ["reason", "doc_id", "revision"])
    dropped = data.documents.join(drops, on=["doc_id", "revision"], how="semi")
    write_table(dropped, folder / DROPPED, ["available_at", "doc_id", "revision"])
    write_table(data.instruments, folder / "instruments.parquet", ["instrument_id", "valid_from", "symbol"])
    write_table(data.bars, folder / "bars.parquet", ["instrument_id", "session"])
    write_table(data.actions, folder / "actions.parquet", ["instrument_id", "ex_date", "kind", "value"])
    write_table(data.quarantine, folder / "quarantine.parquet", ["item", "reason", "raw_sha256"])
    for name, table in sorted(data.truth.items()):
        flat = [column for column, dtype in table.schema.items() if not dtype.is_nested()]
        write_table(table, folder / f"truth_{name}.parquet", flat)
