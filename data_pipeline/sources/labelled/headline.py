"""Headlines on gold (Sinha and Khandait, 2021): nine yes-or-no questions on each.

No copy was at hand: the layout is that of the authors' CSV, a column ``News`` and one of 0 and 1 for each question, and the
tests read a small written one. The set has no published split; ours draws a quarter of the headlines for the test,
with all questions of a headline on one side.
"""

import csv
from pathlib import Path

import polars as pl

from data_pipeline.sources.labelled.rows import Part, labelled, seeded_part
from tickertune.core.errors import TickerTuneError

QUESTIONS = {
    "Price or Not": "Does the headline speak of a price?",
    "Direction Up": "Does the headline say that the price goes up?",
    "Direction Constant": "Does the headline say that the price stays the same?",
    "Direction Down": "Does the headline say that the price goes down?",
    "PastPrice": "Does the headline speak of a past price?",
    "FuturePrice": "Does the headline speak of a future price?",
    "PastNews": "Does the headline tell of a past event other than a price?",
    "FutureNews": "Does the headline tell of a future event other than a price?",
    "Asset Comparision": "Does the headline compare gold with another asset?",
}
"""By column of the file, spelled as there."""


def read(path: Path, part: Part) -> pl.DataFrame:
    """Read one part, a row a question; ``path`` is the CSV."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as handle:
            reader = csv.DictReader(handle, strict=True)
            if missing := {"News", *QUESTIONS} - set(reader.fieldnames or ()):
                raise TickerTuneError(f"File {path} lacks the column(s) {', '.join(sorted(missing))}", "Fetch it again")
            rows = list(reader)
    except (OSError, csv.Error, UnicodeDecodeError) as error:
        raise TickerTuneError(f"File {path} is not a readable CSV ({error})", "Correct the path") from error
    texts, labels, ids, questions = [], [], [], []
    for number in seeded_part(len(rows), part):
        for column, question in QUESTIONS.items():
            texts.append(rows[number]["News"])
            labels.append({"0": "no", "1": "yes"}.get(rows[number][column]))
            ids.append(f"headline:{number}:{column}")
            questions.append(question)
    return labelled(texts, labels, ids, questions)
