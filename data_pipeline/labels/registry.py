"""The registry of labels: each says where it enters, where it exits, which text it reads and how classes are cut."""

from collections.abc import Callable
from typing import Literal

from data_pipeline.labels.sessions import Event
from tickertune.core.files import sha256_value
from tickertune.core.noun import Noun
from tickertune.core.recipe import LabelConfig

TextWindow = Literal["decision", "calendar_days"]
Target = Literal["ret_raw", "ret_excess", "ret_scaled"]

PUBLISHED_DAY_ZONE = "Europe/Berlin"
"""Zone whose days StockNet's day files follow (99.5% of them), found by comparing them with ``created_at``."""


class LabelSpec(Noun):
    """What a label means. Its hash is stored with every data set."""

    name: str
    event: Event
    """Entry and exit are both at the open, or both at the close."""
    horizon: int
    """Sessions from entry to exit."""
    classes: int
    target: Target
    """The continuous target that the classes cut."""
    fixed_band: tuple[float, float] | None = None
    """Published thresholds (down at or below, up at or above; between: no sample); None: train-fitted cut points."""
    text_window: TextWindow = "decision"
    """decision: what was available at the decision time; calendar_days: whole days before the exit's session."""
    honours_fresh_only: bool = True
    """Whether the recipe's ``fresh_only`` narrows the text; published labels read their whole look-back."""
    market_adjusted: bool
    """Whether the prompt asks about the market-adjusted return."""
    volatility_sessions: int
    leaky: bool = False
    """Text may be later than the entry price: never a headline."""
    source: str
    notes: str

    @property
    def hash(self) -> str:
        """SHA-256 of all of it."""
        return sha256_value(self.model_dump(mode="json"))


def excess(config: LabelConfig) -> LabelSpec:
    """Open to open over the horizon, minus the market, over trailing volatility."""
    return LabelSpec(
        name="excess",
        event="open",
        horizon=config.horizon,
        classes=config.classes,
        target="ret_scaled",
        market_adjusted=True,
        volatility_sessions=config.volatility_sessions,
        source="TickerTune",
        notes="Market: equal weight of the other instruments. Classes: quantiles of the train split.",
    )


def acl18(config: LabelConfig) -> LabelSpec:
    """StockNet's close-to-close return with its dead band, on text known before the entry price."""
    return LabelSpec(
        name="acl18",
        event="close",
        horizon=1,
        classes=2,
        target="ret_raw",
        fixed_band=(-0.005, 0.0055),
        honours_fresh_only=False,
        market_adjusted=False,
        volatility_sessions=config.volatility_sessions,
        source="Xu and Cohen, ACL 2018 (StockNet)",
        notes="The dead band depends on the outcome. Text ends before the close that the return starts from.",
    )


def acl18_as_published(config: LabelConfig) -> LabelSpec:
    """StockNet's label with its own text window, which holds text later than the entry price."""
    return acl18(config).model_copy(
        update={
            "name": "acl18_as_published",
            "text_window": "calendar_days",
            "leaky": True,
            "notes": "The dead band depends on the outcome. Text runs to the end of the calendar day before the "
            f"exit's session ({PUBLISHED_DAY_ZONE} days), past the close that the return starts from.",
        }
    )


LABELS: dict[str, Callable[[LabelConfig], LabelSpec]] = {
    "excess": excess,
    "acl18": acl18,
    "acl18_as_published": acl18_as_published,
}


def label_spec(config: LabelConfig) -> LabelSpec:
    """The specification that a recipe's label block asks for."""
    return LABELS[config.name](config)
