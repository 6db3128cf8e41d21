"""Movement samples: candidates joined with split, targets and label."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data_pipeline.labels.fit import NO_CLASS, FittedState
from data_pipeline.labels.prices import price_panel
from data_pipeline.labels.registry import label_spec
from data_pipeline.labels.sessions import Sessions
from data_pipeline.labels.spec import LabelSpec
from data_pipeline.labels.targets import TARGETS
from data_pipeline.labels.timeline import Timeline, build_timeline, text_starts
from data_pipeline.samples.candidates import Candidate, aware, candidates
from data_pipeline.samples.labelling import Labelled, label_candidates
from data_pipeline.samples.parting import part, with_uniqueness
from data_pipeline.samples.prompting import prompting_of, template_of
from data_pipeline.samples.withheld import SUSPECT_BAR, withhold
from data_pipeline.splits import NAMES, Splits, assign_splits
from tickertune.core.files import sha256_text, sha256_value
from tickertune.core.recipe import MovementDataConfig
from tickertune.core.sample import Sample
from tickertune.core.table import check_table, schema_of
from tickertune.core.tasks import get_task

USED_SCHEMA = pl.Schema({"sample_id": pl.String, "doc_id": pl.String, "revision": pl.Int64})


@dataclass(frozen=True)
class MovementSamples:
    """Samples with what is needed to judge them."""

    frame: pl.DataFrame
    """``Sample`` rows."""
    used: pl.DataFrame
    """``sample_id``, ``doc_id`` and ``revision`` of every document shown."""
    spec: LabelSpec
    fitted: FittedState
    splits: Splits
    counts: dict[str, int]
    withheld: pl.DataFrame
    """Samples that a suspect bar has kept from their label, schema ``WITHHELD_SCHEMA``."""
    notes: list[str]
    """Sentences for the data card."""


def movement_samples(
    documents: pl.DataFrame,
    superseded: pl.DataFrame,
    instruments: pl.DataFrame,
    bars: pl.DataFrame,
    actions: pl.DataFrame,
    sessions: Sessions,
    config: MovementDataConfig,
    fitted: FittedState | None = None,
    findings: pl.DataFrame | None = None,
    clusters: Mapping[str, str] | None = None,
    observations: pl.DataFrame | None = None,
) -> MovementSamples:
    """Build the samples of a recipe.

    Args:
        documents: Curated documents with links.
        superseded: ``superseded_at`` of the documents before curation.
        instruments: Symbol spans.
        bars: Bars of every instrument; those without news count for the market return.
        actions: Corporate actions.
        sessions: Sessions over the recipe's ``calendar_span``.
        config: The recipe's data block.
        fitted: Frozen state of an earlier build; None: fitted here, on the train split.
        findings: What the price audit found: its suspects withhold labels, they change no prompt. None: nothing.
        clusters: Near-duplicate cluster of each document that has one (``clusters_of``); None: no document has.
        observations: Fundamentals and macro figures, for context blocks; None: the source has none.

    Returns:
        The samples; those in no split, without a target or in the dead band are left out and counted.
    """
    spec = label_spec(config.label)
    timeline = build_timeline(config, spec, sessions)
    panel = price_panel(bars, actions, sessions)
    prompting = prompting_of(config, spec, instruments, bars, actions, observations, sessions, panel)
    found, counts = candidates(documents, superseded, instruments, panel, timeline, sessions, config, spec, prompting)
    decision = np.array([candidate.decision for candidate in found], dtype=np.int64)
    splits = assign_splits(
        config.split,
        sessions,
        timeline.entry[decision],
        timeline.exit_time[decision],
        text_starts(timeline, sessions, config.latency_minutes),
    )
    splits = part(splits, found, instruments, clusters or {}, config.split)
    withheld = withhold(found, findings, panel.instruments, timeline, sessions, config, spec, splits)
    train = splits.name == "train"
    labelled = label_candidates(
        panel, spec, timeline, sessions, instruments, found, withheld, train, get_task(config.task), fitted
    )
    keep = np.flatnonzero(np.isin(splits.name, NAMES) & (labelled.code != NO_CLASS))
    frame = _frame(config, spec, timeline, sessions, found, labelled, splits.name, keep)
    frame, over = limited(frame, config.limit)
    if config.split.uniqueness_weights:
        frame = with_uniqueness(frame, sessions)
    counts = {
        "decisions_with_news": len(found),
        "bars_off_session": panel.off_session,
        **counts,
        **_left_out(splits, labelled.target, labelled.code, withheld.flags),
        "over_limit": over,
    }
    return MovementSamples(
        frame, _used(found, frame), spec, labelled.fitted, splits, counts, withheld.table, labelled.notes
    )


def limited(frame: pl.DataFrame, limit: Mapping[Any, int]) -> tuple[pl.DataFrame, int]:
    """Keep at most ``limit[split]`` samples of each split, those whose id has the lowest hash."""
    digest = pl.Series("digest", [sha256_text(sample_id) for sample_id in frame["sample_id"]], dtype=pl.String)
    ranked = frame.with_columns(digest).with_columns(rank=pl.col("digest").rank("ordinal").over("split"))
    most = pl.col("split").replace_strict(dict(limit), default=None, return_dtype=pl.Int64)
    kept = ranked.filter(most.is_null() | (pl.col("rank") <= most)).drop("digest", "rank")
    return kept, len(frame) - len(kept)


def _left_out(
    splits: Splits, target: NDArray[np.float64], code: NDArray[np.int64], withheld: NDArray[np.bool_]
) -> dict[str, int]:
    """Counts of candidates that become no sample: by split first, which no outcome can change."""
    has_split = np.isin(splits.name, NAMES)
    kept_back = int((has_split & withheld).sum())
    reasons, numbers = np.unique(splits.name[~has_split], return_counts=True)
    return {
        **dict(zip(reasons.tolist(), numbers.tolist(), strict=True)),
        **({SUSPECT_BAR: kept_back} if kept_back else {}),
        "no_target": int((has_split & np.isnan(target) & ~withheld).sum()),
        "dead_band": int((has_split & ~np.isnan(target) & (code == NO_CLASS)).sum()),
    }


def _frame(
    config: MovementDataConfig,
    spec: LabelSpec,
    timeline: Timeline,
    sessions: Sessions,
    candidates: list[Candidate],
    labelled: Labelled,
    split: NDArray[np.str_],
    keep: NDArray[np.int64],
) -> pl.DataFrame:
    """``Sample`` rows of the candidates in ``keep``."""
    task, template = get_task(config.task), template_of(config)
    found = [candidates[at] for at in keep]
    labels = [labelled.label[at] for at in keep]
    entry = [timeline.entry[candidate.decision] for candidate in found]
    options = labelled.fitted.categories
    views = [replace(candidate.view, options=options) if options else candidate.view for candidate in found]
    records = {
        "sample_id": [candidate.sample_id for candidate in found],
        "task": [task.name] * len(found),
        "instrument_id": [candidate.instrument_id for candidate in found],
        "symbol": [candidate.symbol for candidate in found],
        "as_of": [candidate.view.as_of for candidate in found],
        "session": [sessions.dates[session].item() for session in entry],
        "doc_ids": [[document.doc_id for document in candidate.documents] for candidate in found],
        "messages": [[message.model_dump() for message in task.messages(view, template)] for view in views],
        "answer": [task.answer(label) for label in labels],
        "label": labels,
        "entry": [aware(timeline.entry_time[candidate.decision]) for candidate in found],
        "exit": [aware(time) for time in labelled.exit[keep]],
        **{name: pl.Series(labelled.values[name][keep], nan_to_null=True) for name in TARGETS},
        "touch": [labelled.touch[at] for at in keep],
        "split": split[keep].tolist(),
        "weight": [1.0] * len(found),
        "provenance": [sha256_value({"label": spec.hash, "prompt": template.hash})[:16]] * len(found),
    }
    return check_table(pl.DataFrame(records, schema_overrides=schema_of(Sample)), Sample, "The table of samples")


def _used(found: list[Candidate], frame: pl.DataFrame) -> pl.DataFrame:
    """Which revision of which document each sample shows."""
    rows = [
        (candidate.sample_id, document.doc_id, document.revision)
        for candidate in found
        for document in candidate.documents
    ]
    return pl.DataFrame(rows, schema=USED_SCHEMA, orient="row").join(frame, on="sample_id", how="semi")
