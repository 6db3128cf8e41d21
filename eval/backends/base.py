"""What every engine does: log-probabilities of label tokens, and generation."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tickertune.core.errors import TickerTuneError

Tokens = list[int]
OnDone = Callable[[int], None]
"""Called with the number of prompts finished since the last call."""


class RefusedPromptError(TickerTuneError):
    """An engine refuses one prompt for good, whoever asks.

    Args:
        told: Cause and remedy.
        place: The prompt's place in what was asked.
    """

    def __init__(self, told: TickerTuneError, place: int) -> None:
        self.place = place
        super().__init__(told.cause, told.remedy)


@dataclass(frozen=True)
class Completion:
    """A generated reply without special tokens, and whether the model ended it by itself."""

    text: str
    finished: bool
    tokens: int = field(default=0, compare=False)
    """Tokens that were generated, an end token included; 0 where nobody counted."""


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

    def sample(
        self,
        prompts: Sequence[Tokens],
        max_tokens: int,
        n: int,
        temperature: float,
        seed: int = 0,
        adapter: Path | None = None,
        pattern: str | None = None,
        on_done: OnDone | None = None,
    ) -> list[list[Completion]]:
        """Draw ``n`` replies to each prompt, each with a seed of its own (``draw_seed``).

        A reply depends on its prompt, the seed and its number alone: not on the other prompts, their order or ``n``, so that
        the first replies of many are those of few. (Sums that are batched otherwise round otherwise: near-ties may fall
        another way, in bfloat16 more than in float32.)

        Args:
            prompts: Token ids, n of them; a prompt that comes twice gets the same replies.
            max_tokens: Most tokens a reply.
            n: Replies a prompt.
            temperature: Above 0; all of the vocabulary is drawn from.
            seed: Of the draws.
            adapter: As in ``score``.
            pattern: Regular expression that every finished reply matches as a whole.
            on_done: Told of progress, in prompts.

        Raises:
            TickerTuneError: This engine cannot hold replies to a pattern.
        """

    def close(self) -> None:
        """Give back memory and undo what the engine changed in this process."""


def draw_seed(seed: int, prompt: Tokens) -> int:
    """Seed of a prompt's first draw, below 2**30; that of its n-th is n higher (every server takes 31 bits)."""
    digest = hashlib.sha256(repr((seed, list(prompt))).encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 2
