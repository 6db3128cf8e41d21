"""What a reward is made of: its terms by name, their weights, and how each is paid."""

import re
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field, field_validator, model_validator

from tickertune.core.errors import did_you_mean
from tickertune.core.recipe.base import Config

TermName = Literal[
    "format", "accuracy", "class_bonus", "magnitude", "consistency", "length", "structure", "evidence",
    "decision_matrix", "pnl", "sharpe", "cvar", "utility", "brier", "log_score",
]  # fmt: skip
TERM_NAMES: tuple[str, ...] = get_args(TermName)
PORTFOLIO_TERMS = ("sharpe", "cvar", "utility")
"""Terms in which a completion is paid for what it adds to the portfolio of a step's prompts."""
LEAST_WINDOW = 4
"""Prompts a step from which a portfolio's risk can be estimated at all."""
_DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+", re.ASCII)


def is_user_term(name: str) -> bool:
    """Whether a term is a function of the user's by its dotted path, such as ``my_rewards.esg``."""
    return _DOTTED.fullmatch(name) is not None


def _known_terms(weights: dict[str, float]) -> dict[str, float]:
    for name in weights:
        if name not in TERM_NAMES and not is_user_term(name):
            raise ValueError(
                f"unknown reward term '{name}'{did_you_mean(name, TERM_NAMES)}; use {', '.join(TERM_NAMES)}, or the "
                "dotted path of a function"
            )
    if not any(weights.values()):
        raise ValueError("at least one reward needs a weight other than 0")
    return weights


Weights = Annotated[dict[str, float], AfterValidator(_known_terms)]
"""Weight of each reward term by its name, or by the dotted path of a function of the user's."""


class PnlConfig(Config):
    """How a position is paid."""

    cost_bps: float = Field(default=5.0, ge=0)
    """Cost of each side, in basis points of the position."""
    clip: float = Field(default=3.0, gt=0)
    """Bound on the volatility-scaled forward return (and so on the worst reward)."""
    loss_aversion: float = Field(default=1.0, ge=1)
    """Factor on losses."""


class ClassBonusConfig(Config):
    """Bonus of a correct answer by its class."""

    move: float = 4.0
    """For a correct class that takes a position (up, down)."""
    hold: float = 0.0
    """For a correct class that takes none (flat)."""


class MagnitudeConfig(Config):
    """How a stated return is paid."""

    large_move: float = Field(default=0.03, gt=0, le=1)
    """Size of the return, as a fraction, from which the wrong sign is paid the worst."""


class LengthConfig(Config):
    """How long a correct answer should be."""

    words: int = Field(default=150, ge=1)
    """Different words from which the bonus is full, so that repetition earns nothing."""


class StructureConfig(Config):
    """What a well-structured argument has."""

    fewest: int = Field(default=5, ge=1)
    """Sections from which their number is best."""
    most: int = Field(default=7, ge=1)
    """Sections up to which their number is best."""
    section_words: int = Field(default=12, ge=1)
    """Different words that a section needs to count as one."""

    @model_validator(mode="after")
    def _ordered(self) -> "StructureConfig":
        if self.fewest > self.most:
            raise ValueError(f"structure.fewest {self.fewest} is more than structure.most {self.most}")
        return self


class EvidenceConfig(Config):
    """When a claim counts as proven."""

    quote_words: int = Field(default=3, ge=1)
    """Words that a quote needs."""
    own_words: int = Field(default=3, ge=0)
    """Words that a claim needs besides its quote and source."""
    least_claims: int = Field(default=1, ge=1)
    """With fewer claims, the proven ones are divided by this number."""


class DecisionMatrixConfig(Config):
    """Trading-R1's rewards of five classes."""

    rows: list[list[float]] = [
        [1.0, 0.75, -1.25, -2.0, -2.25],
        [0.75, 1.0, -0.75, -1.5, -2.0],
        [-1.5, -1.0, 1.0, -1.0, -1.5],
        [-1.75, -1.25, -0.75, 1.0, 0.75],
        [-2.0, -1.5, -1.25, 0.75, 1.0],
    ]
    """A row for each answer, a column for each truth, both from the worst class to the best. The published numbers punish
    a false bearish answer most, though its text wants a false bullish one punished most."""
    unparsed: float = -1.5
    """For an answer that cannot be read."""

    @field_validator("rows")
    @classmethod
    def _square(cls, rows: list[list[float]]) -> list[list[float]]:
        if any(len(row) != len(rows) for row in rows):
            raise ValueError(f"decision_matrix.rows has {len(rows)} rows of {[len(row) for row in rows]} columns")
        return rows


class PortfolioConfig(Config):
    """Risk of the portfolio that holds one completion of each prompt of a step."""

    alpha: float = Field(default=0.25, gt=0, lt=1)
    """Share of the worst results whose mean is the CVaR."""
    risk_aversion: float = Field(default=1.0, gt=0, le=10)
    """Absolute risk aversion of the exponential utility, per unit of volatility."""
    least_deviation: float = Field(default=0.25, gt=0)
    """Added to the deviation in the Sharpe ratio, as a root of squares, so that holding nothing is not divided by zero."""


class TermsConfig(Config):
    """What the terms are paid by; docs/rewards.md has the formulas."""

    class_bonus: ClassBonusConfig = ClassBonusConfig()
    """Bonus of a correct class."""
    magnitude: MagnitudeConfig = MagnitudeConfig()
    """Stated return against the true one."""
    length: LengthConfig = LengthConfig()
    """Length of correct answers."""
    structure: StructureConfig = StructureConfig()
    """Number and content of sections."""
    evidence: EvidenceConfig = EvidenceConfig()
    """What a claim needs to count as proven."""
    decision_matrix: DecisionMatrixConfig = DecisionMatrixConfig()
    """Reward by answer and truth."""
    portfolio: PortfolioConfig = PortfolioConfig()
    """Parameters of ``sharpe``, ``cvar`` and ``utility``."""
    least_probability: float = Field(default=0.01, gt=0, lt=0.5)
    """Least probability that the log score lets any label have: a stated one counts within bounds that leave it to each."""


class RewardStage(Config):
    """A stretch of GRPO with weights of its own."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    """Name of the stage, as it stands in the log and in the file names of its baselines."""
    steps: int = Field(ge=1)
    rewards: Weights
    """Weight of each reward term in this stage; terms of the other stages are logged with weight 0."""
    terms: TermsConfig | None = None
    """What the terms are paid by in this stage; None: as in the other stages."""


def union(stages: list[dict[str, float]]) -> list[dict[str, float]]:
    """Give each stage's weights every term that has a weight in some stage, with 0 where it had none."""
    names = dict.fromkeys(name for weights in stages for name, weight in weights.items() if weight)
    return [{name: weights.get(name, 0.0) for name in names} for weights in stages]
