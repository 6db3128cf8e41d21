"""The data stage's files behind a data set: its recipe, its documents, and which sample shows which."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from data_pipeline.dataset.info import DatasetInfo
from data_pipeline.dataset.reading import dataset_folder, read_info, read_split
from data_pipeline.samples.view import document_text
from tickertune.core.document import Document
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import sha256_text
from tickertune.core.recipe import read_yaml
from tickertune.core.table import frame_of, read_parquet, read_table
from tickertune.core.tasks.base import fenced

RECIPE, DOCUMENTS, SHOWN = "recipe.yaml", "documents.parquet", "shown.parquet"
TWEET = r"^https?://(?:www\.|mobile\.)?(?:x|twitter)\.com/"
"""Addresses of posts whose text goes as an id, whatever a licence says: the platform asks it of every data set."""


@dataclass(frozen=True)
class Stage:
    """A built data set with what it was built from."""

    folder: Path
    info: DatasetInfo
    frame: pl.DataFrame
    """``Sample`` rows of all splits, in file order."""
    shown: pl.DataFrame
    """``sample_id``, ``position``, ``doc_id`` and ``revision`` of every document shown; no rows for undated texts."""
    documents: pl.DataFrame
    """The documents shown, schema ``Document``, with ``tweet``."""
    recipe: dict[str, Any]

    @property
    def withheld(self) -> pl.DataFrame:
        """Documents whose text may not be published."""
        return self.documents.filter(~pl.col("redistributable") | pl.col("tweet"))


def open_stage(folder: Path) -> Stage:
    """Read a data stage.

    Raises:
        TickerTuneError: It is no data stage, or an earlier version's, so that nobody can say whose texts it shows.
    """
    info = read_info(folder)
    root = dataset_folder(folder).parent
    frame = pl.concat([read_split(folder, split) for split in info.class_priors])
    recipe = read_yaml(root / RECIPE) if (root / RECIPE).is_file() else {}
    if not (root / SHOWN).is_file():
        if info.first_session is None and info.redistributable:
            return Stage(root, info, frame, _no_rows(), _with_tweets(_no_documents()), recipe)
        raise TickerTuneError(
            f"Folder {root} lacks {SHOWN}, so the licence of each text shown is unknown",
            "Give the folder of a data stage, or build the data set again",
        )
    shown = read_parquet(root / SHOWN)
    documents = read_table(_documents_file(root), Document)
    used = documents.join(shown, on=["doc_id", "revision"], how="semi")
    return Stage(root, info, frame, shown, _with_tweets(used), recipe)


def shown_text(title: str, body: str, max_chars: int) -> str:
    """A document's text as a prompt shows it."""
    return fenced(document_text(title, body, max_chars))


def texts_of(documents: pl.DataFrame, max_chars: int) -> pl.DataFrame:
    """``doc_id``, ``revision``, the ``text`` that a prompt shows, and its ``text_sha256``."""
    texts = [shown_text(title, body, max_chars) for title, body in documents.select("title", "body").rows()]
    return documents.select("doc_id", "revision").with_columns(
        text=pl.Series(texts, dtype=pl.String),
        text_sha256=pl.Series([sha256_text(text) for text in texts], dtype=pl.String),
    )


def _documents_file(root: Path) -> Path:
    """A fold stands two levels below the stage whose documents it shows."""
    return next(
        (path / DOCUMENTS for path in (root, root.parent.parent) if (path / DOCUMENTS).is_file()), root / DOCUMENTS
    )


def _with_tweets(documents: pl.DataFrame) -> pl.DataFrame:
    tweet = (pl.col("source") == "x") | pl.col("url").str.contains(TWEET).fill_null(False)
    return documents.with_columns(tweet=tweet)


def _no_documents() -> pl.DataFrame:
    return frame_of(Document, [])


def _no_rows() -> pl.DataFrame:
    return pl.DataFrame(
        schema={"sample_id": pl.String, "position": pl.Int64, "doc_id": pl.String, "revision": pl.Int64}
    )
