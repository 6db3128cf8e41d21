"""What a label means: where it enters, where it exits, which text it reads and how classes are cut."""

from typing import Any, Literal

from data_pipeline.labels.sessions import Event
from tickertune.core.files import sha256_value
from tickertune.core.noun import Noun

TextWindow = Literal["decision", "calendar_days", "until_cutoff"]
Target = Literal["ret_raw", "ret_excess", "ret_scaled", "target"]
Rule = Literal["trade", "barriers", "smoothed", "moving_average", "ticker", "sector"]

ALWAYS_SAID = (
    "name", "event", "horizon", "classes", "target", "fixed_band", "text_window", "honours_fresh_only",
    "market_adjusted", "volatility_sessions", "leaky", "source", "notes",
)  # fmt: skip
"""Fields of the first labels. Another is said only where it is set, so that a new one leaves old hashes as they are."""


class LabelSpec(Noun):
    """What a label means. Its hash is stored with every data set."""

    name: str
    event: Event
    """Whether the entry is at the open or at the close."""
    exit_event: Event | None = None
    """Whether the exit is at the open or at the close; None: as the entry."""
    horizon: int
    """Sessions from entry to exit."""
    span: Literal["sessions", "calendar_week"] = "sessions"
    """sessions: the exit is ``horizon`` later; calendar_week: one decision a week, out at its last session's close."""
    classes: int
    target: Target
    """The continuous target that the classes cut."""
    rule: Rule = "trade"
    """How that target follows from the prices (``data_pipeline.labels.targets``)."""
    fixed_band: tuple[float, float] | None = None
    """Published thresholds (down at or below, up at or above; between: no sample); None: see the next two."""
    thresholds: tuple[float, ...] | None = None
    """Published bounds between all classes; a value at a bound belongs to the class nearer to zero, zero to up."""
    quantiles: tuple[float, ...] | None = None
    """Quantiles of the train split between the classes; None: those of ``fit.QUANTILES``."""
    text_window: TextWindow = "decision"
    """decision: what was available at the decision time; calendar_days: whole days before the exit's session;
    until_cutoff: up to a clock time of the entry's session."""
    cutoff: str | None = None
    """That clock time, HH:MM in the exchange's zone."""
    honours_fresh_only: bool = True
    """Whether the recipe's ``fresh_only`` narrows the text; published labels read their whole look-back."""
    market_adjusted: bool
    """Whether the prompt asks about the market-adjusted return."""
    benchmark: Literal["market", "beta"] = "market"
    """What a market-adjusted target subtracts."""
    volatility_sessions: int
    volatility_of: Literal["excess", "raw"] = "excess"
    """Which one-session returns the trailing volatility is of."""
    beta_sessions: int = 60
    """One-session returns behind the beta."""
    barriers: tuple[float, float] | None = None
    """Upper and lower barrier, in one-session volatilities."""
    ema_span: int | None = None
    ema_horizons: tuple[int, ...] = ()
    """Sessions of the forward returns of the exponential mean."""
    ema_weights: tuple[float, ...] = ()
    average_window: int | None = None
    """Closes in the moving average."""
    leaky: bool = False
    """Text may be later than the entry price: never a headline."""
    source: str
    notes: str

    def said(self) -> dict[str, Any]:
        """The fields that say something of this label, as JSON values: those that are set, and those of all labels."""
        fields = type(self).model_fields
        return {
            name: value
            for name, value in self.model_dump(mode="json").items()
            if name in ALWAYS_SAID or getattr(self, name) != fields[name].default
        }

    @property
    def hash(self) -> str:
        """SHA-256 of what the label says."""
        return sha256_value(self.said())

    @property
    def out(self) -> Event:
        """Whether the exit is at the open or at the close."""
        return self.exit_event or self.event

    @property
    def sessions_ahead(self) -> int:
        """Number of the exit's session, counted from the entry's: from open to close, the first session counts whole."""
        return self.horizon - (self.event == "open" and self.out == "close")

    @property
    def fitted(self) -> bool:
        """Whether class bounds come from the train split."""
        return self.fixed_band is None and self.thresholds is None and not self.categorical

    @property
    def categorical(self) -> bool:
        """Whether the label names the instrument or its sector, and is no class of a number."""
        return self.rule in ("ticker", "sector")

    @property
    def trailing_sessions(self) -> int:
        """Sessions before the decision whose prices are in the target that classes cut; 0 for a plain return."""
        if self.rule == "moving_average":
            return self.average_window or 0
        if self.target == "ret_raw" or self.categorical:
            return 0
        return self.volatility_sessions + (self.beta_sessions if self.benchmark == "beta" else 0)
