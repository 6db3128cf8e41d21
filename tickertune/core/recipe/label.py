"""Which label a movement data set has, and when its prices are believed."""

from typing import Literal

from pydantic import Field

from tickertune.core.recipe.base import Config


class LabelConfig(Config):
    """Which label, over which window."""

    name: Literal["excess", "acl18", "acl18_as_published"] = "excess"
    horizon: int = Field(default=1, ge=1, le=60)
    """Sessions from entry to exit (``excess``)."""
    classes: Literal[2, 3, 5] = 2
    """Return classes, cut at quantiles of the train split (``excess``)."""
    volatility_sessions: int = Field(default=20, ge=5)
    """Sessions of the trailing volatility that scales ``excess``."""


class AuditConfig(Config):
    """What happens to labels whose prices the price audit suspects."""

    withhold: bool = True
    """Withhold, and record, samples whose trailing window, entry or exit touches a suspect bar; else only report."""
