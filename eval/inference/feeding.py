"""Parts to engines and back: read no faster than they are scored, and a prompt that an engine refuses is set aside."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from eval.backends.base import OnDone, RefusedPromptError, Tokens
from eval.engine import Answering
from eval.inference.scorer import Part
from eval.results import Answer, Ask

REFUSED_AT_FIRST = 3
"""Prompts that an engine may refuse before it has answered any: then it is the engine that is wrong, not the prompts."""
T = TypeVar("T")


def read_ahead(items: Iterator[T]) -> Iterator[T]:
    """Yield items, each made by a thread while the one before is used: one is in use and one waits, never more."""
    end = object()
    with ThreadPoolExecutor(1, thread_name_prefix="read-ahead") as pool:
        waiting = pool.submit(next, items, end)
        while (item := waiting.result()) is not end:
            waiting = pool.submit(next, items, end)
            yield item  # type: ignore[misc]


def answered(
    engine: Answering, parts: Iterator[Part], ask: Ask, adapter: Path | None, workers: int, on_done: OnDone
) -> Iterator[tuple[Part, list[Answer]]]:
    """Yield parts with the answers to their prompts, in the order in which they are finished.

    A part is taken when an engine is free for it. A prompt that a server refuses is taken out of its part with the reason, and the
    rest of the part is asked again.

    Raises:
        TickerTuneError: As ``Answering.answers``; or the engine refuses prompt after prompt and has answered none.
    """
    if workers > 1:
        begun: dict[int, Part] = {}

        def chunks() -> Iterator[list[Tokens]]:
            for place, part in enumerate(parts):
                begun[place] = part
                yield part.prompts

        for place, answers in engine.answers(chunks(), ask, adapter, on_done):
            yield begun.pop(place), answers
        return
    any_answered, refused = False, 0
    for part in parts:
        while True:
            told = _Told(on_done)
            try:
                ((_, answers),) = engine.answers([part.prompts], ask, adapter, told.advance)
                break
            except RefusedPromptError as error:
                refused += 1
                any_answered = any_answered or told.rows > 0
                if not any_answered and refused >= REFUSED_AT_FIRST:
                    raise
                part.reject(error.place, f"the engine refuses the prompt: {error.cause}")
                on_done(-told.rows)
        any_answered = any_answered or bool(answers)
        yield part, answers


class _Told:
    """Counts what was told of progress, so that it can be taken back."""

    def __init__(self, on_done: OnDone) -> None:
        self._on_done, self.rows = on_done, 0

    def advance(self, rows: int) -> None:
        self.rows += rows
        self._on_done(rows)
