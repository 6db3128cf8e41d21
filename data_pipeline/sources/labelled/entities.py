"""Named entities in loan agreements (Salinas Alvarado et al., 2015): ``FIN5.txt`` to train on, ``FIN3.txt`` to test.

No copy was at hand: the layout is CoNLL's, a token a line with its tag in the last column and an empty line after each
sentence, and the tests read a small written one. Miscellaneous entities are left out, as FinGPT leaves them out.
"""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from data_pipeline.sources.labelled.rows import Part, labelled
from tickertune.core.errors import TickerTuneError
from tickertune.core.tasks.extraction import EntitiesTask

FILES: dict[Part, str] = {"train": "FIN5.txt", "test": "FIN3.txt"}
TYPES = {"PER": "person", "ORG": "organization", "LOC": "location", "MISC": None}


def read(path: Path, part: Part) -> pl.DataFrame:
    """Read one part, a row a sentence; ``path`` is the folder of the two files."""
    file, task = path / FILES[part], EntitiesTask()
    texts, labels = [], []
    for sentence in _sentences(file):
        texts.append(" ".join(token for token, _ in sentence))
        entities = list(_entities(sentence, file))
        # A name with the answer's separator in it cannot be stated.
        labels.append(None if any("|" in name for _, name in entities) else task.label(entities))
    return labelled(texts, labels, [f"fin_ner-{part}:{row}" for row in range(len(texts))])


def _sentences(file: Path) -> Iterator[list[tuple[str, str]]]:
    try:
        lines = file.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise TickerTuneError(f"File {file} cannot be read ({error})", f"Fetch {file.name}") from error
    sentence: list[tuple[str, str]] = []
    for number, line in enumerate([*lines, ""], start=1):
        fields = line.split()
        if fields and fields[0] != "-DOCSTART-":
            if len(fields) < 2:
                raise TickerTuneError(f"File {file}, line {number}, has no tag", "Fetch it again")
            sentence.append((fields[0], fields[-1]))
        elif sentence:
            yield sentence
            sentence = []


def _entities(sentence: list[tuple[str, str]], file: Path) -> Iterator[tuple[str, str]]:
    """Type and name of each entity; an I- tag after another type or after O starts one, as in IOB1."""
    words: list[str] = []
    kind = ""
    for token, tag in [*sentence, ("", "O")]:
        place, _, now = tag.partition("-")
        if now and now not in TYPES:
            raise TickerTuneError(f"File {file} has the unknown tag {tag!r}", "Fetch it again")
        if words and (now != kind or place == "B"):
            if (name := TYPES[kind]) is not None:
                yield name, " ".join(words)
            words = []
        kind = now
        words += [token] if now else []
