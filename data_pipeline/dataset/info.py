"""What a data set says of itself: its info.json, and the hashes that every score is stored with."""

from typing import Any, get_args

import polars as pl

from tickertune.core.files import sha256_text, sha256_value
from tickertune.core.noun import Noun
from tickertune.core.sample import Split

SPLITS: tuple[str, ...] = get_args(Split)
OUTCOMES = ("sample_id", "label", "ret_raw", "ret_excess", "ret_scaled", "volatility")


class CheckResult(Noun):
    """A check that the build ran on the finished samples, and what it found."""

    check: str
    result: str


class SourceFacts(Noun):
    """What the texts of one source and licence say of themselves."""

    source: str
    documents: int
    """Documents that some sample shows."""
    licence: str
    redistributable: bool
    terms: str = ""


class MixedLabel(Noun):
    """What one set of a mixture calls by its labels."""

    task: str
    target: str | None
    """Column that the classes cut; None where the label names none."""
    cut_points: list[float]
    """Bounds of the classes, in the target's unit."""


class DatasetInfo(Noun):
    """The contents of ``info.json``."""

    task: str
    labels: list[str]
    """From the worst return class to the best, or by sentiment."""
    horizon: int | None
    """Sessions from entry to exit; None for a text task."""
    market_adjusted: bool
    split_hash: str
    prompt_hash: str
    prompt: dict[str, Any] = {}
    """Template as name@version with the hash of its content, and what the recipe's prompt block sets besides."""
    outcome_hash: str
    """Changes with any label or target, so also with a corrected price that the other hashes do not see."""
    label_spec: dict[str, Any]
    label_hash: str
    fitted: dict[str, Any]
    """State estimated on the train split, such as cut points."""
    class_priors: dict[str, dict[str, float]]
    """By split, the share of each label."""
    counts: dict[str, int]
    leak_share: float
    """Share of samples that show text later than their entry; above 0 only for a leaky label."""
    dead_band_share: float
    """Share of samples with a split that a published dead band removes, by their outcome."""
    ceiling: dict[str, float]
    source_kind: str
    exchange: str | None
    """Market identifier (ISO 10383) of the calendar behind entries and exits; None for a text task."""
    zone: str | None
    """IANA zone of the exchange; None for a text task."""
    latency_minutes: int | None
    decision_minutes: int | None
    """Minutes from the decision to the open (close) that it is made for."""
    price_basis: list[str]
    """Bases of the bars behind the targets."""
    licences: list[str]
    redistributable: bool
    """Whether every text may be published."""
    first_session: str | None
    last_session: str | None
    notes: list[str]
    checks: list[CheckResult]
    sources: list[SourceFacts] = []
    dropped: dict[str, int] = {}
    """Documents dropped before the samples were made, by reason."""
    documents_by_month: dict[str, dict[str, int]] = {}
    """By source and month of availability (UTC), the documents kept."""
    clusters: dict[str, int] = {}
    """Near-duplicate ``clusters`` with more than one document, the ``documents`` in them and the ``largest``."""
    boundaries: dict[str, str] = {}
    """By split: when its texts begin (UTC), the time by which every outcome of an earlier split has ended."""
    ids_only: bool = False
    """Whether texts are replaced by ids; ``tickertune data rehydrate`` brings them back."""
    mixed: dict[str, MixedLabel] = {}
    """Of a mixture: the label of each set, by its name (``outer/inner`` for a set of a mixed mixture)."""

    @property
    def scored_label(self) -> dict[str, Any]:
        """The specification of the label that is scored: a mixture's own one only wraps that of its scored sets."""
        spec = self.label_spec
        while "scored" in spec:
            spec = spec["scored"]
        return spec


def split_hash(frame: pl.DataFrame) -> str:
    """SHA-256 over the sorted ``sample_id:split`` lines."""
    return sha256_text("\n".join(sorted(f"{sample}:{split}" for sample, split in frame["sample_id", "split"].rows())))


def prompt_hash(frame: pl.DataFrame) -> str:
    """SHA-256 over every prompt, in the order of the sample ids."""
    turns = frame.sort("sample_id").select("sample_id", "messages").rows()
    lines = [
        "\x1e".join([sample, *(f"{turn['role']}\x1f{turn['content']}" for turn in prompt)]) for sample, prompt in turns
    ]
    return sha256_text("\x1d".join(lines))


def outcome_hash(frame: pl.DataFrame) -> str:
    """SHA-256 over label and targets of every sample, in the order of the sample ids; floats to their last bit."""
    return sha256_value(sorted(frame.select(OUTCOMES).rows(), key=lambda row: row[0]))


def sizes(frame: pl.DataFrame) -> dict[str, int]:
    """Number of samples under ``samples_<split>``, of the three splits by date and of those of held-out tickers, if any."""
    found = {f"samples_{split}": int((frame["split"] == split).sum()) for split in SPLITS}
    return {name: count for name, count in found.items() if count or not name.startswith("samples_ood")}


def class_priors(frame: pl.DataFrame, labels: list[str]) -> dict[str, dict[str, float]]:
    """Share of each label in each split that has samples."""
    priors = {}
    for split in SPLITS:
        rows = frame.filter(pl.col("split") == split)
        if len(rows):
            priors[split] = {label: int((rows["label"] == label).sum()) / len(rows) for label in labels}
    return priors


def describing(info: DatasetInfo, frame: pl.DataFrame, *notes: str) -> DatasetInfo:
    """Return what a data set says of itself for other ``Sample`` rows made of its own: hashes, counts and priors anew, notes added."""
    return info.model_copy(
        update={
            "split_hash": split_hash(frame),
            "prompt_hash": prompt_hash(frame),
            "outcome_hash": outcome_hash(frame),
            "class_priors": class_priors(frame, info.labels),
            "counts": sizes(frame),
            "notes": [*info.notes, *notes],
        }
    )
