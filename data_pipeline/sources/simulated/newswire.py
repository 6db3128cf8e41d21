"""Stories whose tone moves the price that follows, and neutral news around them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np

from data_pipeline.sources.simulated import phrases
from data_pipeline.sources.simulated.draws import generator
from data_pipeline.sources.simulated.market import Company

TONES = (0.5, 1.0, 1.5)
TONE_WEIGHTS = (0.25, 0.5, 0.25)
TONE_VARIANCE = float(np.dot(np.square(TONES), TONE_WEIGHTS))
"""E[a^2] of a company that has a story."""
LAST_MINUTES = 45
"""Stories end this long before the open, so that a decision half an hour before it knows them."""


@dataclass(frozen=True)
class Item:
    """One written item with its truth."""

    doc_id: str
    kind: str
    title: str
    body: str
    published_at: datetime
    company: int | None
    """Index of the company that the item is truly about; None: of none."""
    payload: int
    """Index of the company that the wire's own field names."""
    session: date
    """Session whose open-to-open return the story's tone moves."""
    tone: float = 0.0
    date_only: bool = False
    revision: int = 0
    original: str | None = None
    """doc_id that a duplicate repeats."""
    social: bool = False


@dataclass(frozen=True)
class Window:
    """The time between two opens in which the news before ``session`` appears (aware UTC)."""

    session: date
    previous_open: datetime
    previous_close: datetime
    next_open: datetime


def draw_tone(rng: np.random.Generator, probability: float) -> float:
    """Draw the tone of one company before one session; 0 where there is no story."""
    if rng.random() >= probability:
        return 0.0
    return float(rng.choice(TONES, p=TONE_WEIGHTS) * rng.choice([-1.0, 1.0]))


def draw_tones(seed: int, sessions: list[date], companies: int, probability: float) -> np.ndarray:
    """Draw all tones, [sessions, companies]."""
    return np.array(
        [[draw_tone(generator(seed, "tone", day, i), probability) for i in range(companies)] for day in sessions]
    ).reshape(len(sessions), companies)


def write_stories(seed: int, window: Window, companies: list[Company], tones: np.ndarray) -> list[Item]:
    """Write all stories and distractors that appear in one window.

    Args:
        seed: Seed of the world.
        window: When they appear.
        companies: n companies.
        tones: Tone of each company's story, [n]; 0: none.
    """
    items: list[Item] = []
    for index in np.flatnonzero(tones):
        rng = generator(seed, "stories", window.session, int(index))
        company, tone = companies[index], float(tones[index])
        events = phrases.POSITIVE if tone > 0 else phrases.NEGATIVE
        carriers = 1 + int(rng.random() < 0.35)
        for number, event in enumerate(rng.permutation(len(events))[:carriers]):
            phrase = _weighted(str(rng.choice(events[event])), abs(tone), rng)
            items.append(_item(window, int(index), company, phrase, rng, f"s{number}", tone=tone))
        for number in range(int(rng.choice([0, 1, 2], p=[0.4, 0.4, 0.2]))):
            if rng.random() < 0.25:
                rival = companies[(index + 1 + int(rng.integers(len(companies) - 1))) % len(companies)]
                text = str(rng.choice(phrases.RIVAL)).replace("{rival}", rival.name)
                items.append(_item(window, int(index), company, text, rng, f"d{number}", whole=True))
            else:
                items.append(_item(window, int(index), company, str(rng.choice(phrases.NEUTRAL)), rng, f"d{number}"))
    return items


def moment(window: Window, rng: np.random.Generator, until: datetime | None = None) -> datetime:
    """Draw a publication time: in the session, after the close, or in the hours before the next open, weekends included."""
    end = until or window.next_open - timedelta(minutes=LAST_MINUTES)
    spans = (
        (window.previous_open + timedelta(minutes=5), window.previous_close),
        (window.previous_close, min(window.previous_close + timedelta(hours=4), end)),
        (window.previous_close, end),
        (max(end - timedelta(hours=3), window.previous_close), end),
    )
    first, last = spans[int(rng.choice(len(spans), p=[0.3, 0.3, 0.2, 0.2]))]
    seconds = int(rng.integers(max(int((last - first).total_seconds()), 1)))
    return (first + timedelta(seconds=seconds)).astimezone(UTC)


def fill(text: str, company: Company, rng: np.random.Generator) -> str:
    """Fill the slots of a phrase."""
    slots = {
        "{company}": company.name,
        "{symbol}": company.symbol,
        "{org}": str(rng.choice(phrases.ORGS)),
        "{broker}": str(rng.choice(phrases.BROKERS)),
        "{city}": str(rng.choice(phrases.CITIES)),
        "{product}": str(rng.choice(company.products)),
        "{code}": f"{rng.integers(16**6):06x}",
    }
    for slot, value in slots.items():
        text = text.replace(slot, value)
    return text


def _weighted(phrase: str, size: float, rng: np.random.Generator) -> str:
    if size == TONES[0]:
        return f"{phrase}, {rng.choice(phrases.MILD)}"
    if size == TONES[-1]:
        return f"{phrase}, {rng.choice(phrases.STRONG)}"
    return phrase


def _item(
    window: Window,
    index: int,
    company: Company,
    phrase: str,
    rng: np.random.Generator,
    part: str,
    *,
    tone: float = 0.0,
    whole: bool = False,
) -> Item:
    opening = "{phrase}" if whole else str(rng.choice(phrases.OPENINGS))
    first = phrase[:1].upper() + phrase[1:]
    title = fill(opening.replace("{phrase_first}", first).replace("{phrase}", phrase), company, rng)
    return Item(
        doc_id=f"sim-{window.session:%Y%m%d}-{index:03d}-{part}",
        kind="story" if tone else "distractor",
        title=title,
        body=str(rng.choice(phrases.FOLLOW_UPS)) if rng.random() < 0.15 else "",
        published_at=moment(window, rng),
        company=index,
        payload=index,
        session=window.session,
        tone=tone,
    )
