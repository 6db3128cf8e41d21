"""Exact and near duplicates: the earliest survives, each drop is recorded with its survivor.

Both passes go through documents in the order (available_at, doc_id, revision) and judge each one by those
before it alone, so that cutting the input at a time T leaves every decision up to T as it was (prefix
invariance). Two documents are compared only while the text was last seen at most ``WINDOW`` before: a repost
follows within days, while the same words a month later ("declares its quarterly dividend") are new news.
Each repeat renews the window, so that a text repeated every day is kept once.

Short texts of different companies often share a template ("$X hits a new 52-week high of 31.20"). So near
duplicates must also name the same cashtags and numbers and carry the same payload symbols; one set may hold
the other, since a repost loses its last words to the length limit.

Syndicated copies are near duplicates too: the same words but for an outlet or label set off at one end
("X", "X | Harbor Post"). Two different labels ("Citi: X", "Goldman: X") are not taken for each other.

A later revision of a kept document is always kept: it supersedes the earlier one, and dropping it would leave
the outdated text in view.
"""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl
from datasketch import MinHash, MinHashLSH

from data_pipeline.curation.drops import ORDER, Drop, drops_frame
from data_pipeline.curation.text import facts_of, repost_key, without_attribution

WINDOW = timedelta(days=7)
SHINGLE_WORDS = 2
"""Pairs of words: one word added to a title of five leaves 4 of 5 pairs, one word exchanged in a text of
n words leaves (n - 3) / (n + 1), which reaches 0.8 only from 19 words."""
PERMUTATIONS = 64
MISS = 1e-3
"""Highest chance that hashing overlooks a pair at the threshold itself; more alike ones are missed less often."""


@dataclass(frozen=True)
class _Item:
    row: int
    doc_id: str
    revision: int
    available_at: datetime
    title: list[str]
    body: list[str]
    core: list[str]
    """The words of title and body without an attribution in the title."""
    payload: frozenset[str]

    @property
    def words(self) -> list[str]:
        return self.title + self.body


def exact_duplicates(documents: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Drop documents with the same words and payload symbols as one shortly before.

    Case, punctuation, links and a leading ``RT @name:`` do not count as words.

    Args:
        documents: Schema ``Document``, with ``available_at`` set.

    Returns:
        Kept documents in ``ORDER``, and drops with reason ``exact_duplicate``.
    """
    ordered = documents.sort(ORDER, maintain_order=True)
    seen: dict[tuple[str, frozenset[str]], tuple[str, datetime]] = {}
    kept_ids: set[str] = set()
    kept: list[int] = []
    drops: list[Drop] = []
    for item in _items(ordered):
        key = (" ".join(item.words), item.payload)
        survivor, last_seen = seen.get(key, (item.doc_id, item.available_at))
        fresh = survivor == item.doc_id or item.available_at - last_seen > WINDOW
        if fresh or not item.words or item.doc_id in kept_ids:
            kept.append(item.row)
            kept_ids.add(item.doc_id)
            survivor = item.doc_id
        else:
            drops.append(Drop(item.doc_id, item.revision, "exact_duplicate", survivor, "same words"))
        seen[key] = (survivor, item.available_at)
    return ordered[kept], drops_frame(drops)


def near_duplicates(documents: pl.DataFrame, threshold: float) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Drop documents whose word shingles are nearly those of a kept one shortly before.

    MinHash with locality-sensitive hashing proposes candidates among the kept documents; the exact Jaccard
    similarity of their word pairs, taken within the title and within the body, decides.

    Args:
        documents: Schema ``Document``, with ``available_at`` set.
        threshold: Jaccard similarity in (0, 1] from which two documents are near duplicates.

    Returns:
        Kept documents in ``ORDER``, and drops with reason ``near_duplicate`` and the similarity.
    """
    ordered = documents.sort(ORDER, maintain_order=True)
    items = list(_items(ordered))
    index = _Index(threshold)
    kept_ids: set[str] = set()
    kept: list[int] = []
    drops: list[Drop] = []
    shingle_sets = [_shingles(item.title) | _shingles(item.body) for item in items]
    hashes = MinHash.generator(
        ([shingle.encode() for shingle in sorted(shingles)] for shingles in shingle_sets), num_perm=PERMUTATIONS
    )
    for item, shingles, minhash in zip(items, shingle_sets, hashes, strict=True):
        index.expire(item.available_at)
        match = None if not item.words or item.doc_id in kept_ids else index.match(item, shingles, minhash)
        if match is None:
            kept.append(item.row)
            kept_ids.add(item.doc_id)
            if item.words:
                index.add(item, shingles, minhash)
        else:
            survivor, similarity = match
            index.renew(survivor, item.available_at)
            drops.append(
                Drop(item.doc_id, item.revision, "near_duplicate", survivor.doc_id, f"similarity {similarity:.3f}")
            )
    return ordered[kept], drops_frame(drops)


def bands_and_rows(threshold: float) -> tuple[int, int]:
    """Return the most selective (bands, rows) that miss a pair of similarity ``threshold`` at most ``MISS`` often.

    A pair of similarity s is overlooked with probability (1 - s^rows)^bands (Leskovec, Rajaraman and Ullman,
    Mining of Massive Datasets, section 3.4). A false candidate costs microseconds, since each is verified.
    """
    rows = (r for r in range(PERMUTATIONS // 2, 1, -1) if (1 - threshold**r) ** (PERMUTATIONS // r) <= MISS)
    best = next(rows, 1)
    return PERMUTATIONS // best, best


class _Index:
    """The kept documents of the sliding window, searchable by similarity."""

    def __init__(self, threshold: float) -> None:
        self.threshold = threshold
        self.lsh = MinHashLSH(num_perm=PERMUTATIONS, params=bands_and_rows(threshold))
        self.entries: dict[int, tuple[_Item, frozenset[str], frozenset[str]]] = {}
        self.cores: dict[str, list[int]] = {}
        self.last_seen: OrderedDict[int, datetime] = OrderedDict()

    def add(self, item: _Item, shingles: frozenset[str], minhash: MinHash) -> None:
        self.lsh.insert(item.row, minhash)
        self.cores.setdefault(" ".join(item.core), []).append(item.row)
        self.entries[item.row] = (item, shingles, facts_of(item.words))
        self.last_seen[item.row] = item.available_at

    def renew(self, item: _Item, seen_at: datetime) -> None:
        self.last_seen[item.row] = seen_at
        self.last_seen.move_to_end(item.row)

    def expire(self, now: datetime) -> None:
        while self.last_seen:
            row, seen_at = next(iter(self.last_seen.items()))
            if now - seen_at <= WINDOW:
                return
            item = self.entries[row][0]
            core = " ".join(item.core)
            self.cores[core].remove(row)
            if not self.cores[core]:
                del self.cores[core]
            del self.last_seen[row], self.entries[row]
            self.lsh.remove(row)

    def match(self, item: _Item, shingles: frozenset[str], minhash: MinHash) -> tuple[_Item, float] | None:
        """Return the most similar kept document at or above the threshold, the earliest of equals."""
        facts = facts_of(item.words)
        best: tuple[_Item, float] | None = None
        for row in sorted({*self.lsh.query(minhash), *self.cores.get(" ".join(item.core), ())}):
            other, other_shingles, other_facts = self.entries[row]
            if not (_nested(facts, other_facts) and _nested(item.payload, other.payload)):
                continue
            similarity = len(shingles & other_shingles) / len(shingles | other_shingles)
            if item.core == other.core and (item.core == item.words or other.core == other.words):
                similarity = 1.0
            if similarity >= self.threshold and (best is None or similarity > best[1]):
                best = (other, similarity)
        return best


def _items(ordered: pl.DataFrame) -> Iterator[_Item]:
    columns = ordered.select(
        "doc_id",
        "revision",
        "available_at",
        "title",
        "body",
        pl.col("symbols").list.eval(pl.element().struct.field("instrument_id")).alias("payload"),
    )
    for row, (doc_id, revision, available_at, title, body, payload) in enumerate(columns.iter_rows()):
        title_words, body_words = repost_key(title), repost_key(body)
        core = repost_key(without_attribution(title)) + body_words
        yield _Item(row, doc_id, revision, available_at, title_words, body_words, core, frozenset(payload))


def _shingles(words: list[str]) -> frozenset[str]:
    if len(words) < SHINGLE_WORDS:
        return frozenset(words)
    starts = range(len(words) - SHINGLE_WORDS + 1)
    return frozenset(" ".join(words[start : start + SHINGLE_WORDS]) for start in starts)


def _nested(one: frozenset[str], other: frozenset[str]) -> bool:
    return one <= other or other <= one
