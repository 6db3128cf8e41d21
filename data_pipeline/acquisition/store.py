"""The store: one SQLite file and the archive beside it, in which every step is whole or has not happened.

An answer's body is made durable first; then one transaction writes its index row, everything that was parsed from it,
its further requests and its marks. So a kill at any moment leaves either all of an answer or nothing of it, and what is
nothing is asked again.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from data_pipeline.acquisition.archive import Archive
from data_pipeline.acquisition.schema import TABLES, VERSION
from data_pipeline.sources.protocol import Cursor, Mode, Request, Response, Scope
from tickertune.core.disk import disk_full_error, is_disk_full
from tickertune.core.errors import TickerTuneError
from tickertune.core.lock import waiting_lock

FILE = "store.sqlite"


class Store:
    """An open store; use it as a context manager."""

    def __init__(self, folder: Path, create: bool = True) -> None:
        """Open the store in ``folder``.

        Args:
            folder: Folder of the store.
            create: Make it where it does not exist.

        Raises:
            TickerTuneError: It does not exist, is damaged, or was written by another version.
        """
        self.folder = folder
        path = folder / FILE
        if not create and not path.is_file():
            raise TickerTuneError(f"There is no store in {folder}", "Collect something first, or correct --store")
        folder.mkdir(parents=True, exist_ok=True)
        self.archive = Archive(folder / "archive")
        try:
            with waiting_lock(folder / ".open"):
                self.db = sqlite3.connect(path, timeout=120, isolation_level=None)
                self._prepare()
        except sqlite3.DatabaseError as error:
            raise TickerTuneError(
                f"Store {path} cannot be opened ({error})", "Restore it from a copy, or use another --store"
            ) from error

    def _prepare(self) -> None:
        """Set the database up, and its tables where it is new."""
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=FULL")
        found = self.db.execute("PRAGMA user_version").fetchone()[0]
        if found not in (0, VERSION):
            raise TickerTuneError(
                f"Store {self.folder} has version {found}, this TickerTune writes {VERSION}", "Use another --store"
            )
        if found == 0:
            self.db.executescript(TABLES)
            self.db.execute(f"PRAGMA user_version={VERSION}")

    def __enter__(self) -> "Store":
        """Return the store."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.db.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All of the block is written, or nothing of it.

        Raises:
            TickerTuneError: The disk is full; nothing has changed.
        """
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield self.db
            self.db.execute("COMMIT")
        except BaseException as error:
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")
            if is_disk_full(error) or (isinstance(error, sqlite3.OperationalError) and "full" in str(error)):
                raise disk_full_error(self.folder) from error
            raise

    def add_response(self, source: str, response: Response) -> int:
        """Index an answer whose body is in the archive; to be called within a transaction. Returns its id."""
        row = (
            source,
            response.request.key,
            response.request.model_dump_json(exclude_defaults=True),
            response.url,
            response.status,
            json.dumps(dict(response.headers), sort_keys=True),
            response.fetched_at.isoformat(),
            response.mode,
            response.body_sha256,
            len(response.body),
        )
        marks = ", ".join("?" * len(row))
        columns = "source, request_key, request, url, status, headers, fetched_at, mode, sha256, size"
        identity = self.db.execute(f"INSERT INTO responses ({columns}) VALUES ({marks})", row).lastrowid
        assert identity is not None
        return identity

    def record_answer(self, source: str, response: Response) -> None:
        """Keep an answer from which nothing is parsed: an error, a redirect."""
        self.archive.put(response.body_sha256, response.body)
        with self.transaction():
            self.add_response(source, response)

    def response_ids(self, source: str) -> list[int]:
        """Ids of the good answers of a source, in the order of arrival."""
        rows = self.db.execute(
            "SELECT id FROM responses WHERE source = ? AND status BETWEEN 200 AND 299 ORDER BY id", (source,)
        )
        return [row[0] for row in rows]

    def response(self, identity: int) -> Response:
        """Return an archived answer."""
        request, url, status, headers, fetched_at, mode, sha256 = self.db.execute(
            "SELECT request, url, status, headers, fetched_at, mode, sha256 FROM responses WHERE id = ?", (identity,)
        ).fetchone()
        return Response(
            request=Request.model_validate_json(request),
            url=url,
            status=status,
            headers=json.loads(headers),
            body=self.archive.get(sha256),
            fetched_at=datetime.fromisoformat(fetched_at),
            mode=mode,
        )

    def validators(self, source: str, request_key: str, parser: str) -> tuple[int | None, dict[str, str]]:
        """Return the newest answer to a request that ``parser`` parsed well, and the headers of a conditional request."""
        row = self.db.execute(
            "SELECT id, headers FROM responses JOIN parses ON response_id = id AND parser = ? AND outcome = 'ok'"
            " WHERE request_key = ? AND source = ? AND status = 200 ORDER BY id DESC LIMIT 1",
            (parser, request_key, source),
        ).fetchone()
        headers = json.loads(row[1]) if row else {}
        pairs = {"If-None-Match": headers.get("etag"), "If-Modified-Since": headers.get("last-modified")}
        found = {name: value for name, value in pairs.items() if value and value.isascii() and value.isprintable()}
        return (row[0], found) if found else (None, {})

    def cursor(self, source: str, scope: Scope) -> Cursor:
        """How far a source has come for a scope."""
        row = self.db.execute(
            "SELECT cursor FROM cursors WHERE source = ? AND scope = ?", (source, scope_key(scope))
        ).fetchone()
        return Cursor.model_validate_json(row[0]) if row else Cursor()

    def rows(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[dict[str, Any]]:
        """Return the rows of a query as mappings."""
        found = self.db.execute(sql, parameters)
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found]


def scope_key(scope: Scope) -> str:
    """The scope as text: equal scopes, equal texts."""
    return scope.model_dump_json(exclude_defaults=True)


def mode_of(text: str) -> Mode:
    """Return ``text`` as a mode."""
    assert text in ("range", "stream", "file")
    return text  # type: ignore[return-value]


def note_health(store: Store, source: str, state: str, reason: str, now: datetime) -> None:
    """Note how a look at a source ended (``done``, ``paused`` or ``failed``), for ``status``."""
    success = now.isoformat() if state == "done" else None
    failure = now.isoformat() if state == "failed" else None
    with store.transaction() as db:
        db.execute(
            "INSERT INTO health VALUES (?, ?, ?, ?) ON CONFLICT (source) DO UPDATE SET"
            " last_success = coalesce(excluded.last_success, last_success),"
            " last_failure = coalesce(excluded.last_failure, last_failure), reason = excluded.reason",
            (source, success, failure, reason if state != "done" else ""),
        )
