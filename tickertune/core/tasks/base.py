"""What every task has: an answer format, a strict parser, and a position for each label."""

import re
from collections.abc import Sequence

from tickertune.core.decision import Decision

_TAG = re.compile(r"<(?=\s*[<!/|\uff5ca-z])|\[(?=\s*/?\s*INST\s*\])", re.IGNORECASE)
"""The opening of anything that reads as markup: our own fences, and the turn and control tokens of all chat templates
that we know (``<|im_end|>``, ``<end_of_turn>``, ``</s>``, ``<<SYS>>``, ``[/INST]``)."""


def fenced(text: str) -> str:
    """Make text from the Internet harmless inside a prompt: no chat control token, no closing fence."""
    return _TAG.sub("(", " ".join(text.split()))


class Task:
    """A label space with its answer format.

    The answer is ``<answer_prefix> <label>``, a sentence that a pretrained model finds natural. Evaluation
    scores the labels after ``answer_prefix`` in one forward pass; generation is read by ``parse``. Both mean
    the same thing.
    """

    def __init__(self, name: str, labels: Sequence[str], answer_prefix: str) -> None:
        self.name = name
        self.labels = tuple(labels)
        self.answer_prefix = answer_prefix
        words = "|".join(map(re.escape, self.labels))
        self._answer = re.compile(rf"{re.escape(answer_prefix)}\s+({words})\s*\.?", re.IGNORECASE)
        self._word = re.compile(rf"(?<!\w)({words})(?!\w)", re.IGNORECASE)

    def answer(self, label: str) -> str:
        """Return the reply that states ``label``."""
        return f"{self.answer_prefix} {label}"

    def continuation(self, label: str) -> str:
        """Return what follows ``answer_prefix`` when the answer is ``label``."""
        return f" {label}"

    def well_formed(self, text: str) -> bool:
        """Whether ``text`` is exactly one answer in the required format and nothing else."""
        return self._answer.fullmatch(text.strip()) is not None

    def parse(self, text: str, *, finished: bool = True) -> Decision:
        """Read a generated reply.

        A reply that names no label, or several different ones, is ``unparsed``; one that stopped at
        the length limit before it named a label is ``truncated``; an empty one is ``abstained``.

        Args:
            text: The reply without special tokens.
            finished: Whether the model ended it by itself.
        """
        if not text.strip():
            return Decision(outcome="abstained" if finished else "truncated")
        found = {word.lower() for word in self._word.findall(text)}
        if len(found) == 1:
            return Decision(outcome="label", label=found.pop())
        return Decision(outcome="unparsed" if finished or found else "truncated")

    def position(self, label: str) -> float:
        """Return the position in [-1, 1] that acts on ``label``; tasks without a market refuse."""
        raise TypeError(f"task {self.name} has no positions")
