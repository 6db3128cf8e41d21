"""One process at a time in a folder."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tickertune.core.errors import TickerTuneError

LOCK_FILE = ".lock"


@contextmanager
def folder_lock(folder: Path) -> Iterator[int]:
    """Hold ``folder`` for this process; the kernel lets go of it when the process ends, however it ends.

    Yields:
        The lock's file descriptor. A child process that is to write into the folder gets it too
        (``subprocess.run(..., pass_fds=[descriptor])``): the folder then stays held while the child outlives us.

    Raises:
        TickerTuneError: Another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
            raise TickerTuneError(
                f"Folder {folder} is in use by another tickertune (process {holder})",
                "Wait until it ends, stop it, or choose another --output",
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
        yield descriptor
    finally:
        os.close(descriptor)
