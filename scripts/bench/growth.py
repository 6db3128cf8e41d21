"""How curation grows: time and peak memory from files to files, for headlines and articles, on either runner.

    python scripts/bench/growth.py [--headlines 100000 1000000 10000000] [--articles 100000 1000000] [--json] [--check]
    python scripts/bench/growth.py --headlines 100000 --articles --runners native ray [--kill]

Made documents, 10,000 a day, so that the span grows with their number and the window of comparison does not; a fifth
repeat one of the two days before (a headline with "today" for its last word, an article with one word exchanged). Each run is a
process of its own; printed are seconds of processor and of the clock, peak memory of the process (of the driver, on Ray), and the exponent of time between sizes. With two runners their outputs are compared
byte by byte; ``--kill`` kills a worker of the local Ray cluster midway. ``--check`` exits with 1 where an exponent is over
1.15, memory over 6 GB, or outputs differ.
"""

import argparse
import hashlib
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

PER_DAY = 10_000
"""Documents a day: the seven days of comparison are full after 70,000, below the smallest size."""
PART = 100_000
HEADLINE, ARTICLE = 10, 400
MAX_EXPONENT, MAX_BYTES = 1.15, 6e9
KILL_AFTER = 1
"""Seconds at a task after which a worker is killed."""


def write_documents(folder: Path, count: int, words: int, per_day: int = PER_DAY, seed: int = 0) -> None:
    """Write parquet files of made documents, ``PART`` each, in the order of time."""
    import numpy as np
    import polars as pl

    from tickertune.core.document import Document
    from tickertune.core.table import schema_of

    rng = np.random.default_rng(seed)
    letters = np.array(list("abcdefghijklmnoprstuvwyz"))
    vocabulary = pl.Series(["".join(rng.choice(letters, rng.integers(3, 10))) for _ in range(20_000)])
    vocabulary = pl.concat([pl.Series(["today"]), vocabulary[1:]])
    chance = 1 / (np.arange(len(vocabulary)) + 3)
    chance /= chance.sum()
    schema = schema_of(Document)
    before = np.zeros((0, words), dtype=np.int64)
    for first in range(0, count, PART):
        size = min(PART, count - first)
        text = rng.choice(len(vocabulary), (size, words), p=chance)
        pool = np.concatenate([before, text])
        copies = np.flatnonzero(rng.random(size) < 0.2)
        copies = copies[copies + len(before) > 0]
        source = copies + len(before) - 1 - rng.integers(0, 2 * per_day, len(copies))
        copies, source = copies[source >= 0], source[source >= 0]
        text[copies] = pool[source]
        if words < 100:
            text[copies, -1] = 0
        else:
            text[copies, rng.integers(0, words, len(copies))] = rng.choice(len(vocabulary), len(copies), p=chance)
        before = np.concatenate([before, text])[-2 * per_day :]
        flat = pl.DataFrame({"row": np.repeat(np.arange(size), words), "word": vocabulary.gather(text.ravel())})
        texts = flat.group_by("row", maintain_order=True).agg(pl.col("word").str.join(" "))["word"]
        title, body = (texts, pl.Series([""] * size)) if words < 100 else (pl.Series([""] * size), texts)
        numbers = pl.int_range(first, first + size, eager=True)
        start = datetime(2020, 1, 1, tzinfo=UTC)
        step = timedelta(days=1) / per_day
        frame = pl.DataFrame({"doc_id": numbers.cast(pl.String).str.zfill(9), "title": title, "body": body})
        frame = frame.with_columns(
            source=pl.lit("made"), category=pl.lit("news"), market=pl.lit("made"), licence=pl.lit("none"),
            redistributable=pl.lit(True), revision=pl.lit(0), time_quality=pl.lit("exact"), availability=pl.lit("lag"),
            raw_sha256=pl.lit("0" * 64), parser_version=pl.lit("made-1"),
            available_at=pl.lit(start) + pl.int_range(first, first + size) * pl.lit(step),
            symbols=pl.lit(pl.Series([[]], dtype=schema["symbols"])).first(),
        )  # fmt: skip
        columns = [
            (pl.col(name) if name in frame.columns else pl.lit(None).alias(name)).cast(dtype)
            for name, dtype in schema.items()
        ]
        frame.select(columns).write_parquet(folder / f"{first:09d}.parquet")


def curated(folder: Path, output: Path, runner: str) -> dict[str, Any]:
    """Curate the files of a folder in this process; returns counts, seconds, peak memory and the output's hash."""
    import polars as pl

    from data_pipeline.curation.files import curate_files
    from tickertune.core.recipe import CurationConfig

    wall, spent = time.perf_counter(), sum(os.times()[:4])
    found = curate_files(sorted(folder.glob("*.parquet")), output, CurationConfig(runner=runner))
    wall, spent = time.perf_counter() - wall, sum(os.times()[:4]) - spent
    written = sorted((*output.glob("kept/*"), *output.glob("drops/*")))
    digest = hashlib.sha256(b"".join(hashlib.sha256(path.read_bytes()).digest() for path in written)).hexdigest()
    rows = sum(pl.scan_parquet(path).select(pl.len()).collect().item() for path in written)
    return {
        "counts": {"documents": found.documents, "kept": found.kept, **found.drops},
        "wall": wall,
        "cpu": spent,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "output": digest,
        "rows": rows,
    }


def in_process(folder: Path, output: Path, runner: str, kill: bool) -> dict[str, Any]:
    """Run one job in a process of its own, on Ray with a cluster of its own, one worker of which is killed where that is asked."""
    if runner == "native":
        return _run(folder, output, runner, {}) | {"killed": False}
    from tests.data_pipeline.ray_cluster import WorkerKiller, two_nodes

    with two_nodes() as cluster:
        killer = WorkerKiller(cluster, KILL_AFTER)
        if kill:
            killer.start()
        found = _run(folder, output, runner, {"RAY_ADDRESS": cluster.address})
    return found | {"killed": killer.killed is not None}


def _run(folder: Path, output: Path, runner: str, environment: dict[str, str]) -> dict[str, Any]:
    command = [sys.executable, __file__, "--one", str(folder), str(output), runner]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | environment)
    if done.returncode:
        raise SystemExit(f"{runner} failed:\n{done.stderr[-3000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> int:
    """Print the table; returns 1 where ``--check`` finds a missed target."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--headlines", type=int, nargs="*", default=[100_000, 1_000_000, 10_000_000])
    parser.add_argument("--articles", type=int, nargs="*", default=[100_000, 1_000_000])
    parser.add_argument("--per-day", type=int, default=PER_DAY, help="made documents a day")
    parser.add_argument("--runners", nargs="+", choices=["native", "ray"], default=["native"])
    parser.add_argument("--kill", action="store_true", help="kill a worker of the Ray runner midway")
    parser.add_argument("--folder", type=Path, help="where the made documents and the output go (a temporary folder)")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        folder, output, runner = options.one
        print(json.dumps(curated(Path(folder), Path(output), runner)))
        return 0
    rows, missed = [], []
    with tempfile.TemporaryDirectory(dir=options.folder) as scratch:
        for kind, words, sizes in (("headlines", HEADLINE, options.headlines), ("articles", ARTICLE, options.articles)):
            smaller: dict[str, Any] | None = None
            for size in sizes:
                folder = Path(scratch) / f"{kind}-{size}"
                folder.mkdir()
                write_documents(folder, size, words, options.per_day)
                outputs = set()
                for runner in options.runners:
                    found = in_process(
                        folder, Path(scratch) / f"out-{runner}", runner, options.kill and runner == "ray"
                    )
                    outputs.add(found["output"])
                    row = {"kind": kind, "documents": size, "runner": runner, **found}
                    if runner == "native" and smaller is not None:
                        row["exponent"] = math.log(row["cpu"] / smaller["cpu"]) / math.log(size / smaller["documents"])
                    rows.append(row)
                    missed += _missed(row)
                    if options.kill and runner == "ray" and not row["killed"]:
                        missed.append(f"{size} {kind}: no worker was killed")
                    if runner == "native":
                        smaller = row
                    if not options.json:
                        _print(row)
                if len(outputs) > 1:
                    missed.append(f"the runners' outputs differ for {size} {kind}")
    if options.json:
        print(json.dumps({"rows": rows, "missed": missed}))
    else:
        print("\n".join(missed) or "Every target is met.")
    return int(bool(missed) and options.check)


def _missed(row: dict[str, Any]) -> list[str]:
    found = []
    if row.get("exponent", 0) > MAX_EXPONENT:
        found.append(f"{row['documents']} {row['kind']}: exponent {row['exponent']:.2f}, target {MAX_EXPONENT}")
    if row["peak"] > MAX_BYTES:
        found.append(f"{row['documents']} {row['kind']}: {row['peak'] / 1e9:.1f} GB, target {MAX_BYTES / 1e9:.0f}")
    return found


def _print(row: dict[str, Any]) -> None:
    exponent = f", exponent {row['exponent']:.2f}" if "exponent" in row else ""
    killed = ", a worker was killed" if row["killed"] else ""
    print(
        f"{row['documents']:>12,} {row['kind']:<10}{row['runner']:<7}{row['cpu']:>9.1f} s processor {row['wall']:>9.1f} s clock "
        f"{row['peak'] / 1e9:>6.2f} GB  kept {row['counts']['kept']:,}{exponent}{killed}  {row['output'][:12]}",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
