"""Financial PhraseBank (Malo et al., 2014), ``Sentences_50Agree``, 4,846 sentences.

Split as FinGPT's benchmark does, ``datasets.Dataset.train_test_split(seed=42)`` with its default quarter for the test,
over the sentences in the order of the file (the order of the Hub's data set): 3,634 and 1,212. A few sentences occur
twice, so some test sentences also stand in the training part: a trait of the published split.
"""

import lzma
import zipfile
import zlib
from pathlib import Path
from typing import IO

import polars as pl

from data_pipeline.sources.labelled.rows import Part, labelled, seeded_part
from tickertune.core.errors import TickerTuneError

MAX_MEMBER_BYTES = 16 * 2**20
"""A zip member that claims or unpacks to more is refused; the real one has 0.7 MB."""
ZIP_DAMAGE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, RuntimeError, ValueError, KeyError)
"""What ``zipfile`` raises on a damaged or encrypted archive."""
SENTENCES = "Sentences_50Agree.txt"
LABELS = ("negative", "neutral", "positive")


def read(path: Path, part: Part) -> pl.DataFrame:
    """Read one part; ``path`` is the zip or a folder that holds it."""
    texts, labels = _sentences(_zip_text(path))
    rows = seeded_part(len(texts), part)
    ids = [f"phrasebank:{row}" for row in rows]
    return labelled([texts[row] for row in rows], [labels[row] for row in rows], ids)


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
