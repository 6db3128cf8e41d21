"""Varied texts that are hard to judge by language or as promotion, beside the newswire's stories."""

import numpy as np

from data_pipeline.sources.simulated import promotions, tongues
from data_pipeline.sources.simulated.draws import generator
from data_pipeline.sources.simulated.market import Company
from data_pipeline.sources.simulated.newswire import Item, Window, fill, moment

LINKS = ("http://t.example/{code}", "https://win.example/{code}", "alerts.example/{code}")
POOLS: dict[str, tuple[str, ...]] = {
    "foreign_varied": tuple(text for texts in tongues.FOREIGN.values() for text in texts),
    "foreign_names": tongues.FOREIGN_NAMES,
    "spam_varied": promotions.SPAM,
    "spam_like": promotions.HAM,
}
"""Kind, as the truth table calls it, to its texts."""
WEIGHTS = (0.4, 0.2, 0.2, 0.2)
ABOUT_A_COMPANY = ("foreign_varied", "foreign_names", "spam_like")


def varied(seed: int, window: Window, companies: list[Company], share: float) -> list[Item]:
    """Return at most one varied item a company, with probability ``share``.

    What is drawn depends on the seed, the session and the company alone, so that switching it on changes no other item.
    """
    items: list[Item] = []
    for index, company in enumerate(companies):
        rng = generator(seed, "variety", window.session, index)
        if rng.random() >= share:
            continue
        kind = str(rng.choice(list(POOLS), p=WEIGHTS))
        items.append(
            Item(
                doc_id=f"sim-{window.session:%Y%m%d}-{index:03d}-v",
                kind=kind,
                title=_text(kind, company, companies, rng),
                body="",
                published_at=moment(window, rng),
                company=index if kind in ABOUT_A_COMPANY else None,
                payload=index,
                session=window.session,
                social=kind.startswith("spam"),
            )
        )
    return items


def _text(kind: str, company: Company, companies: list[Company], rng: np.random.Generator) -> str:
    text = POOLS[kind][int(rng.integers(len(POOLS[kind])))]
    for slot in ("{other1}", "{other2}", "{other3}"):
        text = text.replace(slot, companies[int(rng.integers(len(companies)))].symbol)
    return fill(text.replace("{link}", LINKS[int(rng.integers(len(LINKS)))]), company, rng)
