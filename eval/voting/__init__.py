"""Inference-time scaling: several replies a prompt, one decision by vote, and what each further reply gains and costs.

``ballots_of`` reads replies, ``vote`` lets them decide, ``curve_points`` shows the score by the number of replies
(docs/evaluation.md). ``rating`` has a reward model rate replies, ``best_of`` takes the best.
"""

from eval.voting.ballots import Ballots, ballots_of
from eval.voting.curve import VotePoint, curve_points
from eval.voting.grammar import answer_pattern
from eval.voting.rules import RULES, best_of, tally, vote, weights_of
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
    "tally",
    "vote",
    "vote_checkpoints",
    "weights_of",
]
