"""The forecaster task in FinGPT's manner: developments, concerns, a prediction with its magnitude, an analysis.

Only the prediction line is an outcome. The sections before and after it are words that a model may write from the
prompt; a supervised answer leaves them out unless it is given some, for to derive them from the return would teach a
model to explain what it could not know.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, isfinite
from typing import Any

from tickertune.core.tasks.base import GenerativeTask
from tickertune.core.tasks.movement import VARIABLES, VIEW, MovementView, movement_variables

BINS = ("1", "2", "3", "4", "5", "5+")
"""Magnitude in whole per cent, rounded up; ``5+`` is more than 5."""
LABELS = (*(f"D{size}" for size in reversed(BINS)), *(f"U{size}" for size in BINS))
"""From the worst return class to the best."""
SECTIONS = ("Positive developments", "Potential concerns", "Prediction", "Analysis")
MAX_ITEMS = 10

_PREDICTION = re.compile(r"Prediction:[ \t]*(Up|Down) by (0-1|1-2|2-3|3-4|4-5|more than 5)%\.?", re.IGNORECASE)
_HEADING = re.compile(rf"^({'|'.join(SECTIONS)}):", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Forecast:
    """An answer with its words. ``label`` is a direction and a bin, such as ``U2``."""

    label: str
    developments: Sequence[str] = ()
    concerns: Sequence[str] = ()
    analysis: str = ""


def forecast_label(value: float) -> str:
    """Return the label of a return (a fraction): its sign and its size in per cent, rounded up.

    A return of exactly zero is ``U1``, as FinGPT's "up by 0-1%" starts at zero.

    Raises:
        ValueError: The return is not finite.
    """
    if not isfinite(value):
        raise ValueError(f"a return of {value} has no label")
    # Rounded to a billionth of a per cent: 0.02 must not become 3 through 2.0000000000000004.
    size = max(ceil(round(abs(value) * 100, 9)), 1)
    return f"{'D' if value < 0 else 'U'}{size if size <= 5 else '5+'}"


class ForecasterTask(GenerativeTask):
    """Direction and magnitude bin, with the reasons around it."""

    view = VIEW
    variables_of_view = VARIABLES
    has_positions = True

    def __init__(self) -> None:
        super().__init__("forecaster", LABELS, "forecaster_line@1")

    def variables(self, view: MovementView) -> Mapping[str, Any]:
        """What a template may show of the view; ``labels`` are the ways to state the prediction."""
        return movement_variables(view, [magnitude(label) for label in self.labels])

    def answer(self, label: str) -> str:
        """Return the prediction line alone: what a return can tell."""
        return f"Prediction: {magnitude(label)}"

    def full_answer(self, forecast: Forecast) -> str:
        """Return an answer with the sections that the forecast has words for, in the order of the grammar.

        Raises:
            ValueError: A point or the analysis has a line break, or holds a heading of the grammar.
        """
        for text in (*forecast.developments, *forecast.concerns, forecast.analysis):
            if "\n" in text or _HEADING.search(text) or _PREDICTION.search(text):
                raise ValueError(f"{text[:60]!r} would break the grammar of an answer")
        lists = zip(SECTIONS[:2], (forecast.developments, forecast.concerns), strict=True)
        parts = [f"{title}:\n" + "\n".join(f"- {item}" for item in items) for title, items in lists if items]
        parts.append(self.answer(forecast.label))
        if forecast.analysis:
            parts.append(f"{SECTIONS[3]}: {forecast.analysis}")
        return "\n\n".join(parts)

    def read(self, text: str) -> str | None:
        """Return direction and bin of the one prediction; None without one, with several, or out of order."""
        titles = [title.capitalize() for title in _HEADING.findall(text)]
        order = [SECTIONS.index(title) for title in titles]
        found = _PREDICTION.findall(text)
        if len(found) != 1 or order != sorted(set(order)) or SECTIONS.index("Prediction") not in order:
            return None
        direction, size = found[0]
        size = "5+" if size.lower().startswith("more") else size.split("-")[1]
        return f"{'U' if direction.lower() == 'up' else 'D'}{size}"

    def position(self, label: str) -> float:
        """Return -1 for down and 1 for up."""
        return 1.0 if label.startswith("U") else -1.0

    def move(self, label: str) -> float:
        """Return the middle of the label's bin; of the open one, where it begins."""
        size = 0.05 if label.endswith("+") else (int(label[1:]) - 0.5) / 100
        return self.position(label) * size


def sections_of(text: str) -> dict[str, str]:
    """The words under each heading of an answer, one line each; of a heading that stands twice, those under the first."""
    sections: dict[str, str] = {}
    for heading, after in pairwise([*_HEADING.finditer(text), None]):
        if heading is not None:
            end = len(text) if after is None else after.start()
            sections.setdefault(heading[1].capitalize(), " ".join(text[heading.end() : end].split()))
    return sections


def magnitude(label: str) -> str:
    """Return the words for a label: ``Up by 1-2%`` for ``U2``, ``Down by more than 5%`` for ``D5+``."""
    if label not in LABELS:
        raise ValueError(f"{label!r} is no label of the forecaster")
    size = label[1:]
    span = "more than 5%" if size == "5+" else f"{int(size) - 1}-{size}%"
    return f"{'Up' if label.startswith('U') else 'Down'} by {span}"
