"""Rates of acquisition: parsing by source, writing the archive, JSON to Document.

    OMP_NUM_THREADS=1 python scripts/bench/acquisition.py

Each source's sample answer (recorded where the shared recordings are at hand, else its fixture) is parsed again and
again; bodies of 50 kB of JSON are written to an archive as ``collect`` does it, durable one by one, beside the same
bytes written by plain files with the same fsync; JSON items become Documents, beside the same JSON decoded and nothing
else. Interleaved, median of five rounds.
"""

import hashlib
import itertools
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[2]))

from _pytest.outcomes import Skipped

from data_pipeline.acquisition.archive import Archive
from data_pipeline.sources.protocol import Response
from tests.data_pipeline.acquisition.server import LocalSource
from tests.data_pipeline.sources.sample import KINDS, Sample, all_samples

ROUNDS = 5
SHORTEST = 0.2
"""Seconds of one measurement."""


def rate(work: Callable[[], int]) -> float:
    """Items a second of ``work``, which returns how many it did."""
    begun, done = time.perf_counter(), 0
    while (taken := time.perf_counter() - begun) < SHORTEST:
        done += work()
    return done / taken


def medians(programs: dict[str, Callable[[], int]]) -> dict[str, float]:
    """Run the programs in turn; return each one's median rate."""
    rates: dict[str, list[float]] = {name: [] for name in programs}
    for _ in range(ROUNDS):
        for name, work in programs.items():
            rates[name].append(rate(work))
    return {name: statistics.median(found) for name, found in rates.items()}


def largest_samples() -> dict[str, Sample]:
    """The sample with the most items of each source, of those whose body is at hand."""
    found: dict[str, tuple[int, Sample]] = {}
    for sample in all_samples():
        items = sum(count for kind, count in sample.expected.items() if kind in KINDS[:5])
        if items > found.get(sample.source.info.name, (0, sample))[0]:
            try:
                sample.read()
            except Skipped:
                continue
            found[sample.source.info.name] = (items, sample)
    return {name: sample for name, (_, sample) in sorted(found.items())}


def parse_rates() -> None:
    """Print the parse rate of each source."""
    print(f"{'source':<28}{'items':>8}{'items/s':>12}{'MB/s':>9}")
    for name, sample in largest_samples().items():
        response = sample.response()
        items = sum(sample.expected.get(kind, 0) for kind in KINDS[:5])

        def work(sample: Sample = sample, response: Response = response, items: int = items) -> int:
            sample.source.parse(response)
            return items

        found = medians({name: work})[name]
        print(f"{name:<28}{items:>8}{found:>12,.0f}{found / items * len(response.body) / 1e6:>9.1f}", flush=True)


def body(rng: random.Random, items: int = 100) -> bytes:
    """JSON of some items of text that compresses as news does."""
    words = ["shares", "profit", "quarter", "board", "dividend", "guidance", "margin", "analysts", "chief", "outlook"]
    rows = [
        {"id": rng.randrange(10**9), "title": " ".join(rng.choices(words, k=9)), "text": " ".join(rng.choices(words, k=55)),
         "time": 1_750_000_000 + rng.randrange(10**6)}
        for _ in range(items)
    ]  # fmt: skip
    return json.dumps({"items": rows, "next": None}).encode()


def archive_rates() -> None:
    """Print how fast bodies become durable, and what compression and naming by content cost."""
    base, number = body(random.Random(0)), itertools.count()
    size = len(base) / 1e6

    def fresh() -> bytes:
        """A body that was not there before."""
        return base[:-1] + b', "n": %d}' % next(number)

    with tempfile.TemporaryDirectory() as name:
        archive, plain = Archive(Path(name) / "archive"), Path(name) / "plain"
        plain.mkdir()

        def put() -> int:
            data = fresh()
            archive.put(hashlib.sha256(data).hexdigest(), data)
            return 1

        def write() -> int:
            data = fresh()
            path = plain / f"{next(number)}"
            with path.open("wb") as handle:
                handle.write(data)
                handle.flush()
                os.fsync(handle.fileno())
            return 1

        found = medians({"archive": put, "plain files with fsync": write})
    for label, bodies in found.items():
        print(f"{label:<28}{bodies:>10,.0f} bodies/s{bodies * size:>9.1f} MB/s")


def document_rates() -> None:
    """Print how fast JSON items become Documents, as a ratio of decoding the JSON alone."""
    data = body(random.Random(0), 1000)
    source = LocalSource("https://example.org")
    response = Response(source.request(0), "https://example.org/items", 200, {}, data, datetime.now(UTC), "stream")

    def documents() -> int:
        return len(source.parse(response).documents)

    def decoded() -> int:
        return len(json.loads(data)["items"])

    found = medians({"documents": documents, "json.loads": decoded})
    for label, items in found.items():
        print(f"{label:<28}{items:>12,.0f} items/s")
    print(f"ratio: decoding alone is {found['json.loads'] / found['documents']:.1f} times as fast")


def main() -> None:
    """Print all rates."""
    print("# Archive, one durable write each")
    archive_rates()
    print("\n# JSON to Document")
    document_rates()
    print("\n# Parse rate by source")
    parse_rates()


if __name__ == "__main__":
    main()
