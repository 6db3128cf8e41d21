"""What an engine is asked for each prompt, and its answer as it is stored."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

from eval.backends.base import Backend, OnDone, Tokens
from eval.backends.labels import first_tokens, label_logprobs
from tickertune.core.errors import TickerTuneError


@dataclass(frozen=True)
class Answer:
    """Label log-probabilities, or generated replies with their tokens and whether the model ended each by itself."""

    logprobs: list[float]
    """Natural logarithms over the whole vocabulary, in the order of the labels; empty for replies."""
    replies: list[str]
    finished: list[bool]
    tokens: list[int]
    """Tokens of each reply."""


@dataclass(frozen=True)
class LabelScores:
    """Log-probabilities of label tokens right after the prompt."""

    kind: ClassVar[str] = "labels"
    tokens: tuple[int, ...]
    """Vocabulary ids of the labels."""

    def answers(
        self, backend: Backend, prompts: Sequence[Tokens], adapter: Path | None, on_done: OnDone | None = None
    ) -> list[Answer]:
        """Ask an engine; answers stand in the order of the prompts."""
        scores = backend.score(prompts, self.tokens, adapter, on_done)
        return [Answer(row, [], [], []) for row in scores.tolist()]


@dataclass(frozen=True)
class LabelSums:
    """Log-probabilities of labels summed over their tokens, where first tokens do not tell the labels apart."""

    kind: ClassVar[str] = "label_sums"
    continuations: tuple[tuple[int, ...], ...]
    """Vocabulary ids of each label."""

    def answers(
        self, backend: Backend, prompts: Sequence[Tokens], adapter: Path | None, on_done: OnDone | None = None
    ) -> list[Answer]:
        """Ask an engine; answers stand in the order of the prompts."""
        scores = label_logprobs(backend, prompts, list(map(list, self.continuations)), adapter, on_done)
        return [Answer(row, [], [], []) for row in scores.tolist()]


def label_ask(continuations: Sequence[Tokens]) -> LabelScores | LabelSums:
    """Return the question for labels' log-probabilities: of their first tokens where these differ, else summed."""
    first = first_tokens(continuations)
    return LabelSums(tuple(map(tuple, continuations))) if first is None else LabelScores(tuple(first))


@dataclass(frozen=True)
class Replies:
    """Generated replies: ``n`` drawn by the seed, or the likeliest one where the temperature is 0."""

    kind: ClassVar[str] = "replies"
    max_tokens: int
    n: int = 1
    temperature: float = 0.0
    seed: int = 0
    pattern: str | None = None
    """Regular expression that replies are held to; drawn ones only."""

    def answers(
        self, backend: Backend, prompts: Sequence[Tokens], adapter: Path | None, on_done: OnDone | None = None
    ) -> list[Answer]:
        """Ask an engine; answers stand in the order of the prompts."""
        if self.temperature > 0:
            found = backend.sample(
                prompts, self.max_tokens, self.n, self.temperature, self.seed, adapter, self.pattern, on_done
            )
        else:
            found = backend.generate(prompts, self.max_tokens, adapter=adapter)
            if on_done is not None:
                on_done(len(prompts))
        return [
            Answer([], [one.text for one in row], [one.finished for one in row], [one.tokens for one in row])
            for row in found
        ]


Ask = LabelScores | LabelSums | Replies


@dataclass(frozen=True)
class Rewards:
    """A reward model's number for a prompt with a reply, which stand together where an ask has its prompt.

    It is stored as the one log-probability of an answer.
    """

    kind: ClassVar[str] = "rewards"


Stored = Ask | Rewards
"""What a store holds the answers to."""


def described(ask: Stored) -> dict[str, Any]:
    """Return an ask as JSON values; ``asked`` reads them."""
    return {"kind": ask.kind, **asdict(ask)}


def asked(values: Mapping[str, Any]) -> Stored:
    """Return the ask that ``described`` wrote down.

    Raises:
        TickerTuneError: It is of a kind that is not known here.
    """
    rest = {key: value for key, value in values.items() if key != "kind"}
    if values["kind"] == LabelScores.kind:
        return LabelScores(tuple(rest["tokens"]))
    if values["kind"] == LabelSums.kind:
        return LabelSums(tuple(tuple(ids) for ids in rest["continuations"]))
    if values["kind"] == Replies.kind:
        return Replies(**rest)
    if values["kind"] == Rewards.kind:
        return Rewards()
    raise TickerTuneError(f"Unknown kind of question to an engine: {values['kind']}", "Use the version that wrote it")


def encoded(answers: Sequence[Answer]) -> list[list[Any]]:
    """Return answers as JSON values; ``decoded`` reads them."""
    return [[answer.logprobs, answer.replies, answer.finished, answer.tokens] for answer in answers]


def decoded(values: Sequence[Sequence[Any]]) -> list[Answer]:
    """Return the answers that ``encoded`` wrote down."""
    return [Answer(*value) for value in values]
