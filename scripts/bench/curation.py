"""Curation and the label join beside other programs, on the same documents.

    python scripts/bench/curation.py [--json] [--check] [--documents 2000] [--rounds 3] [--cores 1 2]

Near-duplicate removal against datatrove's MinHash pipeline, whole curation against datatrove's filters and MinHash (extra
``bench``), the label join against Polars, DuckDB and a loop over pandas rows. Each program is one plain file in
scripts/bench/anchors. Every measurement is a process of its own, pinned to so many cores, its libraries held to as many
threads; programs take turns, the median counts. Imports, made inputs and a warm-up on a few documents are not timed.
``--check`` exits with 1 where a target is missed on any number of cores asked for (rates by processor time on one core, by the clock on
more): near-duplicate removal and whole curation 50 times as fast as datatrove at no lower recall, the label join within 1.5 times
of the faster as-of join.
"""

import argparse
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE / "anchors")]

WORDS = 400
DECISIONS = 1_000_000
LOOP_DECISIONS = 2_000
"""Decisions of the loop over rows, whose time grows with their number."""
HORIZON = 5
TIMES_FASTER = 50
TIMES_SLOWER = 1.5
OURS = {"near duplicates": "ours_near", "whole curation": "ours_whole", "label join": "ours_join"}
PROGRAMS = {
    "near duplicates": ("ours_near", "datatrove_near", "datatrove_near_split"),
    "whole curation": ("ours_whole", "datatrove_whole"),
    "label join": ("ours_join", "polars_join", "duckdb_join", "pandas_join"),
}
"""Job to its programs; ``datatrove_near_split`` is datatrove with ``str.split`` in place of its tokenizer."""


def measured(name: str, count: int, cores: int) -> dict[str, Any]:
    """Run one program once in this process; returns seconds, rate, input hash, and recall where it curates."""
    if name.endswith("_join"):
        return _joined(name, LOOP_DECISIONS if name == "pandas_join" else DECISIONS, cores)
    from documents import documents

    table, planted = documents(count, WORDS)
    run = _curator(name)
    run(table.head(50))
    kept, wall, spent = _timed(lambda: run(table))
    missed = planted.filter(planted["copy"].is_in(list(kept)) & planted["original"].is_in(list(kept)))
    untouched = set(table["doc_id"]) - set(planted["copy"]) - set(planted["original"])
    return {
        "wall": wall, "cpu": spent, "rate": count / spent, "items": count,
        "recall": 1 - len(missed) / len(planted), "wrong": len(untouched - kept),
        "input": hashlib.sha256("\n".join(table["body"]).encode()).hexdigest(),
    }  # fmt: skip


def _timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    wall, spent = time.perf_counter(), time.process_time()
    found = work()
    return found, time.perf_counter() - wall, time.process_time() - spent


def _curator(name: str) -> Callable[[Any], set[str]]:
    if name.startswith("ours"):
        import ours_curation

        return ours_curation.survivors if name == "ours_near" else ours_curation.curated
    from datatrove.utils.logging import logger

    logger.remove()
    import datatrove_filters
    import datatrove_minhash

    def near(table: Any) -> set[str]:
        tokenize = str.split if name.endswith("split") else None
        with tempfile.TemporaryDirectory() as folder:
            texts, ids = table["body"].to_list(), table["doc_id"].to_list()
            return datatrove_minhash.survivors(texts, ids, Path(folder), tokenize)

    def whole(table: Any) -> set[str]:
        passed = datatrove_filters.filtered(table["body"].to_list(), table["doc_id"].to_list())
        with tempfile.TemporaryDirectory() as folder:
            texts, ids = [document.text for document in passed], [document.id for document in passed]
            return datatrove_minhash.survivors(texts, ids, Path(folder))

    return whole if name.endswith("whole") else near


def _joined(name: str, count: int, cores: int) -> dict[str, Any]:
    import importlib

    import numpy as np
    from label_join_inputs import inputs

    file = {"ours_join": "ours", "polars_join": "polars", "duckdb_join": "duckdb", "pandas_join": "pandas_loop"}[name]
    join = importlib.import_module(f"label_join_{file}").label_join
    bars, decisions = inputs(count)
    extra = {"threads": cores} if name == "duckdb_join" else {}
    join(bars, decisions.head(100), HORIZON, **extra)
    found, wall, spent = _timed(lambda: join(bars, decisions, HORIZON, **extra))
    return {
        "wall": wall, "cpu": spent, "rate": count / spent, "items": count,
        "input": hashlib.sha256(bars.hash_rows(0).to_numpy().tobytes() + decisions.hash_rows(0).to_numpy().tobytes()).hexdigest(),
        "answer": hashlib.sha256(np.round(found[:LOOP_DECISIONS], 9).tobytes()).hexdigest(),
    }  # fmt: skip


def in_process(name: str, count: int, cores: int) -> dict[str, Any]:
    """Measure one program in a process of its own, pinned."""
    threads = ("OMP_NUM_THREADS", "POLARS_MAX_THREADS", "RAYON_NUM_THREADS", "DAFT_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    environment = os.environ | dict.fromkeys(threads, str(cores)) | {"TOKENIZERS_PARALLELISM": "false"}
    command = [sys.executable, __file__, "--one", name, "--documents", str(count), "--cores", str(cores)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{name} failed:\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def misses(table: dict[str, dict[str, Any]], cores: int) -> list[str]:
    """Say which targets a table of medians misses."""
    found = []
    for ours, theirs in (("ours_near", "datatrove_near"), ("ours_whole", "datatrove_whole")):
        if ours in table and theirs in table:
            faster = _rate(table[ours], cores) / _rate(table[theirs], cores)
            if faster < TIMES_FASTER:
                found.append(f"{ours} is {faster:.1f} times as fast as {theirs}, target {TIMES_FASTER}")
            if table[ours]["recall"] < table[theirs]["recall"]:
                found.append(
                    f"recall of {ours} is {table[ours]['recall']:.4f}, of {theirs} {table[theirs]['recall']:.4f}"
                )
    if "ours_join" in table:
        best = max(_rate(table[name], cores) for name in ("polars_join", "duckdb_join"))
        slower = best / _rate(table["ours_join"], cores)
        if slower > TIMES_SLOWER:
            found.append(f"the label join takes {slower:.2f} times the faster as-of join")
    return [f"{cores} core(s): {text}" for text in found]


def main() -> int:
    """Print the tables; returns 1 where ``--check`` finds a missed target."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cores", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--jobs", nargs="+", choices=list(PROGRAMS), default=list(PROGRAMS))
    parser.add_argument("--json", action="store_true", help="print raw timings and input hashes")
    parser.add_argument("--check", action="store_true", help="exit with 1 where a target is missed")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.cores[0]])
        print(json.dumps(measured(options.one, options.documents, options.cores[0])))
        return 0
    raw: dict[int, dict[str, list[dict[str, Any]]]] = {}
    names = [name for job in options.jobs for name in PROGRAMS[job]]
    for cores in options.cores:
        raw[cores] = {name: [] for name in names}
        for _ in range(options.rounds):
            for name in names:
                raw[cores][name].append(in_process(name, options.documents, cores))
    tables = {cores: {name: _median(runs) for name, runs in found.items()} for cores, found in raw.items()}
    missed = [text for cores, table in tables.items() for text in misses(table, cores)]
    if options.json:
        print(json.dumps({"raw": raw, "medians": tables, "missed": missed}))
    else:
        _print(tables, options.jobs)
        print("\n".join(missed) or "Every target is met.")
    return int(bool(missed) and options.check)


def _median(runs: list[dict[str, Any]]) -> dict[str, Any]:
    return runs[0] | {name: statistics.median(run[name] for run in runs) for name in ("wall", "cpu", "rate")}


def _print(tables: dict[int, dict[str, dict[str, Any]]], jobs: list[str]) -> None:
    for cores, table in tables.items():
        for job in jobs:
            print(f"\n# {job}, {cores} core(s); rates by processor time on one core, by the clock on more")
            ours = _rate(table[OURS[job]], cores)
            for name in PROGRAMS[job]:
                row, rate = table[name], _rate(table[name], cores)
                recall = f"  recall {row['recall']:.4f}, {row['wrong']} wrongly" if "recall" in row else ""
                print(f"{name:<24}{rate:>14,.0f}/s{ours / rate:>10.2f}x{recall}")


def _rate(row: dict[str, Any], cores: int) -> float:
    return row["items"] / (row["cpu"] if cores == 1 else row["wall"])


if __name__ == "__main__":
    sys.exit(main())
