"""Scored texts that stand among the training texts, word for word or nearly."""

from dataclasses import dataclass

import polars as pl

from data_pipeline.audit.leakage.similar import MAX_NEAR, near_copies
from eval.text_baseline import prompt_text
from tickertune.core.files import sha256_text

TABLE = "near_copies.parquet"
METRICS_WITHOUT = "metrics_without_copies.json"
"""The rows of metrics.json once more, over the samples without a near copy."""


@dataclass(frozen=True)
class Copies:
    """What was found, and among how many training texts."""

    table: pl.DataFrame
    """``sample_id`` of a scored sample, ``train_id`` of a training sample that says nearly the same; one row a scored sample."""
    compared: int
    """Training texts that were looked at."""
    left_out: int
    """Training texts that were not, because there are more than can be compared."""


def copies_of(samples: pl.DataFrame, train: pl.DataFrame) -> Copies:
    """Find near copies, as curation finds them, between the fenced texts of two tables of ``Sample`` rows."""
    texts, known = _texts(samples), _texts(train)
    room = max(MAX_NEAR - texts.height, 1)
    compared = known if known.height <= room else _drawn(known, room)
    found = near_copies(texts, compared).sort("row")
    table = pl.DataFrame(
        {
            "sample_id": samples["sample_id"].gather(found["row"]),
            "train_id": train["sample_id"].gather(found["train_row"]),
        }
    )
    return Copies(table, compared.height, known.height - compared.height)


def _drawn(known: pl.DataFrame, room: int) -> pl.DataFrame:
    """The texts with the lowest hashes, in their order."""
    hashes = pl.Series("hash", [sha256_text(text) for text in known["text"]])
    return known.with_columns(hashes).sort("hash").head(room).drop("hash").sort("row")


def _texts(samples: pl.DataFrame) -> pl.DataFrame:
    """``row`` and fenced ``text`` of the samples that have one."""
    texts = [prompt_text(messages) for messages in samples["messages"].to_list()]
    frame = pl.DataFrame({"row": range(len(texts)), "text": texts}, schema={"row": pl.UInt32, "text": pl.String})
    return frame.filter(pl.col("text").str.len_chars() > 0)
