"""Rejection sampling: which replies are right, which of those are kept, and why the others are not."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tickertune.core.answers import read_reply
from tickertune.core.recipe.rationales import RationalesConfig
from tickertune.core.tasks import Task
from training.rationales.styles import CONTROL, fault
from training.rationales.teacher import Chat, Reply

KEPT, WRONG = "kept", "wrong"


@dataclass(frozen=True)
class Judged:
    """A reply's text and its verdict."""

    text: str
    parsed: bool
    """Whether it states one label of the task."""
    right: bool
    """Whether that is the true one."""
    reason: str
    """``KEPT``, or why it is not."""


@dataclass
class Counts:
    """What became of replies."""

    asked: int = 0
    parsed: int = 0
    right: int = 0
    dropped: Counter[str] = field(default_factory=Counter)

    @property
    def kept(self) -> int:
        """Replies that nothing speaks against."""
        return self.asked - self.dropped.total()

    def add(self, judged: Iterable[Judged]) -> None:
        """Count replies."""
        for one in judged:
            self.asked += 1
            self.parsed += one.parsed
            self.right += one.right
            if one.reason != KEPT:
                self.dropped[one.reason] += 1

    def facts(self) -> dict[str, object]:
        """Return the counts, and the share of replies kept."""
        share = self.kept / self.asked if self.asked else 0.0
        dropped = dict(sorted(self.dropped.items()))
        numbers = {"asked": self.asked, "parsed": self.parsed, "right": self.right, "kept": self.kept}
        return {**numbers, "dropped": dropped, "acceptance_rate": round(share, 6)}


def judge(reply: Reply, label: str, task: Task, messages: Chat, config: RationalesConfig) -> Judged:
    """Judge one reply by itself.

    Args:
        reply: What the teacher wrote.
        label: The sample's true label.
        task: The sample's task.
        messages: The sample's prompt.
        config: The recipe.
    """
    answer = read_reply(task, reply.text, tagged=True, finished=reply.finished)
    stated = answer.decision.label
    parsed, right = stated is not None, stated == label
    if not reply.finished:
        reason = "truncated"
    elif not parsed:
        reason = answer.decision.outcome
    elif not answer.formatted:
        reason = "not_in_form"
    elif CONTROL.search(reply.text):
        reason = "control_token"
    elif not right:
        reason = WRONG
    else:
        reason = fault(answer, task, messages, config) or KEPT
    return Judged(reply.text, parsed, right, reason)


def choose(judged: Sequence[Judged], keep: int) -> list[Judged]:
    """Drop equal rationales of one prompt but the first, and what is above the number to keep; the order stays."""
    chosen: list[Judged] = []
    seen: set[str] = set()
    for one in judged:
        words = " ".join(one.text.lower().split())
        reason = one.reason
        if reason == KEPT and words in seen:
            reason = "duplicate"
        elif reason == KEPT and len(seen) >= keep:
            reason = "above_keep"
        elif reason == KEPT:
            seen.add(words)
        chosen.append(Judged(one.text, one.parsed, one.right, reason))
    return chosen
