"""A whole reply, plain or tagged, read into its decision and its argument."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from tickertune.core.answers.statements import RECENT, read_move, read_position, read_probability, read_scores
from tickertune.core.decision import Decision
from tickertune.core.tasks.base import Task

MAX_CHARS = 50_000
"""Longer replies are not read: no length that a recipe asks for comes near."""
TAGS = ("<think>", "</think>", "<answer>", "</answer>")
_TAG = re.compile("|".join(TAGS))
STATEMENTS: dict[str, Callable[[str], str | float | None]] = {
    "scores": str,
    "move": read_move,
    "probability": read_probability,
    "position": read_position,
}
"""Lines ``Name: value`` of the answer block that are no part of the label, and what reads the value; scores, which differ
from reply to reply, are read when the labels are known."""
_WHOLE = re.compile(r"\s*<think>([^<]*)</think>\s*<answer>([^<]*)</answer>\s*")
"""A reply in exactly the required form, such as most are, that has no other tag or bracket."""
_UNPARSED = Decision(outcome="unparsed")


class Answer(NamedTuple):
    """What a reply says, and how."""

    text: str
    reasoning: str
    """Where sections and claims are looked for: the <think> block, or the whole of a plain reply."""
    decision: Decision
    formatted: bool
    """Whether the reply has exactly the required form."""


def read_reply(task: Task, text: str, *, tagged: bool = False, finished: bool = True) -> Answer:
    """Read a reply.

    Args:
        task: Says how a label is stated.
        text: The reply without special tokens.
        tagged: Whether the form is ``<think>reasons</think><answer>label and statements</answer>``.
        finished: Whether the model ended the reply by itself.

    Returns:
        The answer. Its decision is unparsed where it names no label, or several; where a stated position is no number in
        [-1, 1], opposes the label or is none of the task's; and, if tagged, unless there is exactly one answer block.
    """
    if len(text) > MAX_CHARS:
        return Answer(text, "", Decision(outcome="unparsed" if finished else "truncated"), False)
    if not tagged:
        decision = task.parse(text, finished=finished)
        stated = task.move(decision.label) if decision.label is not None else None
        move = read_move(text) if stated is None else stated
        if move is not None and decision.label is not None:
            decision = Decision(outcome="label", label=decision.label, move=move)
        return Answer(text, text, decision, task.well_formed(text))
    return _tagged(task, text, finished)


def tagged_reply(reasoning: str, answer: str, statements: Sequence[str] = ()) -> str:
    """Return a tagged reply: the reasons, the sentence that states the label, and lines such as ``Move: up by 2%``."""
    return "\n".join(["<think>", reasoning, "</think>", "<answer>", answer, *statements, "</answer>"])


def _tagged(task: Task, text: str, finished: bool) -> Answer:
    whole = _WHOLE.fullmatch(text)
    if whole is not None:
        return _decided(task, text, whole[1].strip(), whole[2], finished, in_form=True)
    if not text.strip():
        return Answer(text, "", Decision(outcome="abstained" if finished else "truncated"), False)
    tags = _TAG.findall(text)
    counts = [tags.count(tag) for tag in TAGS]
    before, after, rest = text.partition(TAGS[2])
    block, closed, tail = rest.partition(TAGS[3])
    if counts[2] != 1 or counts[3] != 1 or not (after and closed):
        return Answer(text, "", Decision(outcome="unparsed" if finished or counts[2] > 1 else "truncated"), False)
    head = before.strip()
    reasoned = counts[0] == counts[1] == 1 and head.startswith(TAGS[0]) and head.endswith(TAGS[1])
    reasoning = head[len(TAGS[0]) : -len(TAGS[1])].strip() if reasoned else ""
    return _decided(task, text, reasoning, block, finished, in_form=reasoned and not tail.strip())


def _decided(task: Task, text: str, reasoning: str, block: str, finished: bool, *, in_form: bool) -> Answer:
    """Read the answer block of a reply."""
    wording: list[str] = []
    stated: dict[str, Any] = {}
    for line in block.splitlines():
        name, value = _line(line)
        if name is None:
            wording.append(line)
        else:
            stated[name] = None if name in stated else value  # one that comes twice says nothing
    decision, formed = _wording(task, "\n".join(wording).strip(), finished)
    if decision.label is not None:
        decision = _with_statements(task, decision.label, stated) if stated else decision
    elif decision.outcome == "abstained":
        decision = _UNPARSED
    return Answer(text, reasoning, decision, in_form and formed)


@lru_cache(RECENT)
def _wording(task: Task, wording: str, finished: bool) -> tuple[Decision, bool]:
    """What the words of an answer decide, and whether they have the required form."""
    decision = task.parse(wording, finished=finished)
    if decision.label is not None:
        decision = _with_statements(task, decision.label, {})
    return decision, task.well_formed(wording)


@lru_cache(RECENT)
def _line(line: str) -> tuple[str | None, Any]:
    """Which statement a line is, and what it states: the text of scores, else a number or None; no name for other lines."""
    name, _, value = line.partition(":")
    key = name.strip().lower()
    read = STATEMENTS.get(key) if len(name) < len(line) else None
    return (key, read(value.strip())) if read is not None else (None, None)


def _with_statements(task: Task, label: str, stated: dict[str, Any]) -> Decision:
    """The decision with what is stated; unparsed where the position cannot be read or opposes the label."""
    position = stated.get("position")
    if "position" in stated and not (task.has_positions and _agrees(position, task.position(label))):
        return _UNPARSED
    move = task.move(label)
    if move is None:
        move = stated.get("move")
    scores = read_scores(stated["scores"] or "", task.labels) if "scores" in stated else None
    return Decision("label", label, stated.get("probability"), position, move, scores)


def _agrees(position: float | None, of_label: float) -> bool:
    """Whether a stated size is a readable one on the label's side; zero is, for it bets nothing."""
    return position is not None and (position == 0 or position * of_label > 0)
