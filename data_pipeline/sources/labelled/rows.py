"""What a labelled set is read into."""

from collections.abc import Sequence
from typing import Literal

import polars as pl

Part = Literal["train", "test"]
LABELLED_SCHEMA = pl.Schema({"text": pl.String, "label": pl.String, "row_id": pl.String, "question": pl.String})
"""``label`` is one of the task's, or null where the row's answer cannot be stated in its grammar; ``row_id`` names the
file's row and never changes; ``question`` is empty but for sets of questions."""
SPLIT_SEED = 42


def labelled(
    texts: Sequence[str], labels: Sequence[str | None], row_ids: Sequence[str], questions: Sequence[str] | None = None
) -> pl.DataFrame:
    """A table of ``LABELLED_SCHEMA``."""
    columns = {"text": texts, "label": labels, "row_id": row_ids, "question": questions or [""] * len(texts)}
    return pl.DataFrame(columns, schema=LABELLED_SCHEMA)


def seeded_part(count: int, part: Part, test_size: float | None = None) -> list[int]:
    """Rows of a part as ``datasets.Dataset.train_test_split`` draws them with seed 42, a quarter for the test by default."""
    from datasets import Dataset

    rows = Dataset.from_dict({"row": list(range(count))})
    return list(rows.train_test_split(test_size, seed=SPLIT_SEED)[part]["row"])
