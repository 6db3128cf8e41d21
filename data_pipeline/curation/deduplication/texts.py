"""The texts of candidates: their facts, their shingles, and the exact Jaccard similarity of many pairs at once."""

from collections.abc import Callable
from functools import cached_property

import numpy as np
import polars as pl

from data_pipeline.curation.deduplication.articles import agree
from data_pipeline.curation.deduplication.hashing import (
    character_shingles,
    hash_words,
    hashed_words,
    offsets,
    word_shingles,
)
from data_pipeline.curation.deduplication.same import Text, names_in
from data_pipeline.curation.deduplication.sketch import bloom_bits, flat_words, payload_ids
from data_pipeline.curation.deduplication.wording import canonical
from data_pipeline.curation.deduplication.words import is_fact

_AT_ONCE = 1_000_000
"""Shingles compared at a time."""
_PAIR_BITS = np.uint64(20)

Shingler = Callable[[pl.DataFrame], tuple[np.ndarray, np.ndarray]]


class CandidateTexts:
    """The documents that may be near duplicates of one another: a table with their sketches, and their ``word_parts``."""

    def __init__(self, documents: pl.DataFrame, parts: pl.DataFrame) -> None:
        self.documents = documents
        self.short = documents["_short"].to_numpy()
        self.brief = documents["_same"].is_not_null().to_numpy()
        self.parts = parts
        self.words = flat_words(self.parts)
        self.payload = payload_ids(documents)
        self._named: dict[int, frozenset[str]] = {}

    @cached_property
    def facts(self) -> np.ndarray:
        """The cashtags and numbers of each document as 64 bits."""
        owner = np.repeat(np.arange(len(self.words)), self._hashed[1])[self._is_fact]
        return bloom_bits(self._fact_hashes, np.bincount(owner, minlength=len(self.words)))

    def agree(self, some: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Whether pairs of articles report the same: ``same_report``, for many pairs at once."""
        ids = self.payload.to_list()
        sets = {row: frozenset(ids[row]) for row in {*some.tolist(), *others.tolist()}}
        pairs = [(sets[one], sets[other]) for one, other in zip(some.tolist(), others.tolist(), strict=True)]
        nested = np.array([one <= other or other <= one for one, other in pairs], dtype=bool)
        nested[nested] = agree(self._hashed, self._fact_hashes, self._names, some[nested], others[nested])
        return nested

    @cached_property
    def _hashed(self) -> tuple[np.ndarray, np.ndarray]:
        return hash_words(self.words.explode(empty_as_null=False)), self.words.list.len().to_numpy().astype(np.int64)

    @cached_property
    def _is_fact(self) -> np.ndarray:
        words = self.words.explode(empty_as_null=False)
        return words.to_frame("word").select(is_fact(pl.col("word"))).to_series().to_numpy()

    @property
    def _fact_hashes(self) -> np.ndarray:
        return np.asarray(self._hashed[0][self._is_fact])

    def _names(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        for row in set(rows.tolist()) - self._named.keys():
            self._named[row] = names_in(*self._columns[row][:2])
        found = [self._named[row] for row in rows.tolist()]
        names = pl.Series([name for names in found for name in names], dtype=pl.String)
        return hash_words(names), np.array([len(names) for names in found], dtype=np.int64)

    def text(self, row: int) -> Text:
        """One document, to be compared word by word."""
        title, body, core, whole, payload = self._columns[row]
        words = tuple(self.words[row].to_list())
        facts = words if self.facts[row] else ()
        return Text(
            title=title,
            body=body,
            words=words,
            facts=frozenset(word for word in facts if word[0] == "$" or "0" <= word[0] <= "9"),
            payload=frozenset(payload),
            short=bool(self.short[row]),
            classes=self._classes(row) if self.brief[row] else (),
            core=core,
            whole=whole,
        )

    @cached_property
    def _columns(self) -> list[tuple[str, str, int, bool, list[str]]]:
        return self.documents.select("title", "body", "_core", "_whole", self.payload.alias("_ids")).rows()

    def _classes(self, row: int) -> tuple[str, ...]:
        first, last = self._bounds[row], self._bounds[row + 1]
        return tuple(word for word in self._canonical[first:last] if word is not None)

    @cached_property
    def _bounds(self) -> np.ndarray:
        return offsets(np.where(self.brief, self.words.list.len().to_numpy(), 0))

    @cached_property
    def _canonical(self) -> list[str | None]:
        words = self.words.filter(pl.Series(self.brief)).explode(empty_as_null=False)
        return canonical(words.alias("word")).to_list()

    def similarities(self, some: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Return the exact Jaccard similarity of the shingles of each pair of rows.

        Characters are compared where one of the two is short, else words.
        """
        result = np.zeros(len(some))
        by_character = self.short[some] | self.short[others]
        for chosen, shingler in ((by_character, _by_character), (~by_character, _by_word)):
            if chosen.any():
                result[chosen] = self._jaccard(some[chosen], others[chosen], shingler)
        return result

    def similarities_of(self, row: int, others: np.ndarray) -> np.ndarray:
        """The same of one row and others; the shingles of all rows are kept for the next question."""
        by_character = self.short[others] | self.short[row]
        result = np.zeros(len(others))
        for chosen, kept in ((by_character, self._characters), (~by_character, self._pairs)):
            if chosen.any():
                result[chosen] = _one_against(*kept, row, others[chosen])
        return result

    @cached_property
    def _characters(self) -> tuple[np.ndarray, np.ndarray]:
        return _distinct(*_by_character(self.parts))

    @cached_property
    def _pairs(self) -> tuple[np.ndarray, np.ndarray]:
        return _distinct(*_by_word(self.parts))

    def _jaccard(self, some: np.ndarray, others: np.ndarray, shingler: Shingler) -> np.ndarray:
        used, positions = np.unique(np.concatenate([some, others]), return_inverse=True)
        shingles, sizes = _distinct(*shingler(self.parts[used]))
        one, other = positions[: len(some)], positions[len(some) :]
        both = np.concatenate([[0], np.cumsum(sizes[one] + sizes[other])])
        result = np.empty(len(some))
        first = 0
        while first < len(some):
            fit = int(np.searchsorted(both, both[first] + _AT_ONCE, side="right")) - 1
            last = min(max(first + 1, fit), first + (1 << int(_PAIR_BITS)))
            common = _common(shingles, sizes, one[first:last], other[first:last])
            result[first:last] = common / (sizes[one[first:last]] + sizes[other[first:last]] - common)
            first = last
        return result


def _by_character(parts: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    return character_shingles(flat_words(parts).list.join(" "))


def _by_word(parts: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    return word_shingles(hashed_words(parts["title"], parts["body"]))


def _distinct(shingles: np.ndarray, sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Drop repeated shingles of the same document; the bits that number the documents are cut off the hashes."""
    bits = np.uint64(max(len(sizes).bit_length(), int(_PAIR_BITS)))
    owner = np.repeat(np.arange(len(sizes), dtype=np.uint64), sizes)
    tagged = np.sort((owner << (np.uint64(64) - bits)) | (shingles >> bits))
    fresh = np.ones(len(tagged), dtype=bool)
    fresh[1:] = tagged[1:] != tagged[:-1]
    tagged = tagged[fresh]
    found = (tagged >> (np.uint64(64) - bits)).astype(np.int64)
    return tagged << bits, np.bincount(found, minlength=len(sizes))


def _one_against(shingles: np.ndarray, sizes: np.ndarray, row: int, others: np.ndarray) -> np.ndarray:
    """Jaccard similarity of one row with others; the shingles of each row are sorted."""
    bounds = offsets(sizes)
    own = shingles[bounds[row] : bounds[row + 1]]
    counts = sizes[others]
    place = np.arange(int(counts.sum())) + np.repeat(bounds[others] - offsets(counts)[:-1], counts)
    theirs = shingles[place]
    common = own[np.minimum(np.searchsorted(own, theirs), len(own) - 1)] == theirs
    both = np.add.reduceat(common.astype(np.int64), offsets(counts)[:-1])
    return np.asarray(both / (counts + len(own) - both))


def _common(shingles: np.ndarray, sizes: np.ndarray, some: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Count the common shingles of each pair: tagged with the pair's number and sorted, they stand side by side.

    44 bits of a shingle are compared. Two different ones of a pair of articles agree in them with a chance of
    1e-8.
    """
    sides = []
    for rows in (some, others):
        counts = sizes[rows]
        place = np.arange(int(counts.sum())) + np.repeat(offsets(sizes)[rows] - offsets(counts)[:-1], counts)
        number = np.repeat(np.arange(len(rows), dtype=np.uint64), counts)
        sides.append((number << (np.uint64(64) - _PAIR_BITS)) | (shingles[place] >> _PAIR_BITS))
    tagged = np.sort(np.concatenate(sides))
    equal = tagged[1:][tagged[1:] == tagged[:-1]] >> (np.uint64(64) - _PAIR_BITS)
    return np.bincount(equal.astype(np.int64), minlength=len(some))
