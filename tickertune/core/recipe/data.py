"""What the data stage builds: source, label, split, prompt."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from tickertune.core.recipe.base import Config, DataPath


class DirtConfig(Config):
    """Share of simulated documents that get each kind of planted dirt."""

    exact_duplicate: float = Field(default=0.03, ge=0, le=1)
    near_duplicate: float = Field(default=0.04, ge=0, le=1)
    syndication: float = Field(default=0.04, ge=0, le=1)
    revision: float = Field(default=0.04, ge=0, le=1)
    """A later revision of the same document, which reports the price move that followed."""
    date_only: float = Field(default=0.05, ge=0, le=1)
    boilerplate: float = Field(default=0.10, ge=0, le=1)
    foreign: float = Field(default=0.03, ge=0, le=1)
    spam: float = Field(default=0.04, ge=0, le=1)
    false_ticker: float = Field(default=0.05, ge=0, le=1)
    missing_bar: float = Field(default=0.002, ge=0, le=1)


class SimulatedSourceConfig(Config):
    """Fictional companies, prices and a newswire, from a seed."""

    kind: Literal["simulated"] = "simulated"
    seed: int = 0
    companies: int = Field(default=24, ge=4, le=200)
    """Listed companies."""
    signal: float = Field(default=1.6, ge=0)
    """Return per unit of tone, in units of daily idiosyncratic volatility; 0 is the placebo."""
    news_probability: float = Field(default=0.5, gt=0, le=1)
    """Chance that a company has a story before a session."""
    dirt: DirtConfig = DirtConfig()
    """What is planted for curation and linking to find."""


class StockNetSourceConfig(Config):
    """The StockNet data set: its own folder layout, or the parquet form."""

    kind: Literal["stocknet"] = "stocknet"
    path: DataPath


class FilesSourceConfig(Config):
    """The user's own documents and bars, as JSONL, CSV or Parquet."""

    kind: Literal["files"] = "files"
    documents: DataPath
    bars: DataPath
    instruments: DataPath
    actions: DataPath | None = None


class CollectedSourceConfig(Config):
    """What ``tickertune data collect`` and ``watch`` stored."""

    kind: Literal["collected"] = "collected"
    store: DataPath
    """Folder of the store."""
    documents: list[str] = []
    """Sources of the texts; empty: all that the store holds."""
    prices: str
    """The one source of bars and actions: series of two vendors do not belong together."""


SourceConfig = Annotated[
    SimulatedSourceConfig | StockNetSourceConfig | FilesSourceConfig | CollectedSourceConfig,
    Field(discriminator="kind"),
]


class LabelConfig(Config):
    """Which label, over which window."""

    name: Literal["excess", "acl18", "acl18_as_published"] = "excess"
    horizon: int = Field(default=1, ge=1, le=60)
    """Sessions from entry to exit (``excess``)."""
    classes: Literal[2, 3, 5] = 2
    """Return classes, cut at quantiles of the train split (``excess``)."""
    volatility_sessions: int = Field(default=20, ge=5)
    """Sessions of the trailing volatility that scales ``excess``."""


class SplitConfig(Config):
    """Time-ordered parts, by the entry's session; ends are exclusive."""

    train_start: date
    """First session of the train split."""
    train_end: date
    """End of the train split and start of validation."""
    validation_end: date
    """End of validation."""
    test_start: date
    """First session of the test split."""
    test_end: date
    """End of the test split."""
    embargo_sessions: int = Field(default=1, ge=0)
    """Further sessions before a later split into which no label of an earlier one may reach."""

    @model_validator(mode="after")
    def _ordered(self) -> "SplitConfig":
        ends = [self.train_start, self.train_end, self.validation_end, self.test_start, self.test_end]
        if ends != sorted(ends) or self.train_start == self.train_end or self.test_start == self.test_end:
            raise ValueError(
                "dates must be in the order train_start < train_end <= validation_end <= test_start < test_end"
            )
        return self


class AuditConfig(Config):
    """What happens to labels whose prices the price audit suspects."""

    withhold: bool = True
    """Withhold, and record, samples whose trailing window, entry or exit touches a suspect bar; else only report."""


class MovementDataConfig(Config):
    """Samples that ask how a stock moves after the news."""

    kind: Literal["movement"] = "movement"
    source: SourceConfig
    label: LabelConfig = LabelConfig()
    split: SplitConfig
    decision_minutes_before_open: int = Field(default=30, ge=1, le=600)
    """Minutes between the decision and the open at which it is filled."""
    latency_minutes: int = Field(default=0, ge=0)
    """Time from a document's availability to its use."""
    lookback_days: int = Field(default=5, ge=1)
    """Calendar days before the decision from which documents are taken."""
    fresh_only: bool = True
    """Only documents since the previous decision; else all of the look-back."""
    max_documents: int = Field(default=5, ge=1)
    """The newest documents that a prompt shows; the rest are counted as dropped."""
    max_document_chars: int = Field(default=240, ge=40)
    """Characters that a prompt shows of a document."""
    moves: list[int] = [1, 5, 20]
    """Horizons, in sessions, of the past returns that a prompt shows."""
    near_duplicate_threshold: float = Field(default=0.8, gt=0, le=1)
    """Jaccard similarity of word shingles from which two documents are near duplicates."""
    audit: AuditConfig = AuditConfig()
    """The price audit's say in what becomes a sample."""
    limit: dict[Literal["train", "validation", "test"], int] = {}
    """At most so many samples of a split, drawn by the hash of their id."""

    @property
    def task(self) -> str:
        """Name of the task in the registry."""
        return "movement" if self.label.classes == 2 else f"movement{self.label.classes}"

    @model_validator(mode="after")
    def _classes_fit(self) -> "MovementDataConfig":
        if self.label.name.startswith("acl18") and (self.label.classes != 2 or self.label.horizon != 1):
            raise ValueError("acl18 labels have 2 classes and a horizon of 1")
        return self


class SentimentSetConfig(Config):
    """One labelled set and its part in the mixture."""

    name: Literal["phrasebank", "tfns"]
    path: DataPath
    repeat: int = Field(default=1, ge=1)
    limit: int | None = Field(default=None, ge=1)


class SentimentDataConfig(Config):
    """Samples that ask for the sentiment of a text, by protocol fingpt-v3."""

    kind: Literal["sentiment"] = "sentiment"
    train: list[SentimentSetConfig] = Field(min_length=1)
    """Sets that are trained on, mixed."""
    test: list[SentimentSetConfig] = Field(min_length=1)
    """Sets that are scored."""
    validation_share: float = Field(default=0.05, ge=0, lt=1)
    """Share of the train part that is held out."""
    seed: int = 42

    @property
    def task(self) -> str:
        """Name of the task in the registry."""
        return "sentiment"


DataConfig = Annotated[MovementDataConfig | SentimentDataConfig, Field(discriminator="kind")]
