"""What a teacher is: something that answers chat prompts, whichever way."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from tickertune.core.files import sha256_value

Chat = Sequence[Mapping[str, str]]
"""Turns with ``role`` and ``content``."""


@dataclass(frozen=True)
class Ask:
    """One reply that is wanted."""

    messages: Chat
    draw: int
    """Number of the reply among those to the same messages."""
    settings: Mapping[str, object]
    """All besides that determines the reply: teacher, temperature, most tokens, seed."""

    @cached_property
    def key(self) -> str:
        """Name of the reply by what was asked (hex SHA-256)."""
        return sha256_value({"messages": list(self.messages), "draw": self.draw, **self.settings})


@dataclass(frozen=True)
class Reply:
    """What a teacher wrote, and what it took."""

    text: str
    finished: bool
    """Whether the teacher ended it by itself."""
    tokens_in: int
    tokens_out: int


class Teacher(Protocol):
    """Answers prompts."""

    @property
    def identity(self) -> Mapping[str, object]:
        """What tells this teacher from others, without a secret: part of every reply's key, and on the cards."""

    def answer(self, asks: Sequence[Ask]) -> Iterator[tuple[Ask, Reply]]:
        """Answer, in any order, each as soon as it is there.

        Raises:
            TickerTuneError: The teacher cannot be asked.
        """

    def fits(self, messages: Chat) -> bool:
        """Whether prompt and reply fit into what the teacher reads."""
