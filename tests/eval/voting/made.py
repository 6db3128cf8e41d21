"""Ballots of replies that are written down."""

from collections.abc import Sequence

from eval.voting import Ballots, ballots_of
from tickertune.core.tasks import label_task

TASK = label_task("movement")


def ballots(replies: Sequence[Sequence[str]], finished: Sequence[Sequence[bool]] | None = None) -> Ballots:
    """Read movement replies; each has as many tokens as words."""
    ends = [[True] * len(row) for row in replies] if finished is None else finished
    return ballots_of(TASK, replies, ends, [[len(text.split()) for text in row] for row in replies])
