"""Who survives: one pass in the order of time over what may be a duplicate, against a window of the past."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
import polars as pl

from data_pipeline.curation.deduplication.candidates import CROWD, Candidates, bits_nested, find_candidates
from data_pipeline.curation.deduplication.hashing import hash_words
from data_pipeline.curation.deduplication.ids import IdSet, added, contains
from data_pipeline.curation.deduplication.same import Text, same_report
from data_pipeline.curation.deduplication.sketch import SKETCH_SCHEMA
from data_pipeline.curation.deduplication.texts import CandidateTexts
from data_pipeline.curation.deduplication.words import word_parts
from data_pipeline.curation.drops import DROPS_SCHEMA, Drop, drops_frame

WINDOW = timedelta(days=7)
_WINDOW = WINDOW // timedelta(microseconds=1)
PASSES = ("exact", "near")
COMPARED = ("doc_id", "revision", "available_at", "title", "body", "symbols")
"""Columns of a document that a later one is compared by."""


@dataclass
class Past:
    """What is left of earlier documents: all that decides about later ones."""

    live: pl.DataFrame
    """Kept documents last seen within ``WINDOW``: ``COMPARED``, their sketch, and ``_seen`` (microseconds)."""
    exact: pl.DataFrame
    """``key``, ``origin`` (doc_id that first had these words), ``survivor`` (who stays for it), ``seen``."""
    kept: dict[str, IdSet] = field(default_factory=lambda: dict.fromkeys(PASSES, ()))
    """Hashes of all doc_ids that a pass ever kept: their later revisions are kept too."""
    last: tuple[int, str, int] | None = None
    """The last document in ``ORDER``: microseconds, doc_id, revision."""


EXACT_SCHEMA = pl.Schema({"key": pl.UInt64, "origin": pl.String, "survivor": pl.String, "seen": pl.Int64})


def no_past(documents: pl.DataFrame) -> Past:
    """Return the state before any document; ``documents`` gives the types of the columns."""
    live = documents.select(COMPARED).clear().with_columns(SKETCH_SCHEMA.to_frame())
    return Past(live.with_columns(pl.lit(None, dtype=pl.Int64).alias("_seen")), EXACT_SCHEMA.to_frame())


def survivors(
    documents: pl.DataFrame, past: Past, threshold: float, words: pl.DataFrame | None = None
) -> tuple[np.ndarray, pl.DataFrame, Past]:
    """Judge documents by those before them.

    Args:
        documents: ``COMPARED`` and their sketch, in ``ORDER``, all after those of the past.
        past: What is left of the documents before.
        threshold: Jaccard similarity from which two documents are near duplicates.
        words: ``word_parts`` of the documents, where they are at hand; else those of candidates are computed.

    Returns:
        Which are kept, the drops in ``DROPS_SCHEMA``, and what is left for the next documents. ``past`` is unchanged.
    """
    if documents.is_empty():
        return np.zeros(0, dtype=bool), DROPS_SCHEMA.to_frame(), past
    exact = _ExactPass(documents, past)
    exact.run()
    near = _NearPass(documents, past, ~exact.dropped, threshold, words)
    near.run()
    gone = {drop.doc_id: drop.survivor for drop in reversed(near.drops)}
    exact_drops = [drop._replace(survivor=gone.get(drop.survivor or "", drop.survivor)) for drop in exact.drops]
    last = (near.end, str(documents["doc_id"][-1]), int(documents["revision"][-1]))
    kept_ids = {"exact": exact.kept_ids(), "near": near.kept_ids()}
    drops = drops_frame([*exact_drops, *near.drops])
    return near.kept, drops, Past(near.live(), exact.table(gone), kept_ids, last)


class _Pass:
    """What both passes know of documents: their times, and which ids stand for several revisions."""

    def __init__(self, documents: pl.DataFrame, past: Past, name: str) -> None:
        self.documents, self.past, self.name = documents, past, name
        self.times = documents["available_at"].dt.epoch("us").to_numpy()
        self.end = int(self.times[-1])
        self.ids = hash_words(documents["doc_id"])
        self.known = contains(past.kept[name], self.ids)
        self.repeated = documents["doc_id"].is_duplicated().to_numpy() | self.known
        self.kept_now: set[str] = set(documents["doc_id"].filter(pl.Series(self.known)))
        self.drops: list[Drop] = []
        self.kept = np.ones(len(documents), dtype=bool)

    def kept_ids(self) -> IdSet:
        return added(self.past.kept[self.name], self.ids[self.kept])


class _ExactPass(_Pass):
    def __init__(self, documents: pl.DataFrame, past: Past) -> None:
        super().__init__(documents, past, "exact")
        self.keys = documents["_exact"].to_numpy()
        self.worded = documents["_words"].is_not_null().to_numpy()
        self.entries: dict[int, tuple[str, str, int]] = {}

    @property
    def dropped(self) -> np.ndarray:
        return ~self.kept

    def run(self) -> None:
        known = self.past.exact.filter(pl.col("key").is_in(self.documents["_exact"].implode()))
        self.entries = {key: (origin, survivor, seen) for key, origin, survivor, seen in known.iter_rows()}
        again = self.documents["_exact"].is_duplicated().to_numpy() | np.isin(self.keys, known["key"].to_numpy())
        self.judged = again & self.worded
        rows = np.flatnonzero(self.judged | self.repeated)
        columns = self.documents[rows].select("doc_id", "revision", "_exact")
        for row, (doc_id, revision, key) in zip(rows.tolist(), columns.iter_rows(), strict=True):
            now = int(self.times[row])
            origin, survivor, seen = self.entries.get(key, (doc_id, doc_id, now))
            fresh = origin == doc_id or now - seen > _WINDOW
            if fresh or not self.worded[row] or doc_id in self.kept_now:
                self.kept_now.add(doc_id)
                origin = survivor = doc_id
            else:
                self.kept[row] = False
                self.drops.append(Drop(doc_id, revision, "exact_duplicate", survivor, "same words"))
            if self.worded[row]:
                self.entries[key] = (origin, survivor, now)

    def table(self, gone: dict[str, str | None]) -> pl.DataFrame:
        """What later documents may repeat; ``gone`` says who stays for a near duplicate."""
        handled = np.isin(self.keys, np.fromiter(self.entries, dtype=np.uint64, count=len(self.entries)))
        single = self.documents.filter(pl.Series(self.worded & ~handled))
        fresh = single.select(
            key="_exact", origin="doc_id", survivor="doc_id", seen=pl.col("available_at").dt.epoch("us")
        )
        found = [(key, *entry) for key, entry in self.entries.items()]
        judged = pl.DataFrame(found, schema=EXACT_SCHEMA, orient="row")
        old = self.past.exact.filter(~pl.col("key").is_in(judged["key"].implode()))
        table = pl.concat([old, judged, fresh]).filter(self.end - pl.col("seen") <= _WINDOW)
        return table.with_columns(pl.col("survivor").replace(gone))


class _NearPass(_Pass):
    def __init__(
        self, documents: pl.DataFrame, past: Past, left: np.ndarray, threshold: float, words: pl.DataFrame | None
    ) -> None:
        super().__init__(documents, past, "near")
        self.given = words
        self.kept = left.copy()
        self.threshold = threshold
        self.start = len(past.live)
        """Row of the first new document; the rows before are those of ``past.live``."""
        columns = [*COMPARED, *SKETCH_SCHEMA]
        self.all = pl.concat([past.live.select(columns), documents.select(columns)], how="vertical_relaxed")
        self.seen = np.concatenate([past.live["_seen"].to_numpy(), self.times])
        worded = self.all["_words"].is_not_null().to_numpy()
        self.judged = worded & np.concatenate([np.ones(self.start, dtype=bool), left])
        self.alive = np.concatenate([np.ones(self.start, dtype=bool), left])
        self.names = self.all["doc_id"]
        self.whole = self.all["_whole"].to_numpy()
        self.core, self.words, self.canonical = (
            self.all[name].fill_null(0).to_numpy() for name in ("_core", "_words", "_same")
        )
        self.payloads = self.all["_payload"].to_numpy()
        self._texts: dict[int, Text] = {}
        self._judged: dict[tuple[int, int], bool] = {}

    def run(self) -> None:
        candidates = find_candidates(self.all.select(SKETCH_SCHEMA.names()), self.judged, self.start)
        self.rows = candidates.rows
        self.texts = CandidateTexts(self.all[self.rows], self._parts())
        later, earlier, likeness = self._verified(candidates)
        self._judge_articles(later, earlier)
        crowds = _Crowds(candidates, self.start)
        bounds = np.searchsorted(later, np.arange(self.start, len(self.all) + 1))
        wanted = np.zeros(len(self.all), dtype=bool)
        wanted[later] = True
        wanted[candidates.crowds["row"].to_numpy()] = True
        wanted[self.start :] |= self.repeated
        wanted[: self.start] = False
        rows = np.flatnonzero(wanted & self.alive)
        columns = self.all[rows].select("doc_id", "revision")
        for row, (doc_id, revision) in zip(rows.tolist(), columns.iter_rows(), strict=True):
            match = None
            if doc_id not in self.kept_now and self.judged[row]:
                part = slice(bounds[row - self.start], bounds[row - self.start + 1])
                match = self._match(row, earlier[part], likeness[part], crowds.members(row, self))
            if match is None:
                self.kept_now.add(doc_id)
                crowds.add(row)
                continue
            survivor, similarity = match
            self.seen[survivor] = self.seen[row]
            self.alive[row] = self.kept[row - self.start] = False
            name = self.names[survivor]
            self.drops.append(Drop(doc_id, revision, "near_duplicate", name, f"similarity {similarity:.3f}"))

    def _parts(self) -> pl.DataFrame:
        """The words of the candidates."""
        if self.given is None:
            return word_parts(self.all[self.rows])
        old = int(np.searchsorted(self.rows, self.start))
        return pl.concat([word_parts(self.all[self.rows[:old]]), self.given[self.rows[old:] - self.start]])

    def _verified(self, candidates: Candidates) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Pairs whose facts allow it and that are similar enough, or equal but for an attribution or synonyms."""
        later, earlier = candidates.later, candidates.earlier
        facts = self.texts.facts
        fits = bits_nested(facts[self._place(later)], facts[self._place(earlier)])
        later, earlier = later[fits], earlier[fits]
        likeness = self._likeness(later, earlier)
        enough = likeness >= self.threshold
        return later[enough], earlier[enough], likeness[enough]

    def _place(self, rows: np.ndarray) -> np.ndarray:
        return np.searchsorted(self.rows, rows)

    def _likeness(self, some: np.ndarray, others: np.ndarray) -> np.ndarray:
        result = np.ones(len(some))
        rest = np.flatnonzero(~self._equal(some, others))
        result[rest] = self.texts.similarities(self._place(some[rest]), self._place(others[rest]))
        return result

    def _equal(self, some: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Whether pairs have the same words, or the same but for an attribution or for synonyms."""
        equal = (self.core[some] == self.core[others]) & (self.whole[some] | self.whole[others])
        equal |= (self.canonical[some] == self.canonical[others]) & (self.canonical[some] != 0)
        return np.asarray(equal | (self.words[some] == self.words[others]))

    def _match(self, row: int, rows: np.ndarray, likeness: np.ndarray, crowd: np.ndarray) -> tuple[int, float] | None:
        """Return the most similar kept document of the window, the earliest of equals."""
        if len(crowd):
            facts, places = self.texts.facts, self._place(crowd)
            fits = bits_nested(facts[places], facts[self._place(np.array([row]))])
            fits &= bits_nested(self.payloads[crowd], self.payloads[row])
            crowd = np.setdiff1d(crowd[fits], rows)
            alike = np.ones(len(crowd))
            rest = np.flatnonzero(~self._equal(np.full(len(crowd), row), crowd))
            if len(rest):
                own = int(np.searchsorted(self.rows, row))
                alike[rest] = self.texts.similarities_of(own, self._place(crowd[rest]))
            rows = np.concatenate([rows, crowd[alike >= self.threshold]])
            likeness = np.concatenate([likeness, alike[alike >= self.threshold]])
        live = self.alive[rows] & (self.seen[row] - self.seen[rows] <= _WINDOW)
        rows, likeness = rows[live], likeness[live]
        for place in np.lexsort((rows, -likeness)):
            if self._same(row, int(rows[place])):
                return int(rows[place]), float(likeness[place])
        return None

    def _judge_articles(self, later: np.ndarray, earlier: np.ndarray) -> None:
        """Judge all pairs of articles at once; other pairs, and those of crowds, are judged when they are met."""
        some, others = self._place(later), self._place(earlier)
        long = ~(self.texts.short[some] | self.texts.short[others])
        same = self.texts.agree(some[long], others[long]).tolist()
        self._judged.update(zip(zip(later[long].tolist(), earlier[long].tolist(), strict=True), same, strict=True))

    def _same(self, row: int, other: int) -> bool:
        if (row, other) not in self._judged:
            self._judged[row, other] = same_report(self._text(row), self._text(other), self.threshold)
        return self._judged[row, other]

    def _text(self, row: int) -> Text:
        if row not in self._texts:
            self._texts[row] = self.texts.text(int(np.searchsorted(self.rows, row)))
        return self._texts[row]

    def live(self) -> pl.DataFrame:
        stays = self.alive & self.judged & (self.end - self.seen <= _WINDOW)
        return self.all.with_columns(pl.Series("_seen", self.seen)).filter(pl.Series(stays))


class _Crowds:
    """Crowded buckets: of each, the kept members so far."""

    def __init__(self, candidates: Candidates, start: int) -> None:
        self.of_row: dict[int, list[int]] = defaultdict(list)
        self.kept: dict[int, list[int]] = defaultdict(list)
        for bucket, row in candidates.crowds.iter_rows():
            self.of_row[row].append(bucket)
            if row < start:
                self.kept[bucket].append(row)

    def add(self, row: int) -> None:
        for bucket in self.of_row.get(row, ()):
            self.kept[bucket].append(row)

    def members(self, row: int, near: _NearPass) -> np.ndarray:
        """The last ``CROWD`` documents of each bucket of ``row`` that are kept and in the window."""
        found: set[int] = set()
        for bucket in self.of_row.get(row, ()):
            live = [m for m in self.kept[bucket] if near.seen[row] - near.seen[m] <= _WINDOW]
            self.kept[bucket] = live
            found.update(live[-CROWD:])
        return np.array(sorted(found), dtype=np.int64)
