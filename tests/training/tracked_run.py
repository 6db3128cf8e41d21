"""Track made steps: ``python -m tests.training.tracked_run FOLDER TRACKER BEFORE LAST [SECONDS]``, killed so many seconds after the last.

A process of its own, since trackio reads its folder when it is imported, and since a kill is to leave no chance to clean up. A
connection to another machine ends it.
"""

import os
import socket
import sys
import time
from pathlib import Path
from typing import Any

from training.trackers import WRITERS, tracked


def line(step: int) -> dict[str, float]:
    """A line of a log."""
    return {"step": step, "loss": 1 / step, "reward/mean": 0.1 * step, "tokens": 10 * step}


def guarded(connect: Any) -> Any:
    """``socket.connect`` within this machine alone."""

    def call(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "::1", "localhost"):
            print(f"connection to {address}", file=sys.stderr, flush=True)
            os._exit(7)
        connect(self, address)

    return call


if __name__ == "__main__":
    socket.socket.connect = guarded(socket.socket.connect)  # type: ignore[method-assign]
    folder, tracker, before, last, *killed = sys.argv[1:]
    run = tracked(Path(folder), {"learning_rate": 0.5, "dataset": "/srv/someone/data"})
    writer = WRITERS[tracker](run, [line(step) for step in range(1, int(before) + 1)])  # type: ignore[index]
    for step in range(int(before) + 1, int(last) + 1):
        writer.add(line(step))
    if killed:
        time.sleep(float(killed[0]))
        os._exit(9)
    writer.close(failed=False)
