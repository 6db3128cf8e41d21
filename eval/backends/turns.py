"""Prompts for servers that render turns themselves: the UTF-8 bytes of the turns take the place of token ids."""

import json
from collections.abc import Sequence

from eval.backends.base import Tokens
from tickertune.core.prompting import ChatTurns, chat


def packed(messages: ChatTurns) -> Tokens:
    """Return the turns' bytes, so that they are stored, hashed and handed to workers as token ids are."""
    return list(json.dumps(chat(messages), ensure_ascii=False, sort_keys=True).encode())


def unpacked(tokens: Sequence[int]) -> list[dict[str, str]]:
    """Return the turns that ``packed`` was given."""
    turns: list[dict[str, str]] = json.loads(bytes(tokens))
    return turns
