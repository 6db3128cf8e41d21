"""FiQA 2018 task 1: a sentence, a target in it and a score, folded to three classes at the thresholds of FinGPT's benchmark.

The Hub's copy that protocol fingpt-v3 draws its 275 test rows from has 1,213 rows in an order of its own. The four JSON files of the
challenge hold 1,173 scores; the same draw over them, in the order of the files, is another split, and its scores
are not comparable with published ones. A sentence with several targets stands in several rows, as it does there.
"""

import json
from pathlib import Path
from typing import Any

import polars as pl

from data_pipeline.sources.labelled.rows import Part, labelled, seeded_part
from tickertune.core.errors import TickerTuneError

FILES = tuple(f"task1_{kind}_ABSA_{part}.json" for kind in ("headline", "post") for part in ("train", "test"))
TEST_SIZE = 0.226
NEGATIVE_BELOW, POSITIVE_FROM = -0.1, 0.1


def fold(score: float) -> str:
    """Class of a score in [-1, 1]: negative below -0.1, positive from 0.1 on, neutral between."""
    return "negative" if score < NEGATIVE_BELOW else "positive" if score >= POSITIVE_FROM else "neutral"


def read(path: Path, part: Part) -> pl.DataFrame:
    """Read one part; ``path`` is the folder of the four files."""
    rows: list[tuple[str, str, str]] = []
    for name in FILES:
        for key, item in _load(path / name).items():
            for number, answer in enumerate(item.get("info", ())):
                rows.append((item["sentence"], _label(answer, path / name, key), f"fiqa:{name[6:-5]}:{key}:{number}"))
    picked = [rows[row] for row in seeded_part(len(rows), part, TEST_SIZE)]
    return labelled(*(list(column) for column in zip(*picked, strict=True)))


def _label(answer: dict[str, Any], path: Path, key: str) -> str:
    try:
        return fold(float(answer["sentiment_score"]))
    except (KeyError, TypeError, ValueError):
        raise TickerTuneError(f"File {path}, item {key}, has no sentiment_score", "Fetch it again") from None


def _load(path: Path) -> dict[str, dict[str, Any]]:
    if not path.is_file():
        raise TickerTuneError(f"FiQA has no {path.name} in {path.parent}", f"Fetch {path.name}")
    try:
        items = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise TickerTuneError(f"File {path} is not readable JSON ({error})", "Fetch it again") from error
    if not isinstance(items, dict) or not all(isinstance(item, dict) and "sentence" in item for item in items.values()):
        raise TickerTuneError(f"File {path} is no object of sentences", "Fetch it again")
    return items
