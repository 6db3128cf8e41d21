"""A whole reply, plain or tagged, read into its decision and its argument."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from tickertune.core.answers.statements import RECENT, read_move, read_position, read_probability, read_scores
from tickertune.core.decision import Decision
from tickertune.core.tasks.base import Task

MAX_CHARS = 50_000
"""Longer replies are not read: no length that a recipe asks for comes near."""
TAGS = ("<think>", "</think>", "<answer>", "</answer>")
_TAG = re.compile("|".join(TAGS))
STATEMENTS = ("scores", "move", "probability", "position")
"""Lines ``Name: value`` of the answer block that are no part of the label."""
_WHOLE = re.compile(r"\s*<think>([^<]*)</think>\s*<answer>([^<]*)</answer>\s*")
"""A reply in exactly the required form, such as most are, that has no other tag or bracket."""


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
    wording, statements = _lines(block)
    decision, formed = _wording(task, wording, finished)
    if decision.label is not None:
        decision = _with_statements(task, decision.label, statements) or Decision(outcome="unparsed")
    elif decision.outcome == "abstained":
        decision = Decision(outcome="unparsed")
    return Answer(text, reasoning, decision, in_form and formed)


@lru_cache(RECENT)
def _wording(task: Task, wording: str, finished: bool) -> tuple[Decision, bool]:
    """What the words of an answer decide, and whether they have the required form."""
    return task.parse(wording, finished=finished), task.well_formed(wording)


def _lines(block: str) -> tuple[str, dict[str, str | None]]:
    """Part a block into the wording of the label and the statements; one that comes twice is None."""
    wording: list[str] = []
    statements: dict[str, str | None] = {}
    for line in block.splitlines():
        name, colon, value = line.partition(":")
        key = _statement(name) if colon else None
        if key is not None:
            statements[key] = None if key in statements else value.strip()
        else:
            wording.append(line)
    return "\n".join(wording).strip(), statements


@lru_cache(RECENT)
def _statement(name: str) -> str | None:
    """Which statement a name is of."""
    key = name.strip().lower()
    return key if key in STATEMENTS else None


def _with_statements(task: Task, label: str, statements: dict[str, str | None]) -> Decision | None:
    """The decision with what is stated; None where the position cannot be read or opposes the label."""
    position = None
    if "position" in statements:
        position = read_position(statements["position"] or "")
        if position is None or not task.has_positions or not _agrees(position, task.position(label)):
            return None
    move = task.move(label)
    if move is None:
        move = _move(statements.get("move") or "")
    scores = read_scores(statements["scores"] or "", task.labels) if "scores" in statements else None
    probability = _probability(statements.get("probability") or "")
    return Decision(outcome="label", label=label, confidence=probability, position=position, move=move, scores=scores)


_move, _probability = lru_cache(RECENT)(read_move), lru_cache(RECENT)(read_probability)


def _agrees(position: float, of_label: float) -> bool:
    """Whether a size is on the label's side; zero is, for it bets nothing."""
    return position == 0 or position * of_label > 0
