"""Prompts without their documents' texts: a placeholder for each, so that the texts alone bring the prompt back.

Text in a prompt is fenced: ``<`` before a letter does not occur in it, so ``<document 0>`` can be no text.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

Message = dict[str, Any]
"""A chat turn with ``role`` and ``content``."""
_PLACEHOLDER = re.compile(r"<document (\d+)>")
GRAM_WORDS = 8
"""Words in a row of a withheld text that may not remain; of a shorter text, all its words from ``FEWEST_WORDS`` on."""
FEWEST_WORDS = 4


def take_out(messages: Sequence[Message], texts: Sequence[str]) -> list[Message] | None:
    """Replace each text by ``<document N>``; None where one stands in no turn as it is.

    Longer texts go first, so that one that is a part of another does not tear it; none is looked for in a placeholder.
    """
    turns = [[str(message["content"])] for message in messages]  # parts: text, and at odd places a placeholder
    for number in sorted(range(len(texts)), key=lambda at: (-len(texts[at]), at)):
        text = texts[number]
        found = ((parts, at) for parts in turns for at in range(0, len(parts), 2) if text in parts[at])
        parts, at = next(found, ([], 0))
        if not parts or not text:
            return None
        before, _, after = parts[at].partition(text)
        parts[at : at + 1] = [before, f"<document {number}>", after]
    return [message | {"content": "".join(parts)} for message, parts in zip(messages, turns, strict=True)]


def put_back(messages: Sequence[Message], texts: Mapping[int, str]) -> list[Message] | None:
    """Fill the placeholders; None where a text is missing."""
    wanted = {int(number) for message in messages for number in _PLACEHOLDER.findall(str(message["content"]))}
    if not wanted <= set(texts):
        return None
    return [
        message | {"content": _PLACEHOLDER.sub(lambda found: texts[int(found[1])], str(message["content"]))}
        for message in messages
    ]


def remains(texts: Sequence[str], rest: str) -> bool:
    """Whether words of a text still stand in ``rest``: eight in a row, or all of a shorter text."""
    haystack = f" {' '.join(rest.split())} "
    return any(f" {gram} " in haystack for text in texts for gram in _grams(text.split()))


def _grams(words: Sequence[str]) -> list[str]:
    if len(words) < FEWEST_WORDS:
        return []
    size = min(GRAM_WORDS, len(words))
    return [" ".join(words[start : start + size]) for start in range(len(words) - size + 1)]
