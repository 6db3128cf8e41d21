"""Inference-time scaling: several replies a prompt, one decision by vote, and what each further reply gains and costs.

``ballots_of`` reads replies, ``vote`` lets them decide, ``curve_points`` shows the score by the number of replies
(docs/evaluation.md). ``best_of`` takes the reply that a scorer likes best.
"""

from eval.voting.ballots import Ballots, ballots_of
from eval.voting.curve import VotePoint, curve_points
from eval.voting.grammar import answer_pattern
from eval.voting.rules import RULES, best_of, vote, weights_of
from eval.voting.stage import Voted, vote_checkpoints

__all__ = [
    "RULES",
    "Ballots",
    "VotePoint",
    "Voted",
    "answer_pattern",
    "ballots_of",
    "best_of",
    "curve_points",
    "vote",
    "vote_checkpoints",
    "weights_of",
]
