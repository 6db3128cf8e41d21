"""Tables of documents in parts of bounded text."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import polars as pl

Found = TypeVar("Found")

PART_BYTES = 4_000_000
"""Text that is filtered or sketched at a time: the arrays of its words fit into memory that was used before, which is a third
quicker for articles than new memory, and takes less of it."""


def map_parts(function: Callable[[pl.DataFrame], Found], documents: pl.DataFrame) -> list[Found]:
    """Call a function with each of ``parts_of``, as many at a time as Polars has threads, and return the results in order.

    Polars and NumPy hold no lock while they work on columns, so threads suffice. What Polars does with a column of strings uses one
    core; so the second core comes from the second part.
    """
    parts, threads = list(parts_of(documents)), pl.thread_pool_size()
    if threads == 1 or len(parts) == 1:
        return [function(part) for part in parts]
    with ThreadPoolExecutor(min(threads, len(parts))) as pool:
        return list(pool.map(function, parts))


def parts_of(documents: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Yield documents (``title`` and ``body``) in the order given, cut about every ``PART_BYTES``; one part where there are none."""
    size = pl.col("title").str.len_bytes() + pl.col("body").str.len_bytes()
    runs = documents.select((size.cast(pl.Int64).cum_sum() // PART_BYTES).rle().struct.field("len")).to_series()
    first = 0
    for length in runs:
        yield documents[first : first + length]
        first += length
    if not len(runs):
        yield documents
