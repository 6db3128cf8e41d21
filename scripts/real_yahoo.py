"""The Yahoo articles as they are: wrong and coarse dates, prices against dates, repeats, and classes by their own closes."""

import hashlib
import json
import lzma
import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from data_pipeline.curation.deduplication import remove_duplicates
from data_pipeline.labels.sessions import Sessions, load_sessions
from data_pipeline.splits import clusters_of
from tickertune.core.document import Document
from tickertune.core.table import frame_of

NEW_YORK = ZoneInfo("America/New_York")
EXAMPLES = 3
CLOCK = re.compile(r"-(\d\d)(\d\d)(\d\d)\d{3}\.html")
"""Yahoo's addresses end in the clock of the first publication, UTC, to the millisecond."""
DATELINE = re.compile(r"\b(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.? (\d{1,2}) \((?:Reuters|Bloomberg)")
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
LATE_DAYS = 2
"""Days between stamp and download from which a stamp is looked at: nine of ten articles are fetched within one."""
NEAR = 0.8


class Article(NamedTuple):
    """One record."""

    name: str
    """File's year and number in it."""
    published: datetime
    downloaded: datetime
    clock: time | None
    """Clock time in the address."""
    tickers: tuple[str, ...]
    prices: dict[str, tuple[float, float, float]]
    """By ticker: close before, on and after the stamp's day."""
    title: str
    text: str

    @property
    def midnight(self) -> bool:
        """Whether the stamp is a date alone."""
        return self.published.time() == time(0)


class Row(NamedTuple):
    """One thing counted, of how many, and some of those concerned by name."""

    what: str
    count: int
    of: int
    examples: str = ""


def read(folder: Path) -> list[Article]:
    """Read the yearly files, in the order of their names."""
    found = []
    for path in sorted(folder.glob("*_processed.json.xz")):
        records = json.loads(lzma.decompress(path.read_bytes()))
        found += [article(f"{path.name[:4]}#{number}", record) for number, record in enumerate(records)]
    return found


def article(name: str, record: dict[str, Any]) -> Article:
    """Read one record."""
    clock = CLOCK.search(record["url"])
    prices = {}
    for key in record:
        if key.startswith("curr_day_price_"):
            ticker = key.removeprefix("curr_day_price_")
            three = tuple(record.get(f"{day}_day_price_{ticker}") for day in ("prev", "curr", "next"))
            if all(isinstance(value, float | int) and value > 0 for value in three):
                prices[ticker] = three
    return Article(
        name=name,
        published=datetime.fromisoformat(record["date_publish"]).replace(tzinfo=UTC),
        downloaded=datetime.fromisoformat(record["date_download"]),
        clock=time(*(int(part) for part in clock.groups())) if clock and clock[1] < "24" else None,
        tickers=tuple(name for name in record["mentioned_companies"] if isinstance(name, str)),
        prices=prices,  # type: ignore[arg-type]
        title=record["title"] or "",
        text=record["maintext"] or "",
    )


def date_rows(articles: Sequence[Article]) -> list[Row]:
    """Count stamps that are coarse, impossible or doubtful."""
    timed = [one for one in articles if not one.midnight]
    both = [one for one in timed if one.clock]
    dates = [one for one in articles if one.midnight]

    def later(one: Article) -> timedelta:
        assert one.clock is not None
        return one.published - datetime.combine(one.published.date(), one.clock, UTC)

    lines = [(one, day) for one in articles if (day := dateline(one)) is not None]
    hour = timedelta(hours=1)
    return [
        row("midnight: a date alone", articles, lambda one: one.midnight),
        row("of these, with a clock time in the address", dates, lambda one: one.clock is not None),
        row("stamp later than the article's own download", articles, lambda one: one.published > one.downloaded),
        row("timed stamp more than 2 days before the download", timed, _old),
        row("date alone more than 2 days before the download", dates, _old),
        row("date alone that cannot be: the address's clock on that day is later than the download", dates, _impossible),
        row("timed stamp in the minute of the address's clock", both, lambda one: abs(later(one)) < hour / 60),
        row("timed stamp up to an hour after it: revised", both, lambda one: hour / 60 <= later(one) < hour),
        row("timed stamp an hour and more after it, same day: revised", both, lambda one: later(one) >= hour),
        row("timed stamp before it: of a later day than the first publication", both, lambda one: later(one) <= -hour / 60),
        row("dateline names another day than the stamp", [one for one, _ in lines], lambda one: dateline(one) != one.published.date()),
        row("stamp's UTC day is not its New York day", timed, lambda one: one.published.date() != local(one).date()),
        row("stamp on a day without a session", articles, lambda one: one.published.date() not in session_days()),
    ]  # fmt: skip


def repeat_rows(articles: Sequence[Article]) -> list[Row]:
    """Count equal titles and texts, and near duplicates as curation sees them."""
    frame = frame_of(Document, [_document(one) for one in articles])
    _, drops, _ = remove_duplicates(frame, NEAR, None)
    reasons = Counter(drops["reason"])
    sizes = Counter(clusters_of(drops).values())
    return [
        Row("title of an earlier article", len(articles) - len({one.title for one in articles}), len(articles)),
        Row("text of an earlier article", len(articles) - len({one.text for one in articles}), len(articles)),
        *(Row(f"curation drops: {reason}", count, len(articles)) for reason, count in sorted(reasons.items())),
        Row("clusters", len(sizes), len(articles), f"largest {max(sizes.values(), default=0) + 1}"),
    ]


def class_rows(articles: Sequence[Article]) -> list[dict[str, Any]]:
    """Classes of each year by the records' own closes: from the close before, and to the close after, and acl18's."""
    rows = []
    for year in sorted({one.name[:4] for one in articles}):
        own = [three for one in articles if one.name.startswith(year) for three in one.prices.values()]
        for what, moves in (
            ("close before to current", [now / before - 1 for before, now, _ in own]),
            ("current to close after", [after / now - 1 for _, now, after in own]),
        ):
            rows.append(
                {
                    "year": year, "move": what, "all": len(moves), "up": sum(move > 0 for move in moves),
                    "equal": sum(move == 0 for move in moves), "down": sum(move < 0 for move in moves),
                    "acl18 up": sum(move >= 0.0055 for move in moves), "acl18 down": sum(move <= -0.005 for move in moves),
                }
            )  # fmt: skip
    return rows


def dateline(one: Article) -> date | None:
    """Day that an agency's dateline names at the head of the text, in the year that is nearest to the stamp."""
    found = DATELINE.search(one.text[:300])
    if not found:
        return None
    month, day = MONTHS.index(found[1]) + 1, int(found[2])
    years = (one.published.year + more for more in (-1, 0, 1))
    try:
        days = [date(year, month, day) for year in years]
    except ValueError:  # 29 February, or no day at all
        return None
    return min(days, key=lambda named: abs(named - one.published.date()))


def row(what: str, among: Sequence[Any], is_so: Callable[[Any], bool]) -> Row:
    """Count those ``among`` articles, or articles with a ticker, of which ``is_so`` holds."""
    found = [one for one in among if is_so(one)]
    names = [one.name if isinstance(one, Article) else f"{one[0].name} {one[1]}" for one in found[:EXAMPLES]]
    return Row(what, len(found), len(among), ", ".join(names))


def _old(one: Article) -> bool:
    return one.downloaded - one.published > timedelta(days=LATE_DAYS)


def _impossible(one: Article) -> bool:
    return one.clock is not None and datetime.combine(one.published.date(), one.clock, UTC) > one.downloaded


def local(one: Article) -> datetime:
    """The stamp in New York; a date alone as it stands."""
    return one.published if one.midnight else one.published.astimezone(NEW_YORK)


def exchange_sessions() -> Sessions:
    """New York's sessions over the articles' years."""
    return load_sessions("XNYS", date(2016, 12, 1), date(2020, 1, 31))


def session_days() -> dict[date, date]:
    """Session -> the next one."""
    return dict(pairwise(day.item() for day in exchange_sessions().dates))


def _document(one: Article) -> Document:
    return Document(
        doc_id=one.name,
        revision=0,
        source="yahoo_articles",
        category="news",
        market="US",
        url=None,
        licence="CC BY-NC-SA 4.0",
        redistributable=False,
        title=one.title,
        body=one.text,
        language="en",
        published_at=one.published,
        time_quality="day" if one.midnight else "exact",
        available_at=one.downloaded,
        availability="lag",
        raw_sha256=hashlib.sha256(one.text.encode()).hexdigest(),
        parser_version="real-data-checks",
    )
