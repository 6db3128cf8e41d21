"""The form of a task's answer as a regular expression that engines can hold replies to."""

import re

from tickertune.core.answers import tagged_reply
from tickertune.core.tasks import ChoiceTask

THOUGHT = "[^<]{1,4000}"
"""What may stand between the tags of a tagged reply's reasons."""
_SPECIAL = re.compile(r"[\\.^$*+?{}\[\]|()]")
_PLACE = "\0"


def answer_pattern(task: ChoiceTask, *, tagged: bool = False) -> str:
    """Return the expression that just the canonical answers of a task match.

    Args:
        task: Its labels and their wording.
        tagged: Whether reasons stand before the answer (``tagged_reply``).
    """
    answers = "|".join(_literal(task.answer(label)) for label in task.labels)
    if not tagged:
        return f"({answers})"
    frame = _literal(tagged_reply(_PLACE, _PLACE))
    reasons, answer, rest = frame.split(_PLACE)
    return f"{reasons}{THOUGHT}{answer}({answers}){rest}"


def _literal(text: str) -> str:
    """Escape what is special, and nothing else: engines' grammars know fewer escapes than ``re``."""
    return _SPECIAL.sub(lambda found: f"\\{found[0]}", text)
