"""Which label a movement data set has: a block for each label of the registry, with the published values as defaults."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, TypeAdapter, model_validator

from tickertune.core.errors import did_you_mean
from tickertune.core.recipe.base import Config

Threshold = Annotated[float, Field(gt=0, lt=1)]


class TrailingConfig(Config):
    """What every label measures before the decision."""

    volatility_sessions: int = Field(default=20, ge=5, le=250)
    """One-session returns in the trailing volatility."""
    beta_sessions: int = Field(default=60, ge=20, le=500)
    """One-session returns behind ``ret_beta``; half of them must be known."""


class ExcessLabelConfig(TrailingConfig):
    """Open to open over the horizon, minus the market, over trailing volatility; classes at quantiles of train."""

    name: Literal["excess"] = "excess"
    horizon: int = Field(default=1, ge=1, le=60)
    """Sessions from entry to exit."""
    classes: Literal[2, 3, 5] = 2
    """Return classes, cut at quantiles of the train split."""
    benchmark: Literal["market", "beta"] = "market"
    """What is subtracted: the market's return, or beta times it, with a beta fitted before the decision."""


class Acl18LabelConfig(TrailingConfig):
    """StockNet's close to close with a dead band; ``_as_published`` with text later than the entry."""

    name: Literal["acl18", "acl18_as_published"]
    horizon: Literal[1] = 1
    """Sessions from entry to exit."""
    classes: Literal[2] = 2
    """Down and up."""


class SepLabelConfig(TrailingConfig):
    """SEP's sign of the next change of the close."""

    name: Literal["sep"]
    horizon: Literal[1] = 1
    """Sessions from entry to exit."""
    classes: Literal[2] = 2
    """Down and up."""


class FinGPTRlspLabelConfig(TrailingConfig):
    """The FinGPT paper's three classes of a five-session return."""

    name: Literal["fingpt_rlsp"]
    horizon: int = Field(default=5, ge=1, le=60)
    """Sessions from entry to exit."""
    classes: Literal[3] = 3
    """Down, flat and up."""
    threshold: Threshold = 0.02
    """Return beyond which the label is no longer flat, as a fraction."""


class FinGPTV1LabelConfig(TrailingConfig):
    """FinGPT v1.0's five classes; ``_as_published`` enters at the open before the news."""

    name: Literal["fingpt_v1", "fingpt_v1_as_published"]
    horizon: int = Field(default=5, ge=1, le=60)
    """Sessions from entry to exit."""
    classes: Literal[5] = 5
    """From crashing to soaring."""
    thresholds: tuple[Threshold, Threshold] = (0.02, 0.06)
    """Returns, as fractions and ascending, at which the classes change, on both sides of zero."""
    cutoff: str = Field(default="15:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    """Exchange time until which the published window joins news to the same day's open (``_as_published``)."""

    @model_validator(mode="after")
    def _ascending(self) -> "FinGPTV1LabelConfig":
        _require_ascending("thresholds", self.thresholds, 0, 1)
        return self


class FinGPTV11LabelConfig(TrailingConfig):
    """FinGPT v1.1's seven classes."""

    name: Literal["fingpt_v1_1"]
    horizon: int = Field(default=5, ge=1, le=60)
    """Sessions from entry to exit."""
    classes: Literal[7] = 7
    """From crashing to soaring."""
    thresholds: tuple[Threshold, Threshold, Threshold] = (0.01, 0.03, 0.06)
    """Returns, as fractions and ascending, at which the classes change, on both sides of zero."""

    @model_validator(mode="after")
    def _ascending(self) -> "FinGPTV11LabelConfig":
        _require_ascending("thresholds", self.thresholds, 0, 1)
        return self


class ForecasterLabelConfig(TrailingConfig):
    """FinGPT Forecaster: the return of a calendar week, by sign and whole per cents."""

    name: Literal["fingpt_forecaster"]
    classes: Literal[12] = 12
    """Down by more than 5%, down by 4-5%, ... up by more than 5%."""


class RetuningLabelConfig(TrailingConfig):
    """RETuning's overnight gap, close to next open."""

    name: Literal["retuning"]
    horizon: Literal[1] = 1
    """Sessions from entry to exit."""
    classes: Literal[3] = 3
    """Down, flat (hold) and up."""
    threshold: Threshold = 0.03
    """Return beyond which the label is no longer flat, as a fraction."""


class TradingR1LabelConfig(TrailingConfig):
    """Trading-R1's weighted forward returns of an exponential mean, over volatility; quantiles of train."""

    name: Literal["trading_r1"]
    classes: Literal[5] = 5
    """Strong sell to strong buy."""
    span: int = Field(default=3, ge=1, le=60)
    """Span of the exponential mean of closes; 1: the close itself."""
    horizons: tuple[int, int, int] = (3, 7, 15)
    """Sessions of the forward returns, ascending; the last is the exit."""
    weights: tuple[float, float, float] = (0.3, 0.5, 0.2)
    """Weight of each forward return."""
    quantiles: tuple[float, float, float, float] = (0.03, 0.15, 0.53, 0.85)
    """Quantiles of the train split between the classes."""

    @model_validator(mode="after")
    def _ascending(self) -> "TradingR1LabelConfig":
        _require_ascending("horizons", self.horizons, 1, 60)
        _require_ascending("quantiles", self.quantiles, 0.001, 0.999)
        return self


class TripleBarrierLabelConfig(TrailingConfig):
    """Which barrier the return touches first: upper, lower, or the end of the holding time."""

    name: Literal["triple_barrier"]
    horizon: int = Field(default=5, ge=1, le=60)
    """Sessions that the position is held at most: the vertical barrier is the close of the last."""
    classes: Literal[3] = 3
    """Lower, vertical and upper barrier: down, flat and up."""
    upper: float = Field(default=2.0, gt=0)
    """Upper barrier, in volatilities of one session."""
    lower: float = Field(default=2.0, gt=0)
    """Lower barrier, in volatilities of one session."""


class SsptLabelConfig(TrailingConfig):
    """SSPT's auxiliary targets: whose text it is, or where the moving average goes."""

    name: Literal["sspt_ticker", "sspt_sector", "sspt_moving_average"]
    classes: Literal[2] = 2
    """Of the moving average: lower or higher. Tickers and sectors are as many as the train split has."""
    window: int = Field(default=5, ge=2, le=250)
    """Closes in the moving average."""


AnyLabelConfig = (
    ExcessLabelConfig
    | Acl18LabelConfig
    | SepLabelConfig
    | FinGPTRlspLabelConfig
    | FinGPTV1LabelConfig
    | FinGPTV11LabelConfig
    | ForecasterLabelConfig
    | RetuningLabelConfig
    | TradingR1LabelConfig
    | TripleBarrierLabelConfig
    | SsptLabelConfig
)
LABEL_CONFIGS: dict[str, type[TrailingConfig]] = {
    name: block for block in get_args(AnyLabelConfig) for name in get_args(block.model_fields["name"].annotation)
}
"""The block that each label is set with."""


def _named(value: Any) -> Any:
    """Give a block without a name that of the default label, and an unknown name a hint."""
    if not isinstance(value, Mapping):
        return value
    name = value.get("name", "excess")
    if name not in LABEL_CONFIGS:
        raise ValueError(
            f"unknown label '{name}'{did_you_mean(str(name), LABEL_CONFIGS)}; use one of {', '.join(LABEL_CONFIGS)}"
        )
    return {**value, "name": name}


LabelConfig = Annotated[AnyLabelConfig, Field(discriminator="name"), BeforeValidator(_named)]
"""The label block of a recipe; without a name it is ``excess``."""


def label_config(**values: Any) -> AnyLabelConfig:
    """The label block with these values.

    Raises:
        pydantic.ValidationError: The label is unknown, or has no such key or value.
    """
    adapter: TypeAdapter[AnyLabelConfig] = TypeAdapter(LabelConfig)
    return adapter.validate_python(values)


TASKS_OF_LABELS = {
    "fingpt_forecaster": "forecaster",
    "sspt_ticker": "ticker",
    "sspt_sector": "sector",
    "sspt_moving_average": "average",
}


def label_task_name(config: LabelConfig) -> str:
    """Name of the task whose answers a label's classes are: ``movement``, for more than two classes with their number."""
    classes = "" if config.classes == 2 else str(config.classes)
    return TASKS_OF_LABELS.get(config.name, f"movement{classes}")


def _require_ascending(name: str, values: tuple[float, ...], low: float, high: float) -> None:
    if any(left >= right for left, right in pairwise(values)):
        raise ValueError(f"{name} must ascend, and {values} do not")
    if values[0] < low or values[-1] > high:
        raise ValueError(f"{name} must lie between {low} and {high}, and {values} do not")


class AuditConfig(Config):
    """What happens to labels whose prices the price audit suspects."""

    withhold: bool = True
    """Withhold, and record, samples whose trailing window, entry or exit touches a suspect bar; else only report."""
