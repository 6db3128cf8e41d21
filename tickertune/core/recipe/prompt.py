"""What a prompt holds besides news and moves: its template, its token budget, its context blocks."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from tickertune.core.formula import Formula, FormulaError
from tickertune.core.recipe.base import Config, DataPath, ModelConfig

Sessions = Annotated[int, Field(ge=1, le=250)]


class TokenBudgetConfig(Config):
    """How many tokens a prompt may have; whole documents are left out until it fits, and counted."""

    tokens: int = Field(ge=16)
    """Most tokens of a prompt, by the model's chat template, up to where the reply starts."""
    model: ModelConfig
    """The model whose tokenizer counts."""


class AnonymiseConfig(Config):
    """Names and symbols of companies are replaced, the same way in the whole prompt."""

    aliases: DataPath | None = None
    """YAML of further names by symbol: ``AAPL: {product: [iPhone], person: [Tim Cook]}``."""


class ContextConfig(Config):
    """A block of context; everything in it was known at the decision."""

    @property
    def sessions_back(self) -> int:
        """Sessions before the last known close whose prices the block reads."""
        return 0


class ReturnsContextConfig(ContextConfig):
    """Total returns up to the last close, and their volatility."""

    kind: Literal["returns"]
    horizons: list[Sessions] = [1, 5, 20]
    """Sessions of each return."""
    volatility_sessions: int = Field(default=20, ge=5, le=250)
    """One-session returns in the volatility."""

    @property
    def sessions_back(self) -> int:
        """The longest of them."""
        return max([*self.horizons, self.volatility_sessions])


class TechnicalContextConfig(ContextConfig):
    """RSI, MACD, distance from moving averages, place in the Bollinger band, volume."""

    kind: Literal["technical"]
    rsi: Sessions = 14
    """Sessions of the RSI, with plain means of gains and losses (Cutler's), which need no endless history."""
    fast: Sessions = 12
    """Span of the fast exponential mean of MACD."""
    slow: Sessions = 26
    """Span of the slow exponential mean of MACD; both start twice so many sessions back."""
    signal: Sessions = 9
    """Span of MACD's signal line."""
    averages: list[Sessions] = [10, 20, 50]
    """Sessions of the moving averages that the close is compared with."""
    bollinger: int = Field(default=20, ge=2, le=250)
    """Sessions of the Bollinger band, two standard deviations on each side."""
    volume: int = Field(default=20, ge=2, le=250)
    """Sessions before the last one that its volume is compared with."""

    @property
    def sessions_back(self) -> int:
        """The longest window."""
        return max([self.rsi, 2 * self.slow, *self.averages, self.bollinger, self.volume])


class PricesContextConfig(ContextConfig):
    """The last closes as they traded then, restated only for splits and payouts within the window."""

    kind: Literal["prices"]
    sessions: Sessions = 5
    """Closes shown."""

    @property
    def sessions_back(self) -> int:
        """All but the last."""
        return self.sessions


class AlphasContextConfig(ContextConfig):
    """Your own formulas over open, high, low, close and volume; docs/prompts.md lists the functions."""

    kind: Literal["alphas"]
    formulas: dict[str, str] = Field(min_length=1)
    """Name and formula, such as ``momentum: close / delay(close, 10) - 1``."""

    @field_validator("formulas")
    @classmethod
    def _parse(cls, formulas: dict[str, str]) -> dict[str, str]:
        for name, text in formulas.items():
            try:
                Formula(text)
            except FormulaError as error:
                raise ValueError(f"{name}: {error}") from None
        return formulas

    @property
    def sessions_back(self) -> int:
        """What the formula that looks furthest back needs."""
        return max(Formula(text).sessions_back for text in self.formulas.values())


class FundamentalsContextConfig(ContextConfig):
    """Figures of the company, the newest that had been filed by the decision."""

    kind: Literal["fundamentals"]
    series: list[str] = Field(min_length=1)
    """Series ids, such as ``us-gaap:Revenues``."""
    path: DataPath | None = None
    """Parquet table of observations; empty: those of the source."""


class MacroContextConfig(ContextConfig):
    """Macro figures in the vintage that was known at the decision."""

    kind: Literal["macro"]
    series: list[str] = Field(min_length=1)
    """Series ids, such as ``fred:CPIAUCSL``."""
    path: DataPath | None = None
    """Parquet table of observations; empty: those of the source."""


class SimilarContextConfig(ContextConfig):
    """The stocks whose returns went most alike, and how they moved."""

    kind: Literal["similar"]
    count: int = Field(default=3, ge=1, le=20)
    """Stocks shown."""
    sessions: int = Field(default=40, ge=10, le=250)
    """One-session returns that are correlated, up to the last known close; all but a fifth must be known of both."""
    horizons: list[Sessions] = [1, 5]
    """Sessions of the returns shown."""

    @property
    def sessions_back(self) -> int:
        """The longest of them."""
        return max([self.sessions, *self.horizons])


AnyContextConfig = Annotated[
    ReturnsContextConfig
    | TechnicalContextConfig
    | PricesContextConfig
    | AlphasContextConfig
    | FundamentalsContextConfig
    | MacroContextConfig
    | SimilarContextConfig,
    Field(discriminator="kind"),
]


class PromptConfig(Config):
    """Template, token budget, context blocks and anonymisation of a movement prompt."""

    template: str | None = None
    """``name@version`` of the package, or the path of a YAML file of your own; empty: the task's own."""
    token_budget: TokenBudgetConfig | None = None
    """Most tokens of a prompt; empty: as many as it takes."""
    context: list[AnyContextConfig] = []
    """Blocks shown before the news, in this order, each with its ``kind``."""
    anonymise: AnonymiseConfig | None = None
    """Replace companies' names, symbols and given aliases; ``{}`` for no aliases."""

    @property
    def sessions_back(self) -> int:
        """Sessions before the last known close whose prices the prompt reads."""
        return max([block.sessions_back for block in self.context], default=0)
