"""What the terms are paid by, in one stage of training."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tickertune.core.recipe.rewards import PnlConfig, TermsConfig


@dataclass(frozen=True)
class Settings:
    """The recipe's numbers, and the data set's class boundaries."""

    pnl: PnlConfig = field(default_factory=PnlConfig)
    terms: TermsConfig = field(default_factory=TermsConfig)
    cut_points: Sequence[float] = ()
    """Class boundaries, ascending; empty where they are not known, or not in the unit of a return."""
    cuts_scaled: bool = True
    """Whether ``cut_points`` are in volatilities; else they are fractions."""
