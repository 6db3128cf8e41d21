"""The one exception users see: a sentence with the cause, the value and the remedy."""

from collections.abc import Iterable
from difflib import get_close_matches


class TickerTuneError(Exception):
    """A failure that the user can act on.

    Args:
        cause: What is wrong, with the offending value, without a final full stop.
        remedy: What to do about it, in the imperative, without a final full stop.
    """

    def __init__(self, cause: str, remedy: str) -> None:
        self.cause = cause
        self.remedy = remedy
        super().__init__(f"{cause}. {remedy}.")


def did_you_mean(name: str, options: Iterable[str]) -> str:
    """Return `` (did you mean 'x'?)`` for the option closest to ``name``, or an empty string."""
    close = get_close_matches(name, list(options), n=1, cutoff=0.6)
    return f" (did you mean '{close[0]}'?)" if close else ""
