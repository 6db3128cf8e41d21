"""A language model as a policy: what it is shown of a day, in symbols of that day, and how its reply is read."""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from data_pipeline.linking.cashtags import SymbolIndex
from eval.backends.base import Completion, Tokens
from eval.portfolio.agents import CASH, UNTRADED, Day, Weights
from tickertune.core.tasks.fencing import fenced

_OBJECT = re.compile(r"\{[^{}]*\}")


class Answering(Protocol):
    """What answers a prompt: any backend."""

    def generate(self, prompts: Sequence[Tokens], max_tokens: int) -> list[list[Completion]]:
        """One greedy reply of at most ``max_tokens`` tokens for each prompt."""


@dataclass(frozen=True)
class ModelPolicy:
    """A language model that is shown the day and asked for target weights as one JSON object.

    Ids of instruments are never shown: one can hold a symbol that the company took later.
    """

    backend: Answering
    encode: Callable[[str], Tokens]
    """From the prompt's text to token ids, by the model's chat template."""
    symbols: SymbolIndex
    """Which symbol an instrument had on a day; one without is shown by its number among the listed."""
    max_tokens: int = 256
    days_shown: int = 5

    def decide(self, day: Day) -> Weights | str:
        """See ``Policy``; the last object in the reply counts, and a reply that was cut off none."""
        reply = self.backend.generate([self.encode(self.prompt(day))], self.max_tokens)[0][0]
        if not reply.finished:
            return "a reply that was cut off"
        read = read_weights(reply.text)
        if isinstance(read, str):
            return read
        meant = {shown: name for name, shown in self._names(day).items()} | {CASH: CASH}
        if read.keys() - meant.keys():
            return UNTRADED
        return {meant[shown]: weight for shown, weight in read.items()}

    def prompt(self, day: Day) -> str:
        """What the model reads."""
        names = self._names(day)
        lines = [
            f"It is {day.as_of:%Y-%m-%d %H:%M} UTC, before the open of {day.session}. You manage a long-only portfolio."
        ]
        lines.append(f"Gain so far {day.gain:+.2%}. Held: {_listed(day.held, names)}; {CASH} {day.cash:.1%}.")
        for past in day.history[-self.days_shown :] if self.days_shown else ():
            ordered = "refused" if past.ordered is None else _listed(past.ordered, names)
            lines.append(f"{past.session}: {ordered}, gain {past.gain:+.2%}")
        for name, symbol in names.items():
            moved = f" {day.moves[name]:+.2%} in the last session." if name in day.moves else ""
            told = " ".join(f"<news>{fenced(text)}</news>" for text in day.news.get(name, []))
            lines.append(f"{symbol}:{moved} {told}".strip())
        offered = ", ".join(names.values())
        lines.append(f"Reply with one JSON object of weights for {offered} and {CASH}, none below 0, that sum to 1.")
        return "\n".join(lines)

    def _names(self, day: Day) -> dict[str, str]:
        """What each listed instrument is called, in the order of their symbols; the id's number where that is none or not its own."""
        symbols = {name: self.symbols.symbol_on(name, day.session) for name in day.listed}
        times = Counter(symbols.values())
        shown = {
            name: symbol if symbol is not None and symbol != CASH and times[symbol] == 1 else f"STOCK{place}"
            for place, (name, symbol) in enumerate(symbols.items(), start=1)
        }
        return dict(sorted(shown.items(), key=lambda item: item[1]))


def symbols_of(instruments: Sequence[Mapping[str, Any]], names: Sequence[str]) -> SymbolIndex:
    """Index the symbols of rows of ``Instrument``; an instrument that no row names is called by its id, whatever the day."""
    known = {row["instrument_id"] for row in instruments}
    unnamed = [
        {"instrument_id": name, "symbol": name, "valid_from": None, "valid_to": None}
        for name in names
        if name not in known
    ]
    return SymbolIndex([*instruments, *unnamed])


def read_weights(text: str) -> Weights | str:
    """The last flat JSON object of numbers in a reply, or why there is none."""
    found = _OBJECT.findall(text)
    if not found:
        return "a reply without a JSON object"
    try:
        # A number of any length; one that is too large is infinite.
        pairs: list[tuple[str, Any]] = json.loads(found[-1], parse_int=float, object_pairs_hook=list)
    except (json.JSONDecodeError, RecursionError):
        return "a reply whose JSON is broken"
    if not all(isinstance(value, float) for _, value in pairs):
        return "a weight that is no number"
    if len(dict(pairs)) < len(pairs):
        return "a name that is ordered twice"
    return dict(pairs)


def _listed(weights: Weights, names: Mapping[str, str]) -> str:
    gone = "a stock that is listed no more"
    called = sorted((names.get(name, CASH if name == CASH else gone), weight) for name, weight in weights.items())
    return ", ".join(f"{symbol} {weight:.1%}" for symbol, weight in called) or "nothing"
