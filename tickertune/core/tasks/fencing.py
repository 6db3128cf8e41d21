"""Text from the Internet, made harmless: no chat control token, no closing fence, no line of its own."""

import re

_TAG = re.compile(r"<(?=\s*[<!/|\uff5ca-z])|\[(?=\s*/?\s*INST\s*\])", re.IGNORECASE)
"""The opening of anything that reads as markup: our own fences, and the turn and control tokens of all chat templates
that we know (``<|im_end|>``, ``<end_of_turn>``, ``</s>``, ``<<SYS>>``, ``[/INST]``)."""


def fenced(text: str) -> str:
    """Make text from the Internet harmless inside a prompt: one line, no chat control token, no closing fence."""
    return _TAG.sub("(", " ".join(text.split()))
