"""What the data stage builds: source, label, split, prompt."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from tickertune.core.recipe.base import Config, DataPath
from tickertune.core.recipe.curation import CurationConfig
from tickertune.core.recipe.label import AuditConfig, ExcessLabelConfig, LabelConfig, label_task_name
from tickertune.core.recipe.mixture import MixtureDataConfig
from tickertune.core.recipe.prompt import PromptConfig
from tickertune.core.recipe.sentiment import SentimentDataConfig
from tickertune.core.recipe.source import SourceConfig
from tickertune.core.recipe.split import SplitConfig
from tickertune.core.sample import Split


class MovementDataConfig(Config):
    """Samples that ask how a stock moves after the news."""

    kind: Literal["movement"] = "movement"
    source: SourceConfig
    label: LabelConfig = ExcessLabelConfig()
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
    prompt: PromptConfig = PromptConfig()
    """Template, token budget, context blocks and anonymisation."""
    curation: CurationConfig = CurationConfig()
    """What is rewritten and what is dropped before linking."""
    aliases: DataPath | None = None
    """CSV, JSONL or Parquet of further company names for linking: ``alias``, ``symbol`` or ``instrument_id``, and the days
    ``valid_from`` and ``valid_to``."""
    audit: AuditConfig = AuditConfig()
    """The price audit's say in what becomes a sample."""
    limit: dict[Split, int] = {}
    """At most so many samples of a split, drawn by the hash of their id."""

    @property
    def sessions_back(self) -> int:
        """Sessions before the last known close whose prices a prompt reads."""
        return max([0, *self.moves, self.prompt.sessions_back])

    @property
    def task(self) -> str:
        """Name of the task in the registry."""
        return label_task_name(self.label)

    @model_validator(mode="after")
    def _fitted_on_training(self) -> "MovementDataConfig":
        perplexity = self.curation.perplexity
        if perplexity and perplexity.fit_until and perplexity.fit_until > self.split.train_end:
            raise ValueError(
                f"curation.perplexity.fit_until ({perplexity.fit_until}) is after split.train_end: the quantile would "
                "see what training may not"
            )
        return self


DataConfig = Annotated[MovementDataConfig | SentimentDataConfig | MixtureDataConfig, Field(discriminator="kind")]
