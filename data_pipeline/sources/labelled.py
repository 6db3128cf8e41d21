"""Labelled texts for the sentiment task, in the splits of protocol fingpt-v3.

- ``phrasebank``: Financial PhraseBank (Malo et al., 2014), ``Sentences_50Agree``, 4,846 sentences. Split as FinGPT's
  benchmark does, ``datasets.Dataset.train_test_split(seed=42)`` with its default quarter for the test, over the
  sentences in the order of the file (the order of the Hub's data set): 3,634 and 1,212. A few sentences occur
  twice, so some test sentences also stand in the training part: a trait of the published split.
- ``tfns``: Twitter Financial News Sentiment, ``sent_train.csv`` and ``sent_valid.csv`` (the protocol's test part).
"""

import csv
import lzma
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Literal

import polars as pl

from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import SentimentSetConfig

Part = Literal["train", "test"]
LABELLED_SCHEMA = pl.Schema({"text": pl.String, "label": pl.String, "row_id": pl.String})
"""``label`` is negative, neutral or positive; ``row_id`` names the file's row and never changes."""

SPLIT_SEED = 42
MAX_MEMBER_BYTES = 16 * 2**20
"""A zip member that claims or unpacks to more is refused; the real one has 0.7 MB."""
ZIP_DAMAGE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, RuntimeError, ValueError, KeyError)
"""What ``zipfile`` raises on a damaged or encrypted archive."""
SENTENCES = "Sentences_50Agree.txt"
TFNS_FILES: dict[Part, str] = {"train": "sent_train.csv", "test": "sent_valid.csv"}
TFNS_LABELS = {"0": "negative", "1": "positive", "2": "neutral"}
"""0 bearish, 1 bullish, 2 neutral."""
LABELS = ("negative", "neutral", "positive")


def read_labelled(config: SentimentSetConfig, part: Part) -> pl.DataFrame:
    """Read one part of a labelled set, in the protocol's order.

    Args:
        config: Name and path of the set; ``repeat`` and ``limit`` are left to the caller. The path of ``phrasebank``
            is the zip or a folder that holds it; that of ``tfns`` the folder of its CSV files, or one of them.
        part: ``train`` or ``test``.

    Returns:
        A table of ``LABELLED_SCHEMA``.

    Raises:
        TickerTuneError: A file is missing, damaged or not as published.
    """
    readers: dict[str, Callable[[Path, Part], pl.DataFrame]] = {"phrasebank": _phrasebank, "tfns": _tfns}
    return readers[config.name](config.path, part)


def _phrasebank(path: Path, part: Part) -> pl.DataFrame:
    from datasets import Dataset

    texts, labels = _sentences(_zip_text(path))
    split = Dataset.from_dict({"row": list(range(len(texts)))}).train_test_split(seed=SPLIT_SEED)
    rows = list(split[part]["row"])
    return pl.DataFrame(
        {
            "text": [texts[row] for row in rows],
            "label": [labels[row] for row in rows],
            "row_id": [f"phrasebank:{row}" for row in rows],
        },
        schema=LABELLED_SCHEMA,
    )


def _sentences(content: str) -> tuple[list[str], list[str]]:
    texts, labels = [], []
    # Not splitlines(): in latin-1, U+0085 within a sentence would count as a line end.
    for number, line in enumerate(content.replace("\r\n", "\n").split("\n"), start=1):
        if not line:
            continue
        text, separator, label = line.rpartition("@")
        if not separator or label.strip() not in LABELS:
            raise TickerTuneError(f"{SENTENCES}, line {number}, does not end in @label", "Fetch PhraseBank again")
        texts.append(text.strip())
        labels.append(label.strip())
    return texts, labels


def _zip_text(path: Path) -> str:
    found = sorted(path.glob("FinancialPhraseBank*.zip")) if path.is_dir() else [path]
    if not found or not found[0].is_file():
        raise TickerTuneError(f"PhraseBank zip {path} does not exist", "Correct the path or set TICKERTUNE_DATA")
    with found[0].open("rb") as file:
        return sentences_text(file, f"zip {found[0]}")


def sentences_text(file: IO[bytes], what: str) -> str:
    """Return the text of ``SENTENCES`` in PhraseBank's zip.

    Args:
        file: The open zip.
        what: Its name, for the error.

    Raises:
        TickerTuneError: It is no zip, is damaged, or does not hold that file once.
    """
    remedy = "Fetch FinancialPhraseBank-v1.0.zip again"
    try:
        with zipfile.ZipFile(file) as archive:
            # macOS resource forks lie beside the real files under __MACOSX.
            names = [name for name in archive.namelist() if name.split("/")[-1] == SENTENCES and "__MACOSX" not in name]
            if len(names) != 1:
                raise TickerTuneError(f"{what} holds {len(names)} files {SENTENCES}, not one", remedy)
            with archive.open(names[0]) as member:
                content = member.read(MAX_MEMBER_BYTES + 1)
    except ZIP_DAMAGE as error:
        raise TickerTuneError(f"{what} is not a readable zip ({error})", remedy) from error
    if len(content) > MAX_MEMBER_BYTES:
        raise TickerTuneError(f"{SENTENCES} in {what} unpacks to more than {MAX_MEMBER_BYTES} bytes", remedy)
    return content.decode("latin-1")


def _tfns(path: Path, part: Part) -> pl.DataFrame:
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
    return pl.DataFrame({"text": texts, "label": labels, "row_id": ids}, schema=LABELLED_SCHEMA)
