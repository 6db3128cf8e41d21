"""The reward terms: pure functions of a batch of answers and outcomes, by name.

Each returns one number a completion [n]. A term that needs a return gives NaN where the sample has none; everything else
about silence and missing outcomes is decided in ``training.rewards.compose``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tickertune.core.recipe.rewards import PORTFOLIO_TERMS, TERM_NAMES
from training.rewards.batch import Batch, Floats
from training.rewards.terms import form, market, outcome
from training.rewards.terms.settings import Settings

Need = Literal["return", "move", "positions", "tagged", "prompt"]


@dataclass(frozen=True)
class Term:
    """A term and what it cannot do without."""

    compute: Callable[[Batch, Settings], Floats]
    needs: frozenset[Need] = frozenset()
    """``return``: the scaled return and volatility; ``move``: the return itself; ``positions``: a task that takes them;
    ``tagged``: replies that can state more than a label; ``prompt``: the prompt's text."""


_MARKET: frozenset[Need] = frozenset({"return", "positions"})
TERMS: dict[str, Term] = {
    "format": Term(form.format_term),
    "accuracy": Term(outcome.accuracy),
    "class_bonus": Term(outcome.class_bonus),
    "magnitude": Term(outcome.magnitude, frozenset({"move"})),
    "consistency": Term(form.consistency, frozenset({"tagged"})),
    "length": Term(form.length),
    "structure": Term(form.structure, frozenset({"tagged"})),
    "evidence": Term(form.evidence, frozenset({"tagged", "prompt"})),
    "decision_matrix": Term(outcome.decision_matrix),
    "pnl": Term(market.pnl_term, _MARKET),
    "brier": Term(outcome.brier, frozenset({"tagged"})),
    "log_score": Term(outcome.log_score, frozenset({"tagged"})),
    # What these add to a portfolio is known only beside the other prompts' completions: training.rewards.portfolio.
    **{name: Term(market.portfolio_pnl, _MARKET) for name in PORTFOLIO_TERMS},
}
if TERMS.keys() != set(TERM_NAMES):
    raise AssertionError(f"terms without a function, or without a name: {TERMS.keys() ^ set(TERM_NAMES)}")

__all__ = ["TERMS", "Need", "Settings", "Term"]
