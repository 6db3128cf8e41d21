"""FOMC communication (Shah et al., ACL 2023): sentences labelled dovish, hawkish or neutral."""

from pathlib import Path

import polars as pl

from data_pipeline.sources.labelled.rows import Part, labelled
from tickertune.core.errors import TickerTuneError

LABELS = {"0": "dovish", "1": "hawkish", "2": "neutral"}
LIMIT = 64 << 20


def read(path: Path, part: Part) -> pl.DataFrame:
    """Read one part; ``path`` is the folder of ``lab-manual-split-combine-{train,test}-5768.xlsx``."""
    # Within: the package of document sources imports this one.
    from data_pipeline.sources.datasets.spreadsheet import sheet_rows
    from data_pipeline.sources.protocol import RefusedResponse

    file = path / f"lab-manual-split-combine-{part}-5768.xlsx"
    if not file.is_file():
        raise TickerTuneError(f"FOMC has no {file.name} for its {part} part in {path}", f"Fetch {file.name}")
    try:
        rows = list(sheet_rows(file.read_bytes(), {"sentence", "label"}, LIMIT))
    except RefusedResponse as error:
        raise TickerTuneError(f"File {file} cannot be read ({error})", "Fetch it again") from error
    labels = []
    for number, row in enumerate(rows, start=2):
        label = LABELS.get(row.get("label", "").removesuffix(".0"))
        if label is None or not row.get("sentence"):
            raise TickerTuneError(
                f"File {file}, row {number}: label {row.get('label')!r} is none of 0, 1, 2", "Fetch it again"
            )
        labels.append(label)
    return labelled([row["sentence"] for row in rows], labels, [f"fomc-{part}:{row}" for row in range(len(rows))])
