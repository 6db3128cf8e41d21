"""What a source gives, and the table of sources."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from importlib import import_module

import polars as pl

from tickertune.core.document import Document
from tickertune.core.market import Bar, CorporateAction, Instrument
from tickertune.core.observation import Observation
from tickertune.core.recipe import SourceConfig
from tickertune.core.table import schema_of

QUARANTINE_SCHEMA = pl.Schema({"item": pl.String, "reason": pl.String, "raw_sha256": pl.String})
"""What could not be parsed: where it stands, why, and the hash of its bytes."""


@dataclass
class SourceData:
    """Everything that a source gave for a window, as tables of nouns (times are aware UTC)."""

    documents: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=schema_of(Document)))
    instruments: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=schema_of(Instrument)))
    bars: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=schema_of(Bar)))
    actions: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=schema_of(CorporateAction)))
    observations: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=schema_of(Observation)))
    """Fundamentals as filed and macro figures by vintage."""
    quarantine: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=QUARANTINE_SCHEMA))
    counts: dict[str, int] = field(default_factory=dict)
    """Named counts: items read, unknown fields seen, and so on."""
    truth: dict[str, pl.DataFrame] = field(default_factory=dict)
    """Truth tables of a simulated source (``documents``, ``tones``); empty for real ones."""
    ceiling: dict[str, float] = field(default_factory=dict)
    """Best reachable ``accuracy`` and ``mcc`` in closed form; empty for real sources."""
    notes: list[str] = field(default_factory=list)
    """Sentences for the data card: licence, known traits, what the window holds."""


_LOADERS = {
    "simulated": "data_pipeline.sources.simulated",
    "stocknet": "data_pipeline.sources.stocknet",
    "files": "data_pipeline.sources.files",
}


def load_source(config: SourceConfig, since: date, until: date) -> SourceData:
    """Load documents published and bars of sessions in [since, until), by the module of ``config.kind``.

    Each module has ``load(config, since, until) -> SourceData``. Bars may reach further back than ``since``,
    as far as the source has them, so that trailing statistics are known from the first day.
    """
    load: Callable[..., SourceData] = import_module(_LOADERS[config.kind]).load
    return load(config, since, until)
