"""A local Ray cluster of two nodes with a worker each, and the loss of a worker midway; scripts/bench/growth.py uses it too."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

KILL_WITHIN = 600
"""Seconds of the clock in which a busy worker is looked for."""


@contextmanager
def two_nodes() -> Iterator[Any]:
    """Start the cluster, whose ``address`` a program is given as RAY_ADDRESS, and stop it in the end."""
    from ray.cluster_utils import Cluster

    node = {"num_cpus": 1, "object_store_memory": 500_000_000}
    cluster = Cluster(initialize_head=True, head_node_args=node | {"include_dashboard": False})
    try:
        cluster.add_node(**node)
        yield cluster
    finally:
        cluster.shutdown()


class WorkerKiller(threading.Thread):
    """Kills a worker process of the second node with SIGKILL while it curates documents.

    Ray shows in a worker's title what it does; a worker between two tasks has nothing to lose.
    """

    def __init__(self, cluster: Any, after: float) -> None:
        """``after``: seconds that the worker has been seen at such a task."""
        super().__init__(daemon=True)
        self.after = after
        self.raylet = cluster.list_all_nodes()[-1].all_processes["raylet"][0].process.pid
        self.killed: int | None = None
        """Process id of the killed worker."""

    def run(self) -> None:
        """Look for a busy worker and kill it."""
        until = time.monotonic() + KILL_WITHIN
        since: dict[int, float] = {}
        while self.killed is None and time.monotonic() < until:
            time.sleep(0.05)
            busy = self._busy()
            since = {pid: since.get(pid, time.monotonic()) for pid in busy}
            long = [pid for pid, moment in since.items() if time.monotonic() - moment >= self.after]
            if long:
                os.kill(long[0], signal.SIGKILL)
                self.killed = long[0]

    def _busy(self) -> list[int]:
        listed = subprocess.run(
            ["ps", "-o", "pid=,args=", "--ppid", str(self.raylet)], capture_output=True, text=True, check=False
        )
        rows = [line.split(maxsplit=1) for line in listed.stdout.splitlines()]
        return [int(pid) for pid, title in rows if title.startswith("ray::") and "UDF" in title]
