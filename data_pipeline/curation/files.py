"""All of curation from files to files, for documents that do not fit in memory.

The row-wise part runs on the engine, batch by batch, into files beside the output. Then blocks of them are read in the
order of time and judged against the window before; memory holds one block and that window. What is written
depends on the documents alone: not on the runner, the order of the files or how often it was tried.
"""

import itertools
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import polars as pl
import pyarrow.parquet as pq

from data_pipeline.curation.deduplication import BLOCK, Past, no_past, survivors
from data_pipeline.curation.drops import ORDER
from data_pipeline.curation.engine import (
    PREPARED,
    SMALL,
    part,
    partitions,
    prepare_batch,
    prepared_columns,
    start,
    typed,
)
from data_pipeline.curation.filters import Fitted, fit_filters
from tickertune.core.disk import disk_full_error, is_disk_full
from tickertune.core.document import Document
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import CurationConfig
from tickertune.core.table import read_table, schema_of, write_table

WORK = ".curating"
"""Folder inside the output of what is not finished."""
PARTS = ("kept", "drops")


class Curated(NamedTuple):
    """What became of documents in files."""

    documents: int
    kept: int
    drops: dict[str, int]
    """Drops by reason."""
    rewritten: dict[str, int]
    """What was rewritten, such as ``links_removed``, in kept and dropped documents."""
    past: Past
    """What is left for later documents."""


def curate_files(
    paths: list[Path],
    output: Path,
    config: CurationConfig,
    past: Past | None = None,
    advanced: Callable[[int], None] = lambda documents: None,
) -> Curated:
    """Curate documents in parquet files.

    Args:
        paths: Files with the columns of ``Document``.
        output: Folder for ``kept/`` and ``drops/``, parquet files whose names order them in time. Both are replaced when
            all is done; a killed run leaves those of before, or a few seconds of neither. The first file of ``drops``
            holds those of documents without a time.
        config: The recipe's curation block.
        past: What is left of documents before all of these; none.
        advanced: Told of documents done; each counts twice, once when it is filtered and once when it is compared.

    Raises:
        TickerTuneError: There is no file, a filter learns from all documents at once, or the engine fails.
    """
    if not paths:
        raise TickerTuneError("No file of documents is given", "Name parquet files with the columns of Document")
    refuse_learning(config)
    work = output / WORK
    shutil.rmtree(work, ignore_errors=True)
    (work / "prepared").mkdir(parents=True)
    try:
        _prepare(paths, work / "prepared", config, advanced)
        found = _judge(work, config, past, advanced)
        for name in PARTS:
            shutil.rmtree(output / name, ignore_errors=True)
            os.replace(work / name, output / name)
    except Exception as error:
        if is_disk_full(error):
            raise disk_full_error(output) from error
        raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return found


def refuse_learning(config: CurationConfig) -> None:
    """Refuse filters that learn from all documents at once: here, and day after day, a part of them is in memory.

    Raises:
        TickerTuneError: The recipe asks for footers or for a quantile of perplexity.
    """
    if asked := config.learning:
        raise TickerTuneError(
            f"{' and '.join(asked)} learns from all documents at once, and files are curated part by part",
            "Leave it out, give bounds instead of quantiles, or use tickertune data build, which holds all in memory",
        )


def _prepare(paths: list[Path], folder: Path, config: CurationConfig, advanced: Callable[[int], None]) -> None:
    """Write ``PREPARED`` rows of all documents, in files of about ``SMALL`` rows."""
    fitted = fit_filters(pl.DataFrame(schema=schema_of(Document)), config)
    rows: list[pl.DataFrame] = []
    number = 0
    for frame in _prepared(paths, config, fitted):
        advanced(len(frame))
        rows.append(frame)
        if sum(map(len, rows)) >= SMALL:
            pl.concat(rows).write_parquet(folder / f"{number:06d}.parquet")
            rows, number = [], number + 1
    if rows or not number:
        pl.concat(rows or [PREPARED.to_frame()]).write_parquet(folder / f"{number:06d}.parquet")


def _prepared(paths: list[Path], config: CurationConfig, fitted: Fitted) -> Iterator[pl.DataFrame]:
    """Yield ``PREPARED`` rows of all documents as they are done, in any order."""
    documents = sum(pq.read_metadata(path).num_rows for path in paths)
    if documents <= SMALL and config.runner == "native":
        for path in sorted(paths):
            yield prepare_batch(read_table(path, Document), config, fitted)
        return
    engine = start(config)
    table = engine.read_parquet([str(path.resolve()) for path in sorted(paths)])
    if config.runner == "ray":  # the native runner spreads batches by itself
        table = table.into_partitions(partitions(documents))
    try:
        # Through this process, so that the workers of a cluster need not share a disk with it.
        for batch in prepared_columns(table, config, fitted, keep=[]).to_arrow_iter():
            yield typed(pl.DataFrame(pl.from_arrow(batch)))
    except engine.exceptions.DaftCoreException as error:
        raise TickerTuneError(
            f"The engine ({config.runner}) could not curate the documents ({str(error).splitlines()[0]})",
            "Look at its log; give the same command again where a worker was lost",
        ) from error


def _judge(work: Path, config: CurationConfig, past: Past | None, advanced: Callable[[int], None]) -> Curated:
    """Compare documents block after block, in the order of time, and write what stays and what goes."""
    prepared = pl.scan_parquet(work / "prepared" / "*.parquet")
    past = past or no_past(pl.DataFrame(schema=schema_of(Document)))
    documents = kept_rows = first = 0
    reasons: Counter[str] = Counter()
    rewritten: Counter[str] = Counter()
    times = prepared.select("available_at").drop_nulls().collect()["available_at"].sort()
    block = prepared.filter(pl.col("available_at").is_null())
    for number in itertools.count():
        ordered, gone, counts = part(typed(block.collect()).sort(ORDER, maintain_order=True))
        keep, repeats, past = survivors(ordered, past, config.near_duplicate_threshold)
        kept = ordered.select(list(schema_of(Document))).filter(pl.Series(keep, dtype=pl.Boolean))
        drops = pl.concat([gone, repeats])
        write_table(kept, work / "kept" / f"{number:05d}.parquet", ORDER)
        write_table(drops, work / "drops" / f"{number:05d}.parquet", ["doc_id", "revision", "reason"])
        documents += len(ordered) + len(gone)
        kept_rows += len(kept)
        reasons.update(drops["reason"])
        rewritten.update(counts)
        advanced(len(ordered) + len(gone))
        if first == len(times):
            break
        # The window is looked at once a block: a block as large keeps the time linear.
        until = times[min(first + max(BLOCK, len(past.live)), len(times)) - 1]
        block = prepared.filter(pl.col("available_at").is_between(times[first], until))
        first = int(times.search_sorted(until, side="right"))
    return Curated(documents, kept_rows, dict(sorted(reasons.items())), dict(sorted(rewritten.items())), past)
