"""When a base model's training data end, and which samples lie after it."""

from collections.abc import Sequence
from datetime import date
from fnmatch import fnmatch
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import polars as pl
import yaml
from pydantic import Field, model_validator

from eval.guards.case import Case, Subject, figures_of, scored, told
from eval.guards.result import GuardResult, not_applicable
from tickertune.core.recipe import parse_config, read_yaml
from tickertune.core.recipe.base import Config

Tag = Literal["before", "after", "unknown"]
TAGS = "cutoff_tags.parquet"
METRICS_AFTER = "metrics_after_cutoff.json"
"""The rows of metrics.json once more, over the samples after the cutoff, where there are others too: the report's verdicts are of these."""
FICTIONAL = ("simulated",)
"""Kinds of source whose days nobody can have read about."""


class ModelCutoff(Config):
    """What is known of the training data of some models."""

    models: list[str] = Field(min_length=1)
    """Patterns of the last part of a Hub id or folder, whatever the case: ``llama-3.1-*``."""
    cutoff: date | None = None
    """Last day of the training data, as the maker states it (the last of a stated month); empty: not stated."""
    released: date | None = None
    """Day of publication: nothing later can be in the training data."""
    source: str
    """Where both are stated."""
    note: str = ""
    """What has to be known about them."""

    @model_validator(mode="after")
    def _in_order(self) -> "ModelCutoff":
        if self.cutoff and self.released and self.cutoff > self.released:
            raise ValueError(f"cutoff {self.cutoff} is after the release of {self.released}")
        return self


class Registry(Config):
    """A list of cutoffs; the first pattern that fits counts."""

    cutoffs: list[ModelCutoff]
    """Entries, more special ones first."""


def package_registry() -> Registry:
    """The cutoffs of the package."""
    text = (files("eval.guards") / "cutoffs.yaml").read_text(encoding="utf-8")
    return parse_config(Registry, yaml.safe_load(text), "The registry of model cutoffs")


def cutoff_of(model: str, own: Path | None = None, stated: date | None = None) -> ModelCutoff:
    """What is known of a model.

    Args:
        model: Hub id or folder.
        own: YAML of further cutoffs, which go first.
        stated: Cutoff that the recipe states, which decides.

    Raises:
        TickerTuneError: ``own`` is no registry.
    """
    if stated is not None:
        return ModelCutoff(models=[model], cutoff=stated, source="the recipe (guards.cutoff)")
    name = model.rstrip("/").rsplit("/", 1)[-1].lower()
    entries = package_registry().cutoffs
    if own is not None:
        entries = [*parse_config(Registry, read_yaml(own), str(own)).cutoffs, *entries]
    for entry in entries:
        if any(fnmatch(name, pattern.lower()) for pattern in entry.models):
            return entry
    return ModelCutoff(models=[name], source="no entry in the registry (guards.cutoff or guards.cutoffs adds one)")


def tag_of(day: date | None, cutoff: ModelCutoff) -> Tag:
    """Whether a session lies before the end of the training data.

    After the release is after, whatever is stated; up to a stated cutoff is before; between the two the maker's word counts.
    """
    if day is None:
        return "unknown"
    if cutoff.released is not None and day > cutoff.released:
        return "after"
    if cutoff.cutoff is None:
        return "unknown"
    return "before" if day <= cutoff.cutoff else "after"


def tagged(samples: pl.DataFrame, cutoffs: Sequence[ModelCutoff]) -> pl.DataFrame:
    """``sample_id`` and ``tag`` of every sample; of several models: ``before`` for one is before, and ``after`` is after for all."""
    found = []
    for day in samples["session"].to_list():
        tags = {tag_of(day, cutoff) for cutoff in cutoffs}
        found.append("before" if "before" in tags else "after" if tags == {"after"} else "unknown")
    return samples.select("sample_id").with_columns(tag=pl.Series(found, dtype=pl.String))


def cutoff_split(case: Case, subject: Subject) -> GuardResult:
    """Score before and after the base model's cutoff apart; the verdicts are of the part after it."""
    if case.info.source_kind in FICTIONAL:
        return not_applicable("cutoff", "The market is fictional: no model has read about its days.", subject.name)
    cutoff = cutoff_of(subject.model, case.guards.cutoffs, case.guards.cutoff)
    joined = subject.predictions.join(tagged(case.samples, [cutoff]), on="sample_id", maintain_order="left")
    parts = {tag: joined.filter(pl.col("tag") == tag).drop("tag") for tag in ("before", "after", "unknown")}
    figures: dict[str, Any] = {
        "cutoff": None if cutoff.cutoff is None else str(cutoff.cutoff),
        "released": None if cutoff.released is None else str(cutoff.released),
        "source": cutoff.source,
    }
    said = [
        f"Training data end on {cutoff.cutoff} ({cutoff.source})."
        if cutoff.cutoff
        else f"Cutoff unknown ({cutoff.source})."
    ]
    for tag, part in parts.items():
        figures[f"{tag}_samples"] = part.height
        if part.height:
            row = scored(part, case)
            figures |= figures_of(f"{tag}_mcc", row)
            said.append(f"{tag.capitalize()}: {part.height:,} samples, MCC {told(row)}.")
    after = parts["after"].height
    said.append(
        "The verdicts are of the part after."
        if after
        else "There is no sample that is known to lie after it, so there is no headline."
    )
    verdict = "pass" if after == joined.height else "remark" if after else "flag"
    return GuardResult(guard="cutoff", checkpoint=subject.name, verdict=verdict, said=" ".join(said), figures=figures)
