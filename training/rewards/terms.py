"""The reward terms, each a pure function of one answer and the outcome.

Values of ``format`` and ``accuracy`` are those of RETuning (2025); ``pnl`` is this project's own, and the evaluation's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from eval.pnl import pnl
from tickertune.core.decision import Decision
from tickertune.core.recipe.grpo import PnlConfig
from tickertune.core.tasks import Task

CORRECT, NEAR_BOUNDARY, WRONG, MISSING = 2.0, 1.8, -1.5, -2.0
BOUNDARY_BAND = 0.005
"""Half a percentage point: so near to a class boundary, the class on its other side is almost right."""


@dataclass(frozen=True)
class Outcome:
    """What came of a sample: its class and, for a sample of the market, its return.

    ``ret_scaled`` is the forward return over ``volatility``, the volatility of the horizon as a fraction.
    """

    label: str
    ret_scaled: float | None = None
    volatility: float | None = None


def format_term(task: Task, text: str) -> float:
    """+1 where ``text`` is exactly one answer in the required format, else -1."""
    return 1.0 if task.well_formed(text) else -1.0


def accuracy_term(task: Task, decision: Decision, outcome: Outcome, cut_points: Sequence[float] = ()) -> float:
    """Whether the decision is the outcome's class.

    Correct +2; the neighbouring class +1.8 where the return lies within half a percentage point of the boundary
    between the two (more than two classes only); wrong -1.5; no label -2.

    Args:
        task: The task, whose labels are ordered.
        decision: What the answer said.
        outcome: What came of it.
        cut_points: Class boundaries in units of ``ret_scaled``, ascending; empty where they are not known.
    """
    if decision.label is None:
        return MISSING
    if decision.label == outcome.label:
        return CORRECT
    said, true = task.labels.index(decision.label), task.labels.index(outcome.label)
    known = len(task.labels) > 2 and len(cut_points) == len(task.labels) - 1
    if known and abs(said - true) == 1 and outcome.ret_scaled is not None and outcome.volatility is not None:
        distance = abs(outcome.ret_scaled - cut_points[min(said, true)]) * outcome.volatility
        if distance <= BOUNDARY_BAND:
            return NEAR_BOUNDARY
    return WRONG


def pnl_term(task: Task, decision: Decision, outcome: Outcome, config: PnlConfig) -> float | None:
    """What the decision's position earns, in units of volatility after costs; see ``eval.pnl``.

    An answer without a label gets the worst result there is, so that silence never beats a loss; a missing outcome
    gives None.
    """
    return pnl(
        None if decision.label is None else task.position(decision.label),
        outcome.ret_scaled,
        outcome.volatility,
        config.cost_bps,
        config.clip,
        config.loss_aversion,
    )
