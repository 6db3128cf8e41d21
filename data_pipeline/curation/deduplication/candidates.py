"""Which documents may be near duplicates: those that share a key, and pass what their sets of facts allow."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from data_pipeline.curation.deduplication.hashing import mix

CROWD = 64
"""Members from which a bucket is crowded: its members are compared with the last so many kept ones alone, so that
one template in a hundred thousand headlines costs no ten billion comparisons."""
_EXTRA = ("_core", "_same")


@dataclass(frozen=True)
class Candidates:
    """Pairs of rows (later, earlier), and the crowded buckets of rows."""

    later: np.ndarray
    earlier: np.ndarray
    crowds: pl.DataFrame
    """``bucket`` and ``row``, by bucket and row: members of crowded buckets."""

    @property
    def rows(self) -> np.ndarray:
        """Rows that are in a pair or a crowd, ascending."""
        return np.unique(np.concatenate([self.later, self.earlier, self.crowds["row"].to_numpy()]))


def find_candidates(sketches: pl.DataFrame, judged: np.ndarray, first: int) -> Candidates:
    """Return the pairs that share a key, where the later one is among the rows from ``first`` on.

    Args:
        sketches: ``SKETCH_SCHEMA`` in the order of time; the rows before ``first`` are kept documents of the past.
        judged: Rows that take part; exact duplicates and texts without words do not.
        first: Where the new documents start.
    """
    shared = _shared_keys(sketches, judged, first)
    crowded = shared.filter(pl.col("members") > CROWD)
    few = shared.filter(pl.col("members") <= CROWD)
    later, earlier = _pairs(few, sketches["_payload"].to_numpy(), first)
    crowds = crowded.select("bucket", "row").sort("bucket", "row")
    return Candidates(later, earlier, crowds)


def _shared_keys(sketches: pl.DataFrame, judged: np.ndarray, first: int) -> pl.DataFrame:
    """Members of buckets of two and more that a new document is in: ``bucket``, ``row``, ``members``."""
    rows = sketches.select(pl.int_range(pl.len(), dtype=pl.UInt32).alias("row"), "_bands", *_EXTRA)
    rows = rows.filter(pl.Series(judged))
    bands = rows.select("row", key="_bands").explode("key", empty_as_null=False)
    extra = [
        pl.DataFrame({"row": known["row"], "key": mix(known[name].to_numpy() + np.uint64(number + 1))})
        for number, name in enumerate(_EXTRA)
        for known in [rows.select("row", name).drop_nulls()]
    ]
    keys = pl.concat([bands, *extra]).sort("key", "row")
    key, row = keys["key"].to_numpy(), keys["row"].to_numpy()
    if not len(key):
        return pl.DataFrame(schema={"bucket": pl.UInt64, "row": pl.UInt32, "members": pl.UInt32})
    starts = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
    sizes = np.diff(np.append(starts, len(key)))
    wanted = np.repeat((sizes > 1) & (np.maximum.reduceat(row, starts) >= first), sizes)
    members = np.repeat(sizes, sizes)[wanted].astype(np.uint32)
    return pl.DataFrame({"bucket": key[wanted], "row": row[wanted], "members": members})


def _pairs(shared: pl.DataFrame, payload: np.ndarray, first: int) -> tuple[np.ndarray, np.ndarray]:
    """All pairs within each bucket, each once; members of a bucket stand together, rows ascending."""
    bucket, row = shared["bucket"].to_numpy(), shared["row"].to_numpy().astype(np.int64)
    found: list[np.ndarray] = []
    for apart in range(1, CROWD):
        together = bucket[apart:] == bucket[:-apart]
        if not together.any():
            break
        later, earlier = row[apart:][together], row[:-apart][together]
        fits = (later >= first) & bits_nested(payload[later], payload[earlier])
        found.append(np.unique((later[fits] << 32) | earlier[fits]))
    if not found:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    pairs = np.unique(np.concatenate(found))
    return pairs >> 32, pairs & 0xFFFFFFFF


def bits_nested(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Whether one set of bits holds the other: necessary where the sets behind them are nested."""
    both = one & other
    return np.asarray((both == one) | (both == other))
