"""Twitter Financial News Sentiment, ``sent_train.csv`` and ``sent_valid.csv`` (protocol fingpt-v3's test part)."""

import csv
from pathlib import Path

import polars as pl

from data_pipeline.sources.labelled.rows import Part, labelled
from tickertune.core.errors import TickerTuneError

TFNS_FILES: dict[Part, str] = {"train": "sent_train.csv", "test": "sent_valid.csv"}
TFNS_LABELS = {"0": "negative", "1": "positive", "2": "neutral"}
"""0 bearish, 1 bullish, 2 neutral."""


def read(path: Path, part: Part) -> pl.DataFrame:
    """Read one part; ``path`` is the folder of the CSV files, or one of them."""
    name = TFNS_FILES[part]
    source = (path if path.is_dir() else path.parent) / name
    if not source.is_file():
        raise TickerTuneError(
            f"TFNS has no {name} for its {part} part in {source.parent}",
            f"Fetch {name}, or take another set for {part}",
        )
    texts, labels = [], []
    try:
        with source.open(newline="", encoding="utf-8-sig") as handle:
            reader = csv.DictReader(handle, strict=True)
            if missing := {"text", "label"} - set(reader.fieldnames or ()):
                raise TickerTuneError(
                    f"File {source} lacks the column(s) {', '.join(sorted(missing))}", "Fetch it again"
                )
            for row in reader:
                if row["label"] not in TFNS_LABELS or not row["text"]:
                    raise TickerTuneError(
                        f"File {source}, line {reader.line_num}: label {row['label']!r} is none of 0, 1, 2",
                        "Fetch it again",
                    )
                texts.append(row["text"])
                labels.append(TFNS_LABELS[row["label"]])
    except (csv.Error, UnicodeDecodeError) as error:
        raise TickerTuneError(f"File {source} is not a readable CSV ({error})", "Fetch it again") from error
    ids = [f"tfns-{part}:{row}" for row in range(len(texts))]
    return labelled(texts, labels, ids)
