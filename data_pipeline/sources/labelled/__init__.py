"""Labelled texts for the tasks on text, a file a set, in the splits of their protocols."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from data_pipeline.sources.labelled import entities, fiqa, fomc, headline, nwgi, phrasebank, relations, tfns
from data_pipeline.sources.labelled.phrasebank import LABELS, ZIP_DAMAGE, sentences_text
from data_pipeline.sources.labelled.rows import LABELLED_SCHEMA, Part
from data_pipeline.sources.labelled.tfns import TFNS_FILES
from tickertune.core.recipe import SentimentSetConfig

Read = Callable[[Path, Part], pl.DataFrame]


@dataclass(frozen=True)
class LabelledSet:
    """A set: how it is read for each task that it serves, and its licence."""

    read: dict[str, Read]
    licence: str
    redistributable: bool = False
    """Whether the licence lets the texts themselves be published."""


SETS = {
    "phrasebank": LabelledSet({"sentiment": phrasebank.read}, "CC BY-NC-SA 3.0", True),
    "tfns": LabelledSet({"sentiment": tfns.read}, "MIT", True),
    "fiqa": LabelledSet({"sentiment": fiqa.read}, "MIT (the collection's); texts belong to their authors"),
    "nwgi": LabelledSet({"sentiment": nwgi.read_folded, "sentiment7": nwgi.read}, "unstated"),
    "fomc": LabelledSet({"fomc": fomc.read}, "CC BY-NC 4.0", True),
    "headline": LabelledSet({"headline": headline.read}, "CC BY-ND 4.0, as the authors state; check your copy"),
    "fin_ner": LabelledSet({"entities": entities.read}, "CC BY 3.0, as the authors state; check your copy"),
    "finred": LabelledSet({"relations": relations.read}, "unstated"),
}


def read_labelled(config: SentimentSetConfig, part: Part, task: str = "sentiment") -> pl.DataFrame:
    """Read one part of a labelled set, in the protocol's order.

    Args:
        config: Name and path of the set; ``repeat`` and ``limit`` are left to the caller.
        part: ``train`` or ``test``.
        task: The task that it is read for; the recipe has checked that the set serves it.

    Returns:
        A table of ``LABELLED_SCHEMA``.

    Raises:
        TickerTuneError: A file is missing, damaged or not as published.
    """
    return SETS[config.name].read[task](config.path, part)


__all__ = ["LABELLED_SCHEMA", "LABELS", "SETS", "TFNS_FILES", "ZIP_DAMAGE", "Part", "read_labelled", "sentences_text"]
