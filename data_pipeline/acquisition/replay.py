"""Replay: parse a source's archived answers again, without the network, and say what the parser changed."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from data_pipeline.acquisition.collect import parse
from data_pipeline.acquisition.records import Origin, write_parsed
from data_pipeline.acquisition.store import Store
from data_pipeline.sources.protocol import Source
from tickertune.core.lock import folder_lock

BATCH = 16
"""Answers a transaction."""
_TABLES = ("records", "quarantine", "counts")


@dataclass
class Replay:
    """What a replay gave, beside what was stored."""

    source: str
    parser: str
    answers: int = 0
    refused: int = 0
    before: dict[str, int] = field(default_factory=dict)
    """Parser versions in the store before, with their records."""
    records: int = 0
    compared_with: str | None = None
    """The parser version that the differences are to; None: there was none."""
    same: int = 0
    changed: int = 0
    only_before: int = 0
    only_now: int = 0


def replay(store: Store, source: Source, progress: Callable[[int, int], None] = lambda done, total: None) -> Replay:
    """Parse every archived answer of ``source`` with the installed parser, in the order of arrival.

    The result replaces what this parser version had stored; other versions stay beside it. Memory is bounded by one
    answer, whatever the archive holds. A kill leaves the store as it was.

    Args:
        store: The store.
        source: Whose answers.
        progress: Told (answers done, answers in all).
    """
    name, parser = source.info.name, source.info.parser_version
    staging = f"{parser}~replay"
    result = Replay(name, parser, before=versions(store, name))
    with folder_lock(store.folder / "locks" / name):
        _drop(store, name, staging)
        identities = store.response_ids(name)
        outcomes: list[tuple[int, str]] = []
        for start in range(0, len(identities), BATCH):
            batch = []
            for identity in identities[start : start + BATCH]:
                response = store.response(identity)
                parsed, refusal = parse(source, response)
                outcomes.append((identity, "ok" if refusal is None else refusal.reason))
                if refusal is None:
                    batch.append((Origin(identity, response.fetched_at, response.mode), parsed))
            with store.transaction() as db:  # short: other collectors wait for it
                for origin, parsed in batch:
                    write_parsed(db, name, staging, origin, parsed)
            progress(min(start + BATCH, len(identities)), len(identities))
        result.answers = len(identities)
        result.refused = sum(outcome != "ok" for _, outcome in outcomes)
        result.compared_with = parser if parser in result.before else newest(result.before)
        if result.compared_with is not None:
            _compare(store, result, staging)
        result.records = _count(store, name, staging)
        _take_over(store, name, parser, staging, outcomes)
    return result


def versions(store: Store, source: str) -> dict[str, int]:
    """Parser versions of a source in the store, with their number of records."""
    rows = store.rows("SELECT parser, count(*) AS n FROM records WHERE source = ? GROUP BY parser", (source,))
    return {row["parser"]: row["n"] for row in rows if not row["parser"].endswith("~replay")}


def newest(found: Iterable[str]) -> str | None:
    """Return the newest of some parser versions: ``name-10`` comes after ``name-9``."""
    return max(
        found, key=lambda version: [int(part) if part.isdigit() else 0 for part in version.split("-")], default=None
    )


def _count(store: Store, source: str, parser: str) -> int:
    found = store.rows("SELECT count(*) AS n FROM records WHERE source = ? AND parser = ?", (source, parser))
    return int(found[0]["n"])


def _drop(store: Store, source: str, parser: str) -> None:
    with store.transaction() as db:
        for table in _TABLES:
            db.execute(f"DELETE FROM {table} WHERE source = ? AND parser = ?", (source, parser))


def _compare(store: Store, result: Replay, staging: str) -> None:
    """Count records that are the same, changed, or on one side alone. A version's own name is no difference."""
    pair = store.rows(
        """
        SELECT count(*) AS shared,
               coalesce(sum(old.content = new.content AND json_remove(old.value, '$.parser_version')
                                                        = json_remove(new.value, '$.parser_version')), 0) AS same
        FROM records AS new CROSS JOIN records AS old  -- in this order: the index of old is looked up for each row of new
        WHERE new.source = :source AND new.parser = :new AND old.source = :source AND old.parser = :old
          AND old.kind = new.kind AND old.key = new.key AND old.revision = new.revision
        """,
        {"source": result.source, "old": result.compared_with, "new": staging},
    )[0]
    result.same, result.changed = pair["same"], pair["shared"] - pair["same"]
    result.only_before = _count(store, result.source, result.compared_with or "") - pair["shared"]
    result.only_now = _count(store, result.source, staging) - pair["shared"]


def _take_over(store: Store, source: str, parser: str, staging: str, outcomes: list[tuple[int, str]]) -> None:
    with store.transaction() as db:
        for table in _TABLES:
            db.execute(f"DELETE FROM {table} WHERE source = ? AND parser = ?", (source, parser))
            db.execute(f"UPDATE {table} SET parser = ? WHERE source = ? AND parser = ?", (parser, source, staging))
        db.executemany(
            "INSERT INTO parses VALUES (?, ?, ?) ON CONFLICT (response_id, parser) DO UPDATE SET outcome = excluded.outcome",
            [(identity, parser, outcome) for identity, outcome in outcomes],
        )
