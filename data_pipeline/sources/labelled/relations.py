"""FinRED (Sharma et al., 2022): relations between phrases of financial news.

No copy was at hand: the layout is the authors', ``{train,test}.sent`` with a sentence a line and ``{train,test}.tup``
with ``head ; tail ; relation`` triples apart by ``|``, and the tests read a small written one.
"""

from pathlib import Path

import polars as pl

from data_pipeline.sources.labelled.rows import Part, labelled
from tickertune.core.errors import TickerTuneError
from tickertune.core.tasks.extraction import RELATIONS, RelationsTask


def read(path: Path, part: Part) -> pl.DataFrame:
    """Read one part, a row a sentence; ``path`` is the folder of the files."""
    texts, tuples = (_lines(path / f"{part}.{ending}") for ending in ("sent", "tup"))
    if len(texts) != len(tuples):
        raise TickerTuneError(
            f"FinRED in {path} has {len(texts)} sentences and {len(tuples)} lines of triples in {part}",
            "Fetch it again",
        )
    task = RelationsTask()
    labels = [task.label(_triples(line, path, number)) for number, line in enumerate(tuples, start=1)]
    return labelled(texts, labels, [f"finred-{part}:{row}" for row in range(len(texts))])


def _triples(line: str, path: Path, number: int) -> list[tuple[str, str, str]]:
    triples = []
    for part in filter(None, map(str.strip, line.split("|"))):
        fields = [field.strip() for field in part.split(";")]
        fields[-1] = fields[-1].replace("_", " ")
        if len(fields) != 3 or not all(fields) or fields[2] not in RELATIONS:
            raise TickerTuneError(f"FinRED in {path}, line {number}, has no triple in {part!r}", "Fetch it again")
        triples.append((fields[0], fields[2], fields[1]))
    return triples


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise TickerTuneError(f"File {file} cannot be read ({error})", f"Fetch {file.name}") from error
