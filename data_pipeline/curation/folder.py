"""A folder of curated documents: ``kept/``, ``drops/``, and ``curation.json``, without which it is not finished."""

import shutil
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from data_pipeline.curation.days import curate_day
from data_pipeline.curation.files import PARTS, WORK, curate_files, refuse_learning
from data_pipeline.curation.inputs import gather
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json, remove_leftovers, write_json
from tickertune.core.lock import LOCK_FILE, folder_lock
from tickertune.core.progress import progress_bar
from tickertune.core.recipe import CurationConfig

MARKER = "curation.json"
GIVEN = ".given"
"""Folder inside the output of documents that were read out of a store or cut by a window, while they are needed."""


def curate_folder(
    given: Sequence[Path],
    output: Path,
    config: CurationConfig,
    now: datetime,
    past: Path | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> dict[str, Any]:
    """Curate documents into a folder, all at once or as a new day after a stored past.

    Args:
        given: Parquet files, folders and stores, as in ``inputs.gather``.
        output: The folder; what it holds of an earlier curation is replaced.
        config: The recipe's curation block.
        now: The time from which on documents lie in the future, which is noted, and refused after a past.
        past: Folder of the past; None: all documents are given at once.
        since: Start of the window of availability, inclusive.
        until: Its end, exclusive.

    Returns:
        The contents of ``curation.json`` (counts, ``curation`` settings, states), and ``notes`` and ``again``.

    Raises:
        TickerTuneError: As in ``gather``, ``curate_files`` and ``curate_day``; the output holds other files, an input or the past.
    """
    _check_output(output, [*given, *([past] if past else [])])
    refuse_learning(config)
    with folder_lock(output):
        remove_leftovers(output)
        try:
            inputs = gather(given, output / GIVEN, since, until)
            notes = [*inputs.notes, *_notes(config)]
            state: dict[str, Any] = {}
            with progress_bar("curate (2 passes)", total=2 * inputs.documents) as bar:
                if past is None:
                    if inputs.latest is not None and inputs.latest > now:
                        notes.append(f"Documents are available in the future, up to {inputs.latest}")
                    _claim(output, None)
                    curated, again = curate_files(inputs.files, output, config, advanced=bar.advance), False
                else:
                    with folder_lock(past):
                        day = curate_day(inputs, output, past, config, now, partial(_claim, output), bar.advance)
                    curated, again = day.curated, day.again
                    state = {"after": day.before, "state": day.generation}
        finally:
            shutil.rmtree(output / GIVEN, ignore_errors=True)
        found = {
            "documents": curated.documents,
            "kept": curated.kept,
            "drops": curated.drops,
            "rewritten": curated.rewritten,
            "outside": inputs.outside,
            "curation": config.model_dump(mode="json", exclude={"runner"}),
            **state,
        }
        write_json(output / MARKER, found)
    return found | {"notes": notes, "again": again}


def _check_output(output: Path, read: Sequence[Path]) -> None:
    """Refuse a folder with anything in it that is no curation's, or that lies around or in what is read."""
    strange = [
        path.name for path in sorted(output.glob("*")) if path.name not in {*PARTS, MARKER, GIVEN, WORK, LOCK_FILE}
    ]
    if output.exists() and (strange := [name for name in strange if not name.endswith(".tmp")]):
        raise TickerTuneError(
            f"Folder {output} exists and holds {strange[0]}, so it is no folder of curated documents",
            "Name another --output",
        )
    for path in read:
        if path.resolve().is_relative_to(output.resolve()) or output.resolve() == path.resolve():
            raise TickerTuneError(f"{path} lies in the output {output}, which is replaced", "Name another --output")


def _claim(output: Path, state: str | None) -> None:
    """Take the marker off what is to be replaced; a day's results are replaced by the same day's alone."""
    marker = output / MARKER
    if not marker.is_file():
        return
    held = read_json(marker).get("state")
    if held is not None and held != state:
        raise TickerTuneError(
            f"Folder {output} holds the documents of another day, which the past has gone beyond or does not know",
            "Name an --output of its own for each day",
        )
    marker.unlink()


def _notes(config: CurationConfig) -> list[str]:
    if config.decontamination is None:
        return []
    return ["The recipe's decontamination is of samples: tickertune data build does it"]
