"""A reward that any reply earns something of: how long it is."""

from tickertune.core.answers import Answer
from training.rewards.batch import Outcome


def characters(answer: Answer, outcome: Outcome, prompt: str) -> float:
    """Return the characters of a reply, in hundreds."""
    return len(answer.text) / 100
