"""The part of a prompt that came from outside: what stands between the fence of its last turn."""

import re
from collections.abc import Callable
from typing import Any

import polars as pl

_FENCE = re.compile(r"(?<=<(news|text)>\n)(.*)(?=\n</\1>)", re.DOTALL)


def inside(messages: list[dict[str, str]]) -> str | None:
    """The fenced text of a prompt; None where its template fences nothing."""
    found = _FENCE.search(messages[-1]["content"])
    return found[2] if found else None


def with_inside(messages: list[dict[str, str]], text: str) -> list[dict[str, str]]:
    """The prompt with another text between its fence."""
    last = messages[-1]
    found = _FENCE.search(last["content"])
    assert found is not None, "the prompt has no fence"
    content = last["content"][: found.start(2)] + text + last["content"][found.end(2) :]
    return [*messages[:-1], {**last, "content": content}]


def rewritten(samples: pl.DataFrame, change: Callable[[list[dict[str, str]]], list[dict[str, str]]]) -> pl.DataFrame:
    """``Sample`` rows with changed prompts."""
    return with_messages(samples, [change(messages) for messages in samples["messages"].to_list()])


def with_messages(samples: pl.DataFrame, messages: list[Any]) -> pl.DataFrame:
    """``Sample`` rows with these prompts."""
    return samples.with_columns(messages=pl.Series(messages, dtype=samples.schema["messages"]))


def fenced_samples(samples: pl.DataFrame) -> pl.DataFrame:
    """Samples whose prompt has fenced text."""
    return samples.filter(
        pl.Series([inside(messages) is not None for messages in samples["messages"].to_list()], dtype=pl.Boolean)
    )
