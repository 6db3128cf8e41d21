"""Where a data set's documents and prices come from."""

from typing import Annotated, Literal

from pydantic import Field

from tickertune.core.recipe.base import Config, DataPath, Seed


class PriceDirtConfig(Config):
    """Chance of each fault of prices, for a company and session, or for a company where the key says so.

    Faults of one series stand well apart, so that each is found or missed by itself.
    """

    vendor_adjusted: float = Field(default=0, ge=0, le=1)
    """Share of companies whose bars come split-adjusted; no fault by itself."""
    adj_close: bool = False
    """Every bar carries the vendor's total-return close. A dividend of ordinary size can be checked against nothing else."""
    split_twice: float = Field(default=0, ge=0, le=1)
    """A split that the bars hold twice."""
    split_not_applied: float = Field(default=0, ge=0, le=1)
    """A split that split-adjusted bars do not hold."""
    split_unrecorded: float = Field(default=0, ge=0, le=1)
    """A split of bars as traded, without its action."""
    split_phantom: float = Field(default=0, ge=0, le=1)
    """An action of a split that bars as traded do not show."""
    dividend_missing: float = Field(default=0, ge=0, le=1)
    """Share of dividends without their action."""
    dividend_doubled: float = Field(default=0, ge=0, le=1)
    """Share of dividends recorded twice, or with twice their value."""
    splice_basis: float = Field(default=0, ge=0, le=1)
    """From some sessions before a split on, the bars of another provider, which holds the split already."""
    splice_symbol: float = Field(default=0, ge=0, le=1)
    """From here on, prices and actions of another company, as behind a reused symbol."""
    stale: float = Field(default=0, ge=0, le=1)
    """A run of bars that repeat the one before in every value."""
    spike: float = Field(default=0, ge=0, le=1)
    """A decimal point in the wrong place, by one or two digits, in one price or all four."""
    zero_volume: float = Field(default=0, ge=0, le=1)
    """A bar without volume."""
    off_session: float = Field(default=0, ge=0, le=1)
    """A bar on a day on which the exchange was closed."""
    doubled_bar: float = Field(default=0, ge=0, le=1)
    """A second bar for the session, with other values."""
    disordered: float = Field(default=0, ge=0, le=1)
    """Share of companies whose rows come in no order; no fault, for order carries nothing."""
    honest_jump: float = Field(default=0, ge=0, le=1)
    """A fall by 33 to 50 % or a rise by 50 to 100 % overnight, with the trading of such a day; no fault."""


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
    variety: float = Field(default=0, ge=0, le=1)
    """Chance, for each company before each session, of a text that is hard to judge by language or as promotion."""
    edits: float = Field(default=0, ge=0, le=1)
    """Chance, for each company before each session, of a headline, its return with one word changed that says the
    same, and a look-alike with another direction, number, company or date."""
    links: float = Field(default=0, ge=0, le=1)
    """Chance, for each kind of evidence before each session, of a text about listed companies whose names and symbols
    are hard to tell, or of one that only looks like it. The companies are added to the instruments; they have no prices."""
    prices: PriceDirtConfig = PriceDirtConfig()
    """Faults of bars and corporate actions, for the price audit to find."""


class SimulatedSourceConfig(Config):
    """Fictional companies, prices and a newswire, from a seed."""

    kind: Literal["simulated"] = "simulated"
    seed: Seed = 0
    companies: int = Field(default=24, ge=4, le=200)
    """Listed companies."""
    signal: float = Field(default=1.6, ge=0)
    """Return per unit of tone, in units of daily idiosyncratic volatility; 0 is the placebo."""
    news_probability: float = Field(default=0.5, gt=0, le=1)
    """Chance that a company has a story before a session."""
    dirt: DirtConfig = DirtConfig()
    """What is planted for curation, linking and the price audit to find."""


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
    observations: list[str] = []
    """Sources of figures for context blocks, such as ``edgar_facts`` and ``fred``; empty: none."""
    prices: str
    """The one source of bars and actions: series of two vendors do not belong together."""


SourceConfig = Annotated[
    SimulatedSourceConfig | StockNetSourceConfig | FilesSourceConfig | CollectedSourceConfig,
    Field(discriminator="kind"),
]
