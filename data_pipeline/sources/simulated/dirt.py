"""The dirt of real newswires, planted on purpose, each piece with its truth."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from data_pipeline.sources.simulated import phrases
from data_pipeline.sources.simulated.draws import generator
from data_pipeline.sources.simulated.market import Company
from data_pipeline.sources.simulated.newswire import Item, Window, fill, moment
from tickertune.core.recipe.source import DirtConfig

NEW_YORK = ZoneInfo("America/New_York")
DRAWN = (
    "exact_duplicate", "near_duplicate", "syndication", "revision", "date_only", "boilerplate", "foreign", "spam",
    "false_ticker", "missing_bar",
)  # fmt: skip
"""The kinds drawn together here, in this order. Later kinds draw from generators of their own: one more in this row
would change every text of every seed."""


def soil(
    seed: int, window: Window, items: list[Item], companies: list[Company], excess: np.ndarray, dirt: DirtConfig
) -> list[Item]:
    """Return the items with dirt added.

    Args:
        seed: Seed of the world.
        window: When the items appeared.
        items: Clean items of one window.
        companies: n companies.
        excess: Return that followed for each company, [n]; late revisions report it.
        dirt: Shares of each kind.
    """
    result: list[Item] = []
    for number, item in enumerate(items):
        rng = generator(seed, f"dirt-{number}", window.session, item.payload)
        chance = dict(zip(DRAWN, rng.random(len(DRAWN)), strict=True))
        company = companies[item.payload]
        if chance["date_only"] < dirt.date_only:
            item = _date_only(item, window)
        if chance["boilerplate"] < dirt.boilerplate:
            item = replace(item, body=f"{item.body} {fill(phrases.BOILERPLATE, company, rng)}".strip())
        result.append(item)
        if chance["exact_duplicate"] < dirt.exact_duplicate:
            result.append(_copy(item, "exact_duplicate", item.title, rng))
        if chance["near_duplicate"] < dirt.near_duplicate:
            edit = phrases.NEAR_EDITS[int(rng.integers(len(phrases.NEAR_EDITS)))][1]
            result.append(_copy(item, "near_duplicate", edit.format(title=item.title), rng))
        if chance["syndication"] < dirt.syndication:
            form = str(rng.choice(phrases.SYNDICATION))
            title = form.format(title=item.title, outlet=rng.choice(phrases.OUTLETS))
            result.append(_copy(item, "syndication", title, rng))
        if chance["revision"] < dirt.revision:
            result.append(_revised(item, window, float(excess[item.payload]), rng))
        for kind, texts in (
            ("foreign", phrases.FOREIGN), ("spam", phrases.SPAM), ("false_ticker", phrases.FALSE_TICKER)
        ):  # fmt: skip
            if chance[kind] < getattr(dirt, kind):
                result.append(_noise(item, kind, texts, window, companies, rng))
    return result


def _date_only(item: Item, window: Window) -> Item:
    """Stamp the item with the day of the previous session alone, which ends before the next open."""
    day = window.previous_open.astimezone(NEW_YORK).date()
    midnight = datetime(day.year, day.month, day.day, tzinfo=NEW_YORK)
    return replace(item, date_only=True, published_at=midnight.astimezone(UTC))


def available_at(item: Item) -> datetime:
    """When the item could be known: at its stamp, or at the end of its day where it has no clock time."""
    if not item.date_only:
        return item.published_at
    following = item.published_at.astimezone(NEW_YORK).date() + timedelta(days=1)
    return datetime(following.year, following.month, following.day, tzinfo=NEW_YORK).astimezone(UTC)


def _copy(item: Item, kind: str, title: str, rng: np.random.Generator) -> Item:
    """A later copy: within a day and a half, so that some replay stale news into the next session."""
    delay = timedelta(minutes=int(rng.integers(5, 36 * 60)))
    return replace(
        item,
        doc_id=f"{item.doc_id}-{kind[:2]}",
        kind=kind,
        title=title,
        published_at=available_at(item) + delay,
        date_only=False,
        tone=0.0,
        original=item.doc_id,
    )


def _revised(item: Item, window: Window, excess: float, rng: np.random.Generator) -> Item:
    """The same document, revised after the open: its new title gives away the move that followed."""
    word = "jump" if excess > 0 else "slide"
    return replace(
        item,
        kind="revision",
        revision=1,
        title=f"{item.title}; shares {word} {abs(excess):.1%}",
        published_at=window.next_open + timedelta(minutes=int(rng.integers(10, 300))),
        date_only=False,
        tone=0.0,
    )


def _noise(
    item: Item, kind: str, texts: tuple[str, ...], window: Window, companies: list[Company], rng: np.random.Generator
) -> Item:
    """An unrelated item that the wire files under the company."""
    text = str(rng.choice(texts))
    for slot in ("{other1}", "{other2}", "{other3}"):
        text = text.replace(slot, companies[int(rng.integers(len(companies)))].symbol)
    return Item(
        doc_id=f"{item.doc_id}-{kind[:2]}",
        kind=kind,
        title=fill(text, companies[item.payload], rng),
        body="",
        published_at=moment(window, rng),
        company=item.payload if kind == "foreign" else None,
        payload=item.payload,
        session=window.session,
        social=kind in ("spam", "false_ticker"),
    )
