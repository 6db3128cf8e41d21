"""All of curation from files to files, for documents that do not fit in memory.

The row-wise part runs on the engine, batch by batch, into files beside the output. Then blocks of them are read in the
order of time and judged against the window before; memory holds one block and that window. What is written
depends on the documents alone: not on the runner, the order of the files or how often it was tried.
"""

import itertools
import shutil
from pathlib import Path

import polars as pl

from data_pipeline.curation.deduplication import BLOCK, no_past, survivors
from data_pipeline.curation.drops import ORDER
from data_pipeline.curation.engine import part, prepared_columns, start, typed
from data_pipeline.curation.filters import fit_filters
from tickertune.core.document import Document
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import CurationConfig
from tickertune.core.table import read_table, schema_of, write_table

WORK = ".prepared"


def curate_files(paths: list[Path], output: Path, config: CurationConfig) -> dict[str, int]:
    """Curate documents in parquet files.

    Args:
        paths: Files with the columns of ``Document``.
        output: Folder for ``kept/`` and ``drops/``, parquet files whose names order them in time; made anew. The first
            holds the drops of documents without a time.
        config: The recipe's curation block.

    Returns:
        Documents, kept ones and drops by reason.

    Raises:
        TickerTuneError: There is no file, or a filter learns from all documents at once.
    """
    if not paths:
        raise TickerTuneError("No file of documents is given", "Name parquet files with the columns of Document")
    fitted = fit_filters(read_table(paths[0], Document).clear(), config)
    for name in (WORK, "kept", "drops"):
        shutil.rmtree(output / name, ignore_errors=True)
    engine = start(config)
    table = engine.read_parquet([str(path) for path in sorted(paths)])
    prepared_columns(table, config, fitted, keep=[]).write_parquet(str(output / WORK), write_mode="overwrite")
    prepared = pl.scan_parquet(output / WORK / "*.parquet")
    counts = {"documents": 0, "kept": 0}
    past = no_past(pl.DataFrame(schema=schema_of(Document)))
    times = prepared.select("available_at").drop_nulls().collect()["available_at"].sort()
    block, first = prepared.filter(pl.col("available_at").is_null()), 0
    for number in itertools.count():
        ordered, gone, _ = part(typed(block.collect()).sort(ORDER, maintain_order=True))
        keep, repeats, past = survivors(ordered, past, config.near_duplicate_threshold)
        kept = ordered.select(list(schema_of(Document))).filter(pl.Series(keep, dtype=pl.Boolean))
        drops = pl.concat([gone, repeats])
        write_table(kept, output / "kept" / f"{number:05d}.parquet", ORDER)
        write_table(drops, output / "drops" / f"{number:05d}.parquet", ["doc_id", "revision", "reason"])
        counts["kept"] += len(kept)
        counts["documents"] += len(ordered) + len(gone)
        for reason, count in drops["reason"].value_counts().iter_rows():
            counts[reason] = counts.get(reason, 0) + count
        if first == len(times):
            break
        # The window is looked at once a block: a block as large keeps the time linear.
        until = times[min(first + max(BLOCK, len(past.live)), len(times)) - 1]
        block = prepared.filter(pl.col("available_at").is_between(times[first], until))
        first = int(times.search_sorted(until, side="right"))
    shutil.rmtree(output / WORK)
    return counts
