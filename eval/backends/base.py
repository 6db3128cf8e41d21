"""What every engine does: log-probabilities of label tokens, and generation."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Tokens = list[int]
OnDone = Callable[[int], None]
"""Called with the number of prompts finished since the last call."""


@dataclass(frozen=True)
class Completion:
    """A generated reply without special tokens, and whether the model ended it by itself."""

    text: str
    finished: bool


class Backend(Protocol):
    """A loaded base model, scored with or without an adapter."""

    name: str

    def score(
        self,
        prompts: Sequence[Tokens],
        label_tokens: Sequence[int],
        adapter: Path | None = None,
        on_done: OnDone | None = None,
    ) -> NDArray[np.float64]:
        """Log-probabilities of the label tokens right after each prompt.

        Args:
            prompts: Token ids, n of them.
            label_tokens: Vocabulary ids of the k labels.
            adapter: Folder of a peft adapter that is in force; None scores the base model.
            on_done: Told of progress.

        Returns:
            Natural logarithms of probabilities over the whole vocabulary [n, k]; a row's exponentials sum to at most 1.
        """

    def generate(
        self,
        prompts: Sequence[Tokens],
        max_tokens: int,
        n: int = 1,
        temperature: float = 0.0,
        seed: int = 0,
        adapter: Path | None = None,
    ) -> list[list[Completion]]:
        """Generate ``n`` replies of at most ``max_tokens`` tokens for each prompt; temperature 0 is greedy."""

    def close(self) -> None:
        """Give back memory and undo what the engine changed in this process."""


def shared_prefix(prompts: Sequence[Tokens]) -> int:
    """Length of the longest prefix that all prompts share, short of the last token of the shortest one."""
    if not prompts:
        return 0
    first, last = min(prompts), max(prompts)
    limit = min(len(prompt) for prompt in prompts) - 1
    for place in range(limit):
        if first[place] != last[place]:
            return place
    return max(limit, 0)
