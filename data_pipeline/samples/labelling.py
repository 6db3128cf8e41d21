"""From candidates to labels: targets, the fitted state, classes, exits, and what is to be said of them."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data_pipeline.labels.barriers import TOUCHES
from data_pipeline.labels.fit import NO_CLASS, FittedState, category_codes, classify, fit, fit_categories
from data_pipeline.labels.prices import PricePanel
from data_pipeline.labels.sessions import Indices, Sessions, Times
from data_pipeline.labels.smoothing import trailing_correlations
from data_pipeline.labels.spec import LabelSpec
from data_pipeline.labels.targets import TARGETS, compute_targets, exit_times
from data_pipeline.labels.timeline import Timeline
from data_pipeline.samples.candidates import Candidate
from data_pipeline.samples.companies import Companies
from data_pipeline.samples.withheld import Withheld
from tickertune.core.tasks import Task

PAST_SPANS = (1, 5, 20)
"""Sessions of the past returns with which a label of smoothed prices is correlated, where it names no horizons."""


@dataclass(frozen=True)
class Labelled:
    """What is known of each candidate's outcome; arrays by candidate."""

    code: Indices
    """Class, or ``NO_CLASS``."""
    label: list[str]
    """Name of the class; empty for ``NO_CLASS``."""
    target: NDArray[np.float64]
    """What the classes cut; NaN where it is unknown or withheld."""
    values: dict[str, NDArray[np.float64]]
    """Continuous targets, by name."""
    touch: list[str | None]
    """Barrier that ended the label, where it has any."""
    exit: Times
    """When the label ended, UTC."""
    fitted: FittedState
    notes: list[str]


def label_candidates(
    panel: PricePanel,
    spec: LabelSpec,
    timeline: Timeline,
    sessions: Sessions,
    instruments: pl.DataFrame,
    found: list[Candidate],
    withheld: Withheld,
    train: NDArray[np.bool_],
    task: Task,
    fitted: FittedState | None,
) -> Labelled:
    """Compute targets and classes.

    Args:
        panel: Prices.
        spec: The label.
        timeline: The decisions.
        sessions: The exchange's sessions.
        instruments: Symbol spans, with sectors.
        found: The candidates.
        withheld: Which of them get no label.
        train: Which of them are in the train split.
        task: Names the classes.
        fitted: Frozen state of an earlier build; None: fitted here, on the train split.
    """
    rows = {instrument: row for row, instrument in enumerate(panel.instruments)}
    row = np.array([rows[candidate.instrument_id] for candidate in found], dtype=np.int64)
    decision = np.array([candidate.decision for candidate in found], dtype=np.int64)
    targets = compute_targets(panel, spec, timeline, withheld.suspect)
    values = {name: getattr(targets, name)[row, decision] for name in TARGETS}
    notes = []
    if spec.categorical:
        names = _names(spec, instruments, sessions, timeline, found)
        hidden = np.array([name is None for name in names], dtype=bool) | withheld.flags
        target = np.where(hidden, np.nan, 0.0)
        fitted = fitted or fit_categories(
            [name for name, at in zip(names, train & ~hidden, strict=True) if name and at]
        )
        code = np.where(hidden, NO_CLASS, category_codes(fitted, names))
        classes = tuple(fitted.categories)
    else:
        target = np.where(withheld.flags, np.nan, values[spec.target])
        fitted = fitted or fit(spec, target[np.isfinite(target) & train])
        code = classify(spec, fitted, target)
        classes = task.labels
    if spec.rule in ("smoothed", "moving_average"):
        spans = spec.ema_horizons or PAST_SPANS
        notes = _past_note(
            spec, trailing_correlations(panel, timeline, row[train], decision[train], target[train], spans)
        )
    touch = [
        TOUCHES[int(value)] if spec.rule == "barriers" and np.isfinite(value) else None for value in values["target"]
    ]
    return Labelled(
        code=code,
        label=[classes[number] if number != NO_CLASS else "" for number in code],
        target=target,
        values=values,
        touch=touch,
        exit=exit_times(targets.exit[row, decision], spec, sessions),
        fitted=fitted,
        notes=notes,
    )


def _names(
    spec: LabelSpec, instruments: pl.DataFrame, sessions: Sessions, timeline: Timeline, found: list[Candidate]
) -> list[str | None]:
    """Symbol on the day of the entry, or sector, of each candidate; None where it has none."""
    if spec.rule == "sector":
        sectors = dict(instruments.drop_nulls("sector").select("instrument_id", "sector").rows())
        return [sectors.get(candidate.instrument_id) for candidate in found]
    companies = Companies(instruments)
    names: list[str | None] = []
    for candidate in found:
        company = companies.on(candidate.instrument_id, sessions.dates[timeline.entry[candidate.decision]].item())
        names.append(company.symbol if company else None)
    return names


def _past_note(spec: LabelSpec, correlations: dict[int, float]) -> list[str]:
    if not correlations:
        return []
    spans = ", ".join(str(span) for span in correlations)
    values = ", ".join(f"{value:+.2f}" for value in correlations.values())
    return [
        f"Label {spec.name} holds some of the past: on train its correlation with the returns of the {spans} sessions "
        f"before the decision is {values}. What a model scores by the past moves in its prompt is no forecast."
    ]


def empty_classes_note(priors: dict[str, float], classes: list[str]) -> list[str]:
    """Name the classes that no training sample has.

    Args:
        priors: Share of each class on train.
        classes: The label space.
    """
    empty = [name for name in classes if not priors.get(name)]
    if not empty or not priors:
        return []
    return [f"No training sample has the label {' or '.join(empty)}: a model cannot learn it from this data set."]
