"""Files that are either whole or absent: atomic writes, JSON, and content hashes."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tickertune.core.disk import disk_full_error, is_disk_full
from tickertune.core.errors import TickerTuneError


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path`` and move it into place when the block succeeds.

    The content reaches the disk before the move, so that a kill leaves the old file or the new one.

    Raises:
        TickerTuneError: The disk is full; nothing has changed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException as error:
        if is_disk_full(error):
            raise disk_full_error(path) from error
        raise
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_dir(path: Path) -> Iterator[Path]:
    """Yield a temporary folder that replaces ``path`` when the block succeeds, and is removed when it fails.

    Raises:
        TickerTuneError: The disk is full; nothing has changed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent))
    os.chmod(temporary, 0o755)
    try:
        yield temporary
        if path.exists():
            shutil.rmtree(path)
        os.replace(temporary, path)
    except BaseException as error:
        if is_disk_full(error):
            raise disk_full_error(path) from error
        raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def sync_folder(folder: Path) -> None:
    """Bring a folder's list of files to the disk, so that a file moved into it survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_leftovers(folder: Path) -> None:
    """Remove what ``atomic_file`` and ``atomic_dir`` left below ``folder`` when their process was killed."""
    for path in sorted(folder.rglob(".*.tmp"), reverse=True):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text atomically."""
    with atomic_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def canonical_json(value: Any) -> str:
    """Serialise with sorted keys and no NaN, so that equal values give equal bytes."""
    return json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False)


def write_json(path: Path, value: Any) -> None:
    """Write canonical JSON atomically."""
    write_text(path, canonical_json(value) + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises:
        TickerTuneError: The file is missing or is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise TickerTuneError(
            f"File {path} does not exist", "Run the stage that writes it, or correct the path"
        ) from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise TickerTuneError(
            f"File {path} is not valid JSON ({error})", "Delete it and run the stage that writes it again"
        ) from error


def sha256_text(text: str) -> str:
    """Hex SHA-256 of UTF-8 text."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def sha256_file(path: Path) -> str:
    """Hex SHA-256 of a file's bytes."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def sha256_value(value: Any) -> str:
    """Hex SHA-256 of a JSON-serialisable value, independent of key order."""
    return sha256_text(canonical_json(value))
