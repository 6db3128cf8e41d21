"""How decisions become positions, and the account that trades them on daily bars."""

from typing import Literal

from pydantic import Field

from tickertune.core.recipe.base import Config

Sizing = Literal["equal", "confidence", "volatility"]
Side = Literal["both", "long", "short"]


class PolicyConfig(Config):
    """From a session's decisions to weights; the default is equal weights over the session's samples."""

    sizing: Sizing = "equal"
    """equal: the same share for each sample; confidence: that share times how far the stated probability is above chance;
    volatility: shares in proportion to one over the trailing volatility known before entry."""
    side: Side = "both"
    """Which decisions are acted on: all, the purchases, or the short sales; the share of the others stays in cash."""
    top_k: int | None = Field(default=None, ge=1)
    """Most positions of a session, the most confident first; the capital is shared by them alone. Empty: no limit."""
    gross: float = Field(default=1.0, gt=0, le=4)
    """Budget: the sum of absolute weights that a session's decisions share, as a fraction of its capital."""
    max_turnover: float | None = Field(default=None, gt=0)
    """Largest sum of absolute changes of weight of a session's capital; beyond it all changes are cut in proportion. A name
    whose return is not known in the session is sold all the same. Empty: no limit."""


class AccountConfig(Config):
    """A cash account that trades the decisions on daily bars, beside the market-neutral book."""

    capital: float = Field(default=1_000_000.0, gt=0)
    """Cash at the start, in the bars' currency."""
    commission_bps: float = Field(default=1.0, ge=0)
    """Commission of each side, in basis points of the value traded."""
    slippage_bps: float = Field(default=4.0, ge=0)
    """What the fill is worse than the price on each side, in basis points."""
    borrow_bps_year: float = Field(default=50.0, ge=0)
    """Fee on what is sold short, in basis points a year of 365 days; charged for each night."""
    stop_loss: float | None = Field(default=None, gt=0, lt=1)
    """Loss of a position, as a fraction of its entry price, at which it is closed within its holding window. Empty: never."""
    take_profit: float | None = Field(default=None, gt=0)
    """Gain of a position at which it is closed. Empty: never."""
    random_draws: int = Field(default=200, ge=20)
    """Draws of the random baseline, each with the turnover of the checkpoint that it stands beside."""
    momentum_sessions: int = Field(default=20, ge=1)
    """Sessions of the trailing return that the momentum baseline follows."""
