"""Headlines that return with one word changed: some still say the same, some report something else.

Each base is one headline. ``SAME`` are edits by another desk (a synonym, another form of a word, a spelling, a
misprint, a word more or less); ``OTHER`` are look-alikes that must not be taken for it: another direction, number, company
or date.
"""

from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import NamedTuple

from data_pipeline.sources.simulated.draws import generator
from data_pipeline.sources.simulated.market import Company
from data_pipeline.sources.simulated.newswire import Item, Window, fill, moment


class Base(NamedTuple):
    """A headline and its edits; ``{rival}`` is another company."""

    text: str
    same: tuple[str, ...]
    other: tuple[str, ...]


BASES: tuple[Base, ...] = (
    Base(
        "{company} wins a supply contract with {org} for its {city} site",
        ("{company} lands a supply contract with {org} for its {city} site",
         "{company} secures a supply contract with {org} for its {city} site",
         "{company} wins supply contract with {org} for its {city} site"),
        ("{company} loses a supply contract with {org} for its {city} site",
         "{rival} wins a supply contract with {org} for its {city} site"),
    ),
    Base(
        "{company} shares rise 4% after quarterly profit beats estimates",
        ("{company} shares climb 4% after quarterly profit beats estimates",
         "{company} shares rise 4% after quarterly profit tops estimates",
         "{company} shares rise 4% today after quarterly profit beats estimates",
         "{company} shares rise 4% after quaterly profit beats estimates"),
        ("{company} shares fall 4% after quarterly profit beats estimates",
         "{company} shares rise 9% after quarterly profit beats estimates",
         "{company} shares rise 4% after quarterly profit misses estimates"),
    ),
    Base(
        "{company} raises its full-year outlook by 5% on strong demand for {product}",
        ("{company} lifts its full-year outlook by 5% on strong demand for {product}",
         "{company} raised its full-year outlook by 5% on strong demand for {product}",
         "{company} raises its full-year guidance by 5% on strong demand for {product}"),
        ("{company} cuts its full-year outlook by 5% on strong demand for {product}",
         "{company} raises its full-year outlook by 6% on strong demand for {product}",
         "{company} raises its full-year outlook by 5% on weak demand for {product}"),
    ),
    Base(
        "{company} to report results for the third quarter on Monday before the open",
        ("{company} to report the results for the third quarter on Monday before the open",
         "{company} to report results for the third quarter on Monday, before the open"),
        ("{company} to report results for the third quarter on Thursday before the open",
         "{company} to report results for the fourth quarter on Monday before the open",
         "{company} to report results for the third quarter on Monday after the open"),
    ),
    Base(
        "{company} shuts its {city} plant for two weeks after a fire",
        ("{company} closes its {city} plant for two weeks after a fire",
         "{company} shuts its {city} factory for two weeks after a fire",
         "{company} shut its {city} plant for two weeks after a fire"),
        ("{company} reopens its {city} plant two weeks after a fire",
         "{rival} shuts its {city} plant for two weeks after a fire",
         "{company} shuts its {city} plant for 2 weeks after a fire"),
    ),
    Base(
        "Regulator approves the merger of {company} and {rival} with conditions",
        ("Regulator approved the merger of {company} and {rival} with conditions",
         "Watchdog approves the merger of {company} and {rival} with conditions",
         "Regulator approves merger of {company} and {rival} with conditions"),
        ("Regulator rejects the merger of {company} and {rival} with conditions",
         "Regulator approves the merger of {company} and {org} with conditions",
         "Regulator approves the merger of {company} and {rival} without conditions"),
    ),
    Base(
        "{broker} upgrades {company} to buy from hold, sees demand for {product} improving",
        ("{broker} upgraded {company} to buy from hold, sees demand for {product} improving",
         "{broker} upgrades {company} to buy from hold, now sees demand for {product} improving"),
        ("{broker} downgrades {company} to buy from hold, sees demand for {product} improving",
         "{broker} upgrades {company} to sell from hold, sees demand for {product} improving",
         "{broker} upgrades {rival} to buy from hold, sees demand for {product} improving"),
    ),
    Base(
        "{company} announces a share buyback of $200 million to run until March",
        ("{company} unveils a share buyback of $200 million to run until March",
         "{company} announces a share repurchase of $200 million to run until March",
         "{company} announced a share buyback of $200 million to run until March"),
        ("{company} announces a share buyback of $300 million to run until March",
         "{company} announces a share buyback of $200 million to run until June",
         "{rival} announces a share buyback of $200 million to run until March"),
    ),
    Base(
        "{company} plans a new programme to cut costs at its {city} works",
        ("{company} plans a new program to cut costs at its {city} works",
         "{company} planned a new programme to cut costs at its {city} works",
         "{company} plans a new programe to cut costs at its {city} works"),
        ("{rival} plans a new programme to cut costs at its {city} works",
         "{company} scraps a new programme to cut costs at its {city} works"),
    ),
    Base(
        "{company} acquires {org} unit in {city} to expand its {product} business",
        ("{company} buys {org} unit in {city} to expand its {product} business",
         "{company} acquires the {org} unit in {city} to expand its {product} business",
         "{company} purchases {org} unit in {city} to expand its {product} business"),
        ("{company} sells {org} unit in {city} to expand its {product} business",
         "{rival} acquires {org} unit in {city} to expand its {product} business"),
    ),
)  # fmt: skip
KINDS = {"reworded": "same", "look_alike": "other"}


def edited(seed: int, window: Window, companies: list[Company], share: float) -> list[Item]:
    """Return, for each company with probability ``share``, a base headline, an edit that says the same, a look-alike.

    What is drawn depends on the seed, the session and the company alone, so that switching it on changes no other
    item. Kinds are ``bulletin``, ``reworded`` (its original is the bulletin) and ``look_alike``.
    """
    items: list[Item] = []
    for index, company in enumerate(companies):
        rng = generator(seed, "edits", window.session, index)
        if rng.random() >= share:
            continue
        # A base returns to a company after two weeks: before, it would be the same news again.
        base = BASES[(window.session.toordinal() * 5 // 7 + index) % len(BASES)]
        rival = companies[(index + 1 + int(rng.integers(len(companies) - 1))) % len(companies)]
        # The same generator each time fills the slots of the three with the same names.
        named = partial(_written, company=company, rival=rival, draw=(seed, "edit-slots", window.session, index))
        bulletin = Item(
            doc_id=f"sim-{window.session:%Y%m%d}-{index:03d}-b",
            kind="bulletin",
            title=named(base.text),
            body="",
            published_at=moment(window, rng),
            company=index,
            payload=index,
            session=window.session,
        )
        items.append(bulletin)
        for kind, field in KINDS.items():
            edits = getattr(base, field)
            items.append(
                replace(
                    bulletin,
                    doc_id=f"{bulletin.doc_id}-{kind[:2]}",
                    kind=kind,
                    title=named(edits[int(rng.integers(len(edits)))]),
                    published_at=bulletin.published_at + timedelta(minutes=int(rng.integers(5, 24 * 60))),
                    original=bulletin.doc_id if kind == "reworded" else None,
                )
            )
    return items


def _written(text: str, company: Company, rival: Company, draw: tuple[int, str, date, int]) -> str:
    return fill(text.replace("{rival}", rival.name), company, generator(*draw))
