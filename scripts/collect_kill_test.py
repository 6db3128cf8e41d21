"""Kill a collection again and again, and compare what it leaves with an undisturbed one.

    python scripts/collect_kill_test.py --kills 50

A local server with real sockets serves 40 pages of 25 items, a fifth of them with a fault (500, cut body, 429). One
process collects undisturbed. Another one is killed with SIGKILL at a random moment, again and again, always into the
same store, until it ends by itself. Both stores must hold the same documents, each once, with the same revisions and
links; what differs is when we fetched them.
"""

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from data_pipeline.acquisition.store import Store
from tests.data_pipeline.acquisition.server import FaultServer, Handler, serving

PAGES, SIZE = 40, 25
COLLECTOR = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from data_pipeline.acquisition.client import PoliteClient
from data_pipeline.acquisition.collect import collect
from data_pipeline.acquisition.settings import ClientSettings
from data_pipeline.acquisition.store import Store
from data_pipeline.sources.protocol import Scope, Window
from tests.data_pipeline.acquisition.server import LocalSource

async def main(url, folder):
    settings = ClientSettings(
        attempts=6, first_wait=0.01, longest_wait=0.05, own_hosts=frozenset(["127.0.0.1"]),
        limits=Path(folder) / "limits.sqlite",
    )
    window = Window(since=datetime(2025, 6, 1, tzinfo=UTC), until=datetime(2025, 7, 1, tzinfo=UTC))
    with Store(Path(folder)) as store:
        async with PoliteClient(settings, store.record_answer) as client:
            outcome = await collect(store, LocalSource(url), client, Scope(), window)
    print(outcome.state)

print("ready", flush=True)
asyncio.run(main(*sys.argv[1:]))
"""


def faulty(handler: Handler, hit: int) -> bool:
    """Fail the first try of every fifth page, in one of three ways."""
    page = int(handler.path.rpartition("=")[2])
    if hit % 2 or page % 5:
        return False
    if page % 3 == 0:
        handler.answer(500, b"{}")
    elif page % 3 == 1:
        handler.answer(429, b"{}")
    else:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{")
        handler.close_connection = True
    return True


def start(server: FaultServer, folder: Path) -> subprocess.Popen[str]:
    """Start a collection and wait until it has imported what it needs."""
    root = Path(__file__).parents[1]
    command = [sys.executable, "-c", COLLECTOR, server.url, str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root)
    assert process.stdout is not None
    process.stdout.readline()
    return process


def held(folder: Path) -> list[dict[str, Any]]:
    """What a store holds, without the times of our fetches."""
    with Store(folder, create=False) as store:
        rows = store.rows("SELECT kind, key, revision, content, value FROM records ORDER BY kind, key, revision")
        open_jobs = store.rows("SELECT id FROM jobs WHERE state = 'open'")
    if open_jobs:
        raise SystemExit(f"{folder} still has open jobs")
    for row in rows:
        value = json.loads(row["value"])
        row["value"] = {name: value[name] for name in value if name not in ("first_seen_at", "available_at")}
    return rows


def main() -> None:
    """Run the test; exits with 1 where the stores differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    with serving(PAGES, SIZE) as server, tempfile.TemporaryDirectory() as name:
        server.behaviours["/items"] = faulty
        begun = time.monotonic()
        start(server, Path(name) / "undisturbed").communicate()
        whole = time.monotonic() - begun
        expected = held(Path(name) / "undisturbed")
        moments: list[float] = []
        rounds = 0
        while len(moments) < arguments.kills:
            rounds += 1
            folder = Path(name) / f"killed-{rounds}"
            process = start(server, folder)
            while len(moments) < arguments.kills and process.poll() is None:
                moment = rng.uniform(0.0, whole / 4)
                time.sleep(moment)
                if process.poll() is not None:
                    break
                process.send_signal(signal.SIGKILL)
                process.wait()
                moments.append(moment)
                process = start(server, folder)
            process.communicate()
            found = held(folder)
            same = found == expected
            print(
                f"round {rounds}: {len(moments)} kills so far, {len(found)} records, {'same' if same else 'DIFFERENT'}"
            )
            if not same:
                sys.exit(1)
        print(
            f"{len(moments)} kills in {rounds} round(s), at {min(moments):.2f} to {max(moments):.2f} s after the start of "
            f"collecting (undisturbed {whole:.1f} s): {len(expected)} documents each time, none lost, none doubled"
        )


if __name__ == "__main__":
    main()
