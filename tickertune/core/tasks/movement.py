"""The movement task: does the stock beat the market over the label's window?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tickertune.core.tasks.base import LabelTask

_POSITIONS = {
    "crashing": -1.0,
    "tumbling": -1.0,
    "down": -1.0,
    "flat": 0.0,
    "up": 1.0,
    "climbing": 1.0,
    "soaring": 1.0,
}
ANSWER_PREFIX = "After this news the stock price went"
VIEW = "movement"
VARIABLES = frozenset(
    {"company", "symbol", "as_of", "horizon", "market_adjusted", "labels", "moves", "context", "news", "options"}
)
"""What a template of a movement view may show; docs/prompts.md describes each."""


@dataclass(frozen=True)
class NewsItem:
    """A document as the prompt shows it. ``available_at`` is aware UTC."""

    available_at: datetime
    text: str
    date_only: bool = False


@dataclass(frozen=True)
class PastMove:
    """A return known at the decision time, over ``sessions`` sessions, as a fraction."""

    sessions: int
    value: float


@dataclass(frozen=True)
class ContextBlock:
    """What else was known at the decision: a title and lines under it."""

    title: str
    lines: Sequence[str]


@dataclass(frozen=True)
class MovementView:
    """All that may be known at ``as_of``: the only input of a movement prompt."""

    company: str
    symbol: str
    as_of: datetime
    zone: str
    """IANA zone of the exchange, in which times are shown."""
    news: Sequence[NewsItem]
    moves: Sequence[PastMove]
    horizon: int
    """Sessions from entry to exit."""
    market_adjusted: bool
    context: Sequence[ContextBlock] = ()
    """Blocks that the recipe switched on, in its order."""
    options: Sequence[str] = ()
    """What the answer is to be chosen from, where that is not the task's label space (symbols, sectors)."""


def movement_variables(view: MovementView, labels: Sequence[str]) -> dict[str, Any]:
    """What a template may show of a view; news is dated in exchange time, oldest first."""
    zone = ZoneInfo(view.zone)
    news = []
    for item in sorted(view.news, key=lambda item: (item.available_at, item.text)):
        local = item.available_at.astimezone(zone)
        news.append({"stamp": f"{local:%a}" if item.date_only else f"{local:%a %H:%M}", "text": item.text})
    return {
        "company": view.company,
        "symbol": view.symbol,
        "as_of": f"{view.as_of.astimezone(zone):%Y-%m-%d %H:%M}",
        "horizon": view.horizon,
        "market_adjusted": view.market_adjusted,
        "labels": list(labels),
        "moves": [f"{move.sessions}d {100 * move.value:+.1f}%" for move in view.moves],
        "context": [{"title": block.title, "lines": list(block.lines)} for block in view.context],
        "news": news,
        "options": list(view.options),
    }


class MovementTask(LabelTask):
    """Ordered labels from the worst return class to the best.

    The wording was chosen by the zero-shot AUC of SmolLM2-135M on the simulated market's tones: 0.85, against 0.58 for
    replies of the form ``Answer: up`` (docs/decisions/0002-answer-wording.md).
    """

    view = VIEW
    variables_of_view = VARIABLES
    has_positions = True

    def __init__(self, name: str, labels: Sequence[str]) -> None:
        super().__init__(name, labels, ANSWER_PREFIX, "movement@1")

    def variables(self, view: MovementView) -> Mapping[str, Any]:
        """What a template may show of the view."""
        return movement_variables(view, self.labels)

    def position(self, label: str) -> float:
        """Return -1, 0 or 1: short below the market, flat, long above it."""
        return _POSITIONS[label]
