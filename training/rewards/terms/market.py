"""What an answer's position earns: this project's own terms, by the evaluation's arithmetic (``eval.pnl``)."""

from eval.pnl import pnl_array
from training.rewards.batch import Batch, Floats
from training.rewards.terms.settings import Settings


def pnl_term(batch: Batch, settings: Settings) -> Floats:
    """Position times the clipped scaled return, minus costs, in units of volatility; losses times ``loss_aversion``.

    An answer without a label gets the worst result there is, so that silence never beats a loss.
    """
    return _pnl(batch, settings, settings.pnl.loss_aversion)


def portfolio_pnl(batch: Batch, settings: Settings) -> Floats:
    """The same without loss aversion: a portfolio's measure judges its risk by itself."""
    return _pnl(batch, settings, 1.0)


def _pnl(batch: Batch, settings: Settings, loss_aversion: float) -> Floats:
    config, outcomes = settings.pnl, batch.outcomes
    return pnl_array(
        batch.position,
        outcomes.ret_scaled,
        outcomes.volatility,
        cost_bps=config.cost_bps,
        clip=config.clip,
        loss_aversion=loss_aversion,
    )
