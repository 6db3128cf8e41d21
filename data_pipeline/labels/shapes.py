"""What labels of one kind have in common: trailing windows, plain returns, bounds on both sides of zero."""

from typing import Any

from data_pipeline.labels.spec import LabelSpec
from tickertune.core.recipe import LabelConfig


def trailing(config: LabelConfig) -> dict[str, int]:
    """The trailing windows of a label block, as fields of its specification."""
    return {"volatility_sessions": config.volatility_sessions, "beta_sessions": config.beta_sessions}


def raw_return(config: LabelConfig, **values: Any) -> LabelSpec:
    """A label that cuts the plain return of its trade at published thresholds."""
    return LabelSpec(target="ret_raw", market_adjusted=False, **trailing(config), **values)


def mirrored(thresholds: tuple[float, ...]) -> tuple[float, ...]:
    """Ascending bounds on both sides of zero."""
    return (*(-value for value in reversed(thresholds)), *thresholds)
