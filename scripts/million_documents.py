"""Collect a million documents into a store and replay them, within bounded memory.

    python scripts/million_documents.py --documents 1000000

A client that makes answers instead of fetching them hands ``collect`` pages of 100 items; everything else is what a user
runs: archive, transactions, identities, cursor. Then the archive is replayed in a process of its own, and exported in a
third. Prints the rate, the peak memory of each process and the size on disk.
"""

import argparse
import asyncio
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from data_pipeline.acquisition.collect import collect
from data_pipeline.acquisition.export import export, parsers
from data_pipeline.acquisition.replay import replay
from data_pipeline.acquisition.store import Store
from data_pipeline.sources.protocol import Mode, Request, Response, Scope, SourceInfo, Window
from tests.data_pipeline.acquisition.server import LocalSource
from tickertune.core.progress import progress_bar

PAGE = 100
WINDOW = Window(since=datetime(2020, 1, 1, tzinfo=UTC), until=datetime(2030, 1, 1, tzinfo=UTC))
VOCABULARY = (
    "shares profit quarter board dividend guidance margin analysts chief outlook revenue merger filing demand supply court "
    "regulator plant union bond rating forecast cash debt price target upgrade downgrade recall launch patent deal"
)
WORDS = VOCABULARY.split()


class MadeClient:
    """Makes the answer to each request."""

    def __init__(self, pages: int) -> None:
        self._pages = pages

    async def fetch(
        self, info: SourceInfo, request: Request, mode: Mode, validators: Mapping[str, str] | None = None
    ) -> Response:
        """Return the page that the request names."""
        number = int(request.params["page"])
        rng = random.Random(number)
        items = [
            {"id": number * PAGE + n, "title": " ".join(rng.choices(WORDS, k=10)), "time": 1_600_000_000 + number * PAGE + n,
             "text": " ".join(rng.choices(WORDS, k=60))}
            for n in range(PAGE)
        ]  # fmt: skip
        body = json.dumps({"items": items, "next": number + 1 if number + 1 < self._pages else None}).encode()
        return Response(request, request.url, 200, {}, body, datetime(2026, 1, 1, tzinfo=UTC), mode)


def do_collect(folder: Path, documents: int) -> dict[str, Any]:
    """Collect; returns what was new."""
    pages = documents // PAGE
    with Store(folder) as store, progress_bar("collect", total=pages) as bar:
        client: Any = MadeClient(pages)
        source = LocalSource("https://example.org")
        told = lambda states, new: bar.advance()  # noqa: E731
        outcome = asyncio.run(collect(store, source, client, Scope(), WINDOW, progress=told))
    return {"documents": outcome.new["document"]}


def do_replay(folder: Path, documents: int) -> dict[str, Any]:
    """Replay; returns how many records are the same."""
    with Store(folder, create=False) as store:
        result = replay(store, LocalSource("https://example.org"))
    return {"documents": result.records, "same": result.same}


def do_export(folder: Path, documents: int) -> dict[str, Any]:
    """Export to Parquet; returns the rows."""
    with Store(folder, create=False) as store:
        return {"documents": export(store, parsers(store)[0], folder / "tables")[0]["documents"]}


STEPS = {"collect": do_collect, "replay": do_replay, "export": do_export}


def main() -> None:
    """Run each step in a process of its own and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help="where the store goes (default: a temporary folder)")
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.step:
        begun = time.perf_counter()
        result = STEPS[arguments.step](arguments.folder, arguments.documents)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({**result, "seconds": time.perf_counter() - begun, "peak_mib": peak}))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = arguments.folder or Path(name)
        for step in STEPS:
            words = ["--step", step, "--folder", str(folder), "--documents", str(arguments.documents)]
            printed = subprocess.run([sys.executable, __file__, *words], check=True, stdout=subprocess.PIPE, text=True)
            found = json.loads(printed.stdout)
            rate = found["documents"] / found["seconds"]
            print(
                f"{step:<8} {found['documents']:>9,} documents in {found['seconds']:6.0f} s ({rate:7,.0f}/s), "
                f"peak {found['peak_mib']:,.0f} MiB" + (f", {found['same']:,} the same" if "same" in found else ""),
                flush=True,
            )
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        print(f"on disk: {size / 1e9:.2f} GB")


if __name__ == "__main__":
    main()
