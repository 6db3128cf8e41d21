"""A new day of documents, curated after a stored past: the whole step happens, or nothing of it.

The past's folder holds generations, each as ``deduplication.past`` writes one, and ``current.json``, which names the one in
force and the one before. A day is done when ``current.json`` is replaced: a run that is killed before leaves
the old state. The day that was curated last may be given again: it is then curated after the generation before, with the same
bytes, and counts once.
"""

import re
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from data_pipeline.curation.deduplication import Past
from data_pipeline.curation.deduplication.past import load_past, save_past
from data_pipeline.curation.drops import ORDER
from data_pipeline.curation.files import Curated, curate_files, refuse_learning
from data_pipeline.curation.inputs import Inputs
from tickertune.core.document import Document
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json, remove_leftovers, sha256_value, write_json
from tickertune.core.recipe import CurationConfig
from tickertune.core.table import schema_of

CURRENT = "current.json"
_GENERATION = re.compile(r"[0-9a-f]{16}")


class Day(NamedTuple):
    """A curated day."""

    curated: Curated
    generation: str
    """Name of the state after it."""
    before: str | None
    """Name of the state that it was curated after; None: no document came before."""
    again: bool
    """Whether this day was curated before, from the same files by the same recipe."""


def curate_day(
    inputs: Inputs,
    output: Path,
    folder: Path,
    config: CurationConfig,
    now: datetime,
    claim: Callable[[str], None] = lambda generation: None,
    advanced: Callable[[int], None] = lambda documents: None,
) -> Day:
    """Curate documents that all come after those of a stored past, and store the past after them.

    Args:
        inputs: The new documents.
        output: As in ``curate_files``.
        folder: The past; made where it does not exist, and then these documents are the first.
        config: The recipe's curation block, the same each day.
        now: Documents available later are refused: no day after them could be curated.
        claim: Told the name of the state after this day before the output is touched; may refuse.
        advanced: As in ``curate_files``.

    Raises:
        TickerTuneError: A document is in the future or not after the past, a filter learns from all documents, or the past is of
            another recipe.
    """
    refuse_learning(config)
    if inputs.latest is not None and inputs.latest > now:
        raise TickerTuneError(
            f"Documents are available in the future, up to {inputs.latest}: every day before that would be refused after them",
            f"Correct their times, or leave them out with --until {now:%Y-%m-%dT%H:%M:%SZ}",
        )
    current = _current(folder)
    settings = config.model_dump(mode="json", exclude={"runner"})
    digest = sha256_value([inputs.digest(), settings])
    again = current is not None and current["inputs"] == digest
    before = None if current is None else current["before"] if again else current["generation"]
    past = None if before is None else load_past(config, folder / before)
    if past is not None:
        _require_later(inputs.files, past)
    generation = sha256_value([before, digest])[:16]
    claim(generation)
    curated = curate_files(inputs.files, output, config, past, advanced)
    if not again:
        shutil.rmtree(folder / generation, ignore_errors=True)
        save_past(curated.past, config, folder / generation)
        write_json(folder / CURRENT, {"generation": generation, "before": before, "inputs": digest})
    _remove_others(folder, {generation, before})
    return Day(curated, generation, before, again)


def _current(folder: Path) -> dict[str, Any] | None:
    if (folder / CURRENT).is_file():
        found: dict[str, Any] = read_json(folder / CURRENT)
        return found
    if strange := [path.name for path in sorted(folder.glob("[!.]*")) if not _GENERATION.fullmatch(path.name)]:
        raise TickerTuneError(
            f"Folder {folder} holds no past of a curation, but {strange[0]}", "Name another folder with --past"
        )
    return None


def _require_later(files: list[Path], past: Past) -> None:
    """Refuse documents that are not all after those of the past: they would change what was decided."""
    if past.last is None:
        return
    moment, doc_id, revision = past.last
    time, types = pl.col("available_at"), schema_of(Document)
    micros = time.cast(types["available_at"]).dt.epoch("us")
    known = (micros < moment) | (
        (micros == moment)
        & ((pl.col("doc_id") < doc_id) | ((pl.col("doc_id") == doc_id) & (pl.col("revision") <= revision)))
    )
    found = [pl.scan_parquet(path).filter(known).select(ORDER).collect(engine="streaming") for path in files]
    early = pl.concat(found, how="vertical_relaxed").sort(ORDER)
    if early.is_empty():
        return
    last = pl.Series([moment]).cast(pl.Datetime("us", "UTC"))[0]
    raise TickerTuneError(
        f"{len(early)} document(s) are not after the past, such as {early['doc_id'][0]}, available at "
        f"{early['available_at'][0]}; the last one curated is {doc_id} of {last}",
        "Leave them out with --since where they are curated already; else curate all documents again into another folder: "
        "what comes late changes what was decided after it",
    )


def _remove_others(folder: Path, kept: set[str | None]) -> None:
    remove_leftovers(folder)
    for path in sorted(folder.iterdir()):
        if _GENERATION.fullmatch(path.name) and path.name not in kept:
            shutil.rmtree(path)
