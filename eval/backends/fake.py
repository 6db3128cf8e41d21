"""Answers from a hash: for tests of everything around an engine."""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eval.backends.base import Completion, OnDone, Tokens, draw_seed
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import sha256_file


class FakeBackend:
    """Deterministic log-probabilities and replies that depend on the prompt and the adapter's weights alone."""

    name = "fake"

    def __init__(self, replies: Sequence[str] = ("Answer: up", "Answer: down")) -> None:
        self._replies = tuple(replies)

    def score(
        self,
        prompts: Sequence[Tokens],
        label_tokens: Sequence[int],
        adapter: Path | None = None,
        on_done: OnDone | None = None,
    ) -> NDArray[np.float64]:
        """See ``Backend.score``."""
        salt = _salt(adapter)
        scores = np.array([[_uniform(prompt, salt, token) for token in label_tokens] for prompt in prompts])
        if on_done is not None:
            on_done(len(prompts))
        weights = np.exp(4 * scores.reshape(len(prompts), len(label_tokens)))
        return np.asarray(np.log(0.9 * weights / weights.sum(axis=1, keepdims=True)))

    def generate(
        self,
        prompts: Sequence[Tokens],
        max_tokens: int,
        n: int = 1,
        temperature: float = 0.0,
        seed: int = 0,
        adapter: Path | None = None,
    ) -> list[list[Completion]]:
        """See ``Backend.generate``."""
        salt = _salt(adapter)
        draws = [[(seed, draw) if temperature > 0 else (0, 0) for draw in range(n)] for _ in prompts]
        return [
            [Completion(self._replies[int(_uniform(prompt, salt, *key) * len(self._replies))], True) for key in keys]
            for prompt, keys in zip(prompts, draws, strict=True)
        ]

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
        """See ``Backend.sample``; a reply has as many tokens as words."""
        salt = _salt(adapter)
        allowed = [reply for reply in self._replies if pattern is None or re.fullmatch(pattern, reply)]
        if not allowed:
            raise TickerTuneError(f"None of the fake engine's replies matches {pattern}", "Give it others")
        drawn = []
        for prompt in prompts:
            first = draw_seed(seed, prompt)
            picks = [int(_uniform(prompt, salt, first + number) * len(allowed)) for number in range(n)]
            drawn.append([Completion(allowed[pick], True, len(allowed[pick].split())) for pick in picks])
        if on_done is not None:
            on_done(len(prompts))
        return drawn

    def close(self) -> None:
        """Nothing to give back."""


def _salt(adapter: Path | None) -> str:
    return "" if adapter is None else sha256_file(adapter / "adapter_model.safetensors")


def _uniform(prompt: Tokens, *keys: object) -> float:
    digest = hashlib.sha256(repr((tuple(prompt), keys)).encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
