"""Log-probabilities of labels: of one token each where their first tokens differ, else summed over their tokens."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eval.backends.base import Backend, OnDone, RefusedPromptError, Tokens


def first_tokens(continuations: Sequence[Tokens]) -> list[int] | None:
    """First tokens of labels, where they tell the labels apart; None where they do not."""
    first = [tokens[0] for tokens in continuations]
    return first if len(set(first)) == len(first) else None


def label_logprobs(
    backend: Backend,
    prompts: Sequence[Tokens],
    continuations: Sequence[Tokens],
    adapter: Path | None = None,
    on_done: OnDone | None = None,
) -> NDArray[np.float64]:
    """Log-probabilities of labels right after each prompt.

    Where all first tokens differ, one forward pass a prompt gives them, and a label's number is that of its first token.
    Otherwise a label's number is the sum over all its tokens: the prompt is read on with each beginning that labels have, and
    what the engine gives for their next tokens is added up.

    Args:
        backend: A loaded engine.
        prompts: Token ids, n of them.
        continuations: Token ids of the k labels (``label_continuations``).
        adapter: As in ``Backend.score``.
        on_done: Told of progress, in prompts.

    Returns:
        Natural logarithms [n, k]; a row's exponentials sum to at most 1.
    """
    first = first_tokens(continuations)
    if first is not None:
        return backend.score(prompts, first, adapter, on_done)
    beginnings = sorted({tuple(tokens[:length]) for tokens in continuations for length in range(len(tokens))})
    tokens = sorted({token for label in continuations for token in label})
    rows = [[*prompt, *beginning] for prompt in prompts for beginning in beginnings]
    told = None if on_done is None else _Portions(on_done, len(beginnings)).advance
    try:
        read = backend.score(rows, tokens, adapter, told)
    except RefusedPromptError as error:
        raise RefusedPromptError(error, error.place // len(beginnings)) from None
    scores = read.reshape(len(prompts), len(beginnings), len(tokens))
    place, column = ({value: at for at, value in enumerate(values)} for values in (beginnings, tokens))
    steps = [
        [(place[tuple(label[:length])], column[token]) for length, token in enumerate(label)] for label in continuations
    ]
    sums = [scores[:, [row for row, _ in path], [at for _, at in path]].sum(axis=1) for path in steps]
    return np.stack(sums, axis=1)


class _Portions:
    """Counts prompts, of each of which an engine reads several rows."""

    def __init__(self, on_done: OnDone, rows: int) -> None:
        self._on_done, self._rows, self._read, self._told = on_done, rows, 0, 0

    def advance(self, rows: int) -> None:
        self._read += rows
        done = self._read // self._rows
        self._on_done(done - self._told)
        self._told = done
