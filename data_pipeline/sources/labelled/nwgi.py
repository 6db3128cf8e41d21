"""News with GPT instructions (FinGPT): seven classes that ChatGPT gave, or folded to three as protocol fingpt-v3 does.

No copy was at hand: the layout is that of the Hub's data set, ``train-*.parquet`` and ``test-*.parquet`` with columns
``news`` and ``label``, and the tests read a small written one.
"""

from pathlib import Path

import polars as pl

from data_pipeline.sources.labelled.rows import Part, labelled
from tickertune.core.errors import TickerTuneError
from tickertune.core.table import read_parquet
from tickertune.core.tasks.sentiment import FOLDED


def read(path: Path, part: Part) -> pl.DataFrame:
    """Read one part in seven classes; ``path`` is the folder of the parquet files."""
    found = sorted(path.glob(f"{part}*.parquet"))
    if not found:
        raise TickerTuneError(f"NWGI has no {part}*.parquet in {path}", f"Fetch the {part} part")
    table = pl.concat([read_parquet(file) for file in found], how="diagonal_relaxed")
    if missing := {"news", "label"} - set(table.columns):
        raise TickerTuneError(f"NWGI in {path} lacks the column(s) {', '.join(sorted(missing))}", "Fetch it again")
    labels = table["label"].cast(pl.String).str.strip_chars().str.to_lowercase()
    if unknown := sorted(set(labels.drop_nulls()) - set(FOLDED)):
        raise TickerTuneError(f"NWGI in {path} has the unknown label {unknown[0]!r}", "Fetch it again")
    ids = [f"nwgi-{part}:{row}" for row in range(len(table))]
    return labelled(table["news"].fill_null("").to_list(), labels.to_list(), ids)


def read_folded(path: Path, part: Part) -> pl.DataFrame:
    """Read one part in three classes."""
    return read(path, part).with_columns(pl.col("label").replace(FOLDED))
