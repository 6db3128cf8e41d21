"""What the search for duplicates needs of each document, computed from it alone.

So documents can be sketched in any order, on any machine, and a sketch never changes.
"""

import numpy as np
import polars as pl

from data_pipeline.curation.deduplication.hashing import (
    HashedWords,
    band_keys,
    character_shingles,
    hash_words,
    hashed_words,
    mix,
    segment_reduce,
    sequence_hash,
    word_shingles,
)
from data_pipeline.curation.deduplication.wording import canonical
from data_pipeline.curation.deduplication.words import core_titles, word_parts, words_of

SHORT_CHARACTERS = 280
"""Texts up to the length of a social post are compared by characters, longer ones by words."""
LONG_WORD = 12
"""Texts whose words are longer on average have no blanks between words (Chinese): compared by characters."""
NEAR_SHORT = 1.25
"""Texts a quarter longer than a short one are hashed as both, since either kind may be their near duplicate."""

SKETCH_SCHEMA = pl.Schema(
    {
        "_words": pl.UInt64(),
        "_exact": pl.UInt64(),
        "_payload": pl.UInt64(),
        "_short": pl.Boolean(),
        "_core": pl.UInt64(),
        "_whole": pl.Boolean(),
        "_same": pl.UInt64(),
        "_bands": pl.List(pl.UInt64),
    }
)
"""Hash of the words (null: none); of words and payload; set of payload symbols as 64 bits (a Bloom filter); whether
the text is short; hash of the words without an attribution, and whether there is none; hash of the canonical words
(of texts that may be near duplicates of a short one); keys of the bands."""
CHARACTER_KIND, WORD_KIND = 0, 1


def sketch(documents: pl.DataFrame, threshold: float, parts: pl.DataFrame | None = None) -> pl.DataFrame:
    """Return ``SKETCH_SCHEMA``, a row for each document.

    Args:
        documents: ``title``, ``body`` and ``symbols`` of ``Document``.
        threshold: Jaccard similarity from which two documents are near duplicates.
        parts: Their ``word_parts``, where they are at hand.
    """
    if documents.is_empty():
        return SKETCH_SCHEMA.to_frame()
    parts = word_parts(documents) if parts is None else parts
    hashed = hashed_words(parts["title"], parts["body"])
    counts = hashed.counts
    words = sequence_hash(hashed.hashes, counts)
    bloom, payload = _payload(documents)
    core = _core(documents, parts["body"], words)
    short = is_short(counts, hashed.lengths)
    same = np.zeros(len(documents), dtype=np.uint64)
    brief = is_brief(counts, hashed.lengths)
    same[brief] = _canonical_hash(flat_words(parts.filter(pl.Series(brief))))
    none = counts == 0
    return pl.DataFrame(
        {
            "_words": pl.Series(words).set(pl.Series(none), None),
            "_exact": mix(words + mix(payload)),
            "_payload": bloom,
            "_short": short,
            "_core": core,
            "_whole": core == words,
            "_same": pl.Series(same).set(pl.Series(~brief | none), None),
            "_bands": _bands(parts, hashed, threshold),
        },
        schema=SKETCH_SCHEMA,
    )


def is_short(counts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Whether texts of so many words and characters, one blank a word, are compared by characters."""
    return (lengths <= SHORT_CHARACTERS) | (lengths > counts * (LONG_WORD + 1))


def is_brief(counts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Whether texts are short, or may be near duplicates of a short one."""
    return is_short(counts, lengths) | (lengths <= SHORT_CHARACTERS * NEAR_SHORT)


def payload_ids(documents: pl.DataFrame) -> pl.Series:
    """The instruments that each document's own fields name, each once."""
    ids = pl.col("symbols").list.eval(pl.element().struct.field("instrument_id")).list.unique().list.sort()
    return documents.select(payload=ids).to_series()


def bloom_bits(hashes: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Sets as 64 bits each: where one is within another, so are its bits."""
    return segment_reduce(np.bitwise_or, np.uint64(1) << (hashes & np.uint64(63)), sizes)


def _payload(documents: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    ids = payload_ids(documents)
    sizes = ids.list.len().to_numpy().astype(np.int64)
    hashes = hash_words(ids.explode(empty_as_null=False))
    return bloom_bits(hashes, sizes), segment_reduce(np.add, mix(hashes), sizes)


def _core(documents: pl.DataFrame, body: pl.Series, words: np.ndarray) -> np.ndarray:
    rows, titles = core_titles(documents["title"])
    core = words.copy()
    if len(rows):
        cut = pl.DataFrame({"title": titles, "body": body.gather(rows)})
        hashed = hashed_words(words_of(cut["title"]), cut["body"])
        core[rows] = sequence_hash(hashed.hashes, hashed.counts)
    return core


def flat_words(parts: pl.DataFrame) -> pl.Series:
    """The words of title and body as one list a document."""
    return parts.select(words=pl.concat_list("title", "body")).to_series()


def _canonical_hash(words: pl.Series) -> np.ndarray:
    classes = canonical(words.explode(empty_as_null=False))
    stays = classes.is_not_null().to_numpy()
    owner = np.repeat(np.arange(len(words)), words.list.len().to_numpy())[stays]
    return sequence_hash(hash_words(classes.drop_nulls()), np.bincount(owner, minlength=len(words)))


def _bands(parts: pl.DataFrame, hashed: HashedWords, threshold: float) -> pl.Series:
    counts, lengths = hashed.counts, hashed.lengths
    by_character = (counts > 0) & is_brief(counts, lengths)
    by_word = (counts > 0) & ~is_short(counts, lengths)
    owners, keys = [], []
    for chosen, kind in ((by_character, CHARACTER_KIND), (by_word, WORD_KIND)):
        if not chosen.any():
            continue
        if kind == WORD_KIND:
            shingles, sizes = word_shingles(hashed.where(chosen))
        else:
            shingles, sizes = character_shingles(flat_words(parts.filter(pl.Series(chosen))).list.join(" "))
        owners.append(np.flatnonzero(chosen))
        keys.append(band_keys(shingles, sizes, threshold, kind))
    if not owners:
        return pl.Series([[]] * len(counts), dtype=pl.List(pl.UInt64))
    owner = np.concatenate([np.repeat(rows, part.shape[1]) for rows, part in zip(owners, keys, strict=True)])
    order = np.argsort(owner, kind="stable")
    values = np.concatenate([part.ravel() for part in keys])[order]
    return as_lists(values, np.bincount(owner, minlength=len(counts)))


def as_lists(values: np.ndarray, sizes: np.ndarray) -> pl.Series:
    """Segments of ``values`` as one list each."""
    rows = pl.DataFrame({"row": np.repeat(np.arange(len(sizes)), sizes), "value": values})
    lists = rows.group_by("row", maintain_order=True).agg("value")
    every = pl.DataFrame({"row": np.arange(len(sizes))}).join(lists, on="row", how="left", maintain_order="left")
    return every["value"].fill_null(pl.Series([[]], dtype=pl.List(pl.UInt64)).first())


__all__ = ["SKETCH_SCHEMA", "bloom_bits", "flat_words", "is_short", "payload_ids", "sketch"]
