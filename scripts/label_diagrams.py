"""Draw the timing of a label as SVG: which text, which decision, which prices. The times are those of the label's code."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from html import escape
from zoneinfo import ZoneInfo

import numpy as np

from data_pipeline.labels.sessions import Sessions, load_sessions
from data_pipeline.labels.spec import LabelSpec
from data_pipeline.labels.timeline import Timeline, build_timeline
from tickertune.core.recipe import MovementDataConfig

EXAMPLE = date(2023, 11, 22)
"""Session of the example's entry: the day before Thanksgiving, which a half day follows."""
WIDTH, LEFT, RIGHT, HEAD, ROW = 960, 250, 16, 64, 46
INK, SOFT, TEXT_BAR, LEAK, HELD, TRADING = "#1f2933", "#7b8794", "#2b6cb0", "#c53030", "#2f855a", "#cbd5e0"


@dataclass(frozen=True)
class Example:
    """Times of one decision, aware, in the exchange's zone."""

    text_from: datetime
    as_of: datetime
    entry: datetime
    exit: datetime
    marks: tuple[datetime, ...]
    """Closes between entry and exit at which the label measures too."""


def example_of(config: MovementDataConfig, spec: LabelSpec) -> tuple[Example, Sessions]:
    """The decision whose entry is at ``EXAMPLE``, or in its week where there is one decision a week."""
    sessions = load_sessions("XNYS", EXAMPLE - timedelta(days=120), EXAMPLE + timedelta(days=60))
    line = build_timeline(config, spec, sessions)
    row = int(np.searchsorted(line.entry, sessions.at_or_after(EXAMPLE), side="right")) - 1
    zone = ZoneInfo(sessions.zone)

    def local(time: np.datetime64) -> datetime:
        value = time.astype("datetime64[us]").item()
        assert isinstance(value, datetime)
        return value.replace(tzinfo=UTC).astimezone(zone)

    marks = tuple(local(sessions.closes[at]) for at in _marks(spec, line, row))
    return Example(
        local(line.text_after[row]),
        local(line.as_of[row]),
        local(line.entry_time[row]),
        local(line.exit_time[row]),
        marks,
    ), sessions


def _marks(spec: LabelSpec, line: Timeline, row: int) -> list[int]:
    entry, end = int(line.entry[row]), int(line.exit[row])
    if spec.rule == "smoothed":
        return [entry + ahead for ahead in spec.ema_horizons]
    return list(range(entry, end + 1)) if spec.rule == "barriers" else []


def clock(time: datetime) -> str:
    """``Wed 22 Nov 09:00``."""
    return f"{time:%a} {time.day} {time:%b %H:%M}"


def diagram(name: str, config: MovementDataConfig, spec: LabelSpec) -> str:
    """The picture as SVG: days on the axis, a row each for sessions, text, decision, and the time from entry to exit."""
    example, sessions = example_of(config, spec)
    first = min(example.text_from, example.entry).date()
    days = (example.exit.date() - first).days + 1
    start = datetime.combine(first, datetime.min.time(), example.entry.tzinfo)
    scale = (WIDTH - LEFT - RIGHT) / days

    def x(time: datetime) -> str:
        """Place on the axis; by wall clock, so that a day is a day when clocks change."""
        return f"{LEFT + scale * (time.replace(tzinfo=None) - start.replace(tzinfo=None)) / timedelta(days=1):.1f}"

    def bar(y: int, since: datetime, until: datetime, colour: str, height: int = 14) -> str:
        width = max(float(x(until)) - float(x(since)), 2.0)
        return f'<rect x="{x(since)}" y="{y - height // 2}" width="{width:.1f}" height="{height}" fill="{colour}"/>'

    leak = example.as_of > example.entry
    rows = [
        ("sessions", f"{sessions.exchange}; grey days have none"),
        ("text that is read", f"{clock(example.text_from)} to {clock(example.as_of)}"),
        ("decision", clock(example.as_of)),
        ("entry", f"{clock(example.entry)}, the {spec.event}"),
        ("exit", f"{clock(example.exit)}, the {spec.out}" + (", at the latest" if spec.barriers else "")),
    ]
    height = HEAD + ROW * len(rows) + (30 if leak else 8)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'font-family="sans-serif" font-size="13" fill="{INK}">',
        f"<title>Timing of label {escape(name)}</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="12" y="24" font-size="15" font-weight="bold">{escape(name)}</text>',
        f'<text x="12" y="44" fill="{SOFT}" font-size="11">{escape(sessions.zone)} time</text>',
    ]
    traded = {day.item() for day in sessions.dates}
    for number in range(days):
        day = first + timedelta(days=number)
        at = LEFT + scale * number
        if day not in traded:
            parts.append(
                f'<rect x="{at:.1f}" y="{HEAD - 12}" width="{scale:.1f}" height="{ROW * len(rows) + 8}" fill="#edf2f7"/>'
            )
        parts.append(
            f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{HEAD - 12}" y2="{HEAD + ROW * len(rows) - 4}" stroke="#e2e8f0"/>'
        )
        middle = at + scale / 2
        for y, text in ((22, f"{day:%a}" if scale > 30 else f"{day:%a}"[0]), (38, str(day.day))):
            parts.append(f'<text x="{middle:.1f}" y="{y}" text-anchor="middle" font-size="12">{text}</text>')
    for number, (title, said) in enumerate(rows):
        y = HEAD + ROW * number + 14
        parts.append(f'<text x="12" y="{y}" font-weight="bold">{escape(title)}</text>')
        parts.append(f'<text x="12" y="{y + 16}" fill="{SOFT}" font-size="11">{escape(said)}</text>')
    lanes = [HEAD + ROW * number + 18 for number in range(len(rows))]
    for at, day in enumerate(sessions.dates):
        if first <= day.item() <= example.exit.date():
            opened, closed = (
                times[at].item().replace(tzinfo=UTC).astimezone(example.entry.tzinfo)
                for times in (sessions.opens, sessions.closes)
            )
            parts.append(bar(lanes[0], opened, closed, TRADING, 18))
    parts.append(bar(lanes[1], example.text_from, example.as_of, TEXT_BAR))
    if leak:
        parts.append(bar(lanes[1], max(example.text_from, example.entry), example.as_of, LEAK))
        parts.append(
            f'<text x="12" y="{height - 12}" fill="{LEAK}" font-size="12">'
            "Red: text from after the entry. This window leaks; it is kept to be compared with.</text>"
        )
    parts.append(bar(lanes[4], example.entry, example.exit, "#c6f6d5", 8))
    parts += [f'<circle cx="{x(mark)}" cy="{lanes[4]}" r="3.5" fill="{HELD}"/>' for mark in example.marks]
    for lane, time, colour in ((2, example.as_of, TEXT_BAR), (3, example.entry, HELD), (4, example.exit, HELD)):
        parts.append(
            f'<line x1="{x(time)}" x2="{x(time)}" y1="{HEAD - 12}" y2="{lanes[lane]}" stroke="{colour}" '
            'stroke-dasharray="3 3"/>'
        )
        parts.append(f'<circle cx="{x(time)}" cy="{lanes[lane]}" r="6" fill="{colour}"/>')
    return "\n".join([*parts, "</svg>"]) + "\n"
