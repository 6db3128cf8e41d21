"""A phrase about the cast and its truth."""

from typing import NamedTuple


class Phrase(NamedTuple):
    """A text with its truth; ``{city}``, ``{org}`` and ``{n}`` are drawn."""

    text: str
    about: tuple[str, ...] = ()
    later: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Changes (keys of ``cast.changes``) in the order of time, and what the text is about from each on."""
    payload: tuple[str, ...] = ()
    """Companies that the wire's own field names."""
    social: bool = False


def of(key: str, *texts: str) -> tuple[Phrase, ...]:
    """Phrases about one company."""
    return tuple(Phrase(text, (key,)) for text in texts)


def none_of(*texts: str) -> tuple[Phrase, ...]:
    """Phrases about none."""
    return tuple(Phrase(text) for text in texts)


def turns(event: str, before: tuple[str, ...], after: tuple[str, ...], *texts: str) -> tuple[Phrase, ...]:
    """Phrases about ``before`` until a change, and about ``after`` from it on."""
    return tuple(Phrase(text, before, ((event, after),)) for text in texts)
