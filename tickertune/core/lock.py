"""One process at a time: in a folder, and in making what several want."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tickertune.core.disk import is_disk_full
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import atomic_dir

LOCK_FILE = ".lock"


@contextmanager
def folder_lock(folder: Path) -> Iterator[int]:
    """Hold ``folder`` for this process; the kernel lets go of it when the process ends, however it ends.

    Yields:
        The lock's file descriptor. A child process that is to write into the folder gets it too
        (``subprocess.run(..., pass_fds=[descriptor])``): the folder then stays held while the child outlives us.

    Raises:
        TickerTuneError: Another process holds it, or it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        if is_disk_full(error):
            raise
        raise TickerTuneError(
            f"Folder {folder} cannot be written ({error.strerror})", "Choose another folder, or change its owner"
        ) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
            raise TickerTuneError(
                f"Folder {folder} is in use by another tickertune (process {holder})",
                "Wait until it ends, stop it, or choose another folder",
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
        yield descriptor
    finally:
        os.close(descriptor)


def made_once(target: Path, make: Callable[[Path], None]) -> Path:
    """Return the folder ``target``, which ``make`` fills where it does not exist yet.

    Processes that want it at the same time wait for the first one: none sees it half-made or replaced.

    Args:
        target: The folder; it appears whole or not at all.
        make: Writes the content into the folder that it is given.
    """
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with waiting_lock(target.parent / f".{target.name}"):
        if not target.is_dir():
            with atomic_dir(target) as folder:
                make(folder)
    return target


@contextmanager
def waiting_lock(name: Path, on_wait: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold the lock ``name`` (a file with the ending ``.lock``), after whoever holds it now.

    Args:
        name: Path of the lock, without its ending.
        on_wait: Called where another process holds it, before waiting.
    """
    descriptor = os.open(name.with_name(name.name + LOCK_FILE), os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_wait()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
