"""What the benches of jobs share: processes of their own, turns, medians, the table, ``--json`` and ``--check``.

A job is a file of scripts/bench/jobs with ``PROGRAMS`` (names), ``run(name)`` (one measurement in this process, imports and warm-up not
timed; or several by name, where a process measures more than one thing), ``misses(medians, raw)`` (sentences about the targets that are
missed) and, where something has to be made first, ``unready()`` (what, and how; None where it is there). Programs take turns, each is a process pinned to one core, and the median counts.
"""

import argparse
import importlib
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS", "RAYON_NUM_THREADS")
Raw = dict[str, dict[str, list[dict[str, Any]]]]


def main(script: str, summary: str, jobs: Sequence[str], rounds: int) -> int:
    """Measure the jobs asked for, and print; returns 1 where ``--check`` finds a missed target.

    Args:
        script: The bench's file, which measures one program when called with ``--one``.
        summary: Its docstring.
        jobs: Files of scripts/bench/jobs.
        rounds: Measurements of each program, unless told otherwise.
    """
    parser = argparse.ArgumentParser(description=summary, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", nargs="+", choices=jobs, default=list(jobs))
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument("--json", action="store_true", help="print raw timings and input hashes")
    parser.add_argument("--check", action="store_true", help="exit with 1 where a target is missed")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    sys.path[:0] = [str(HERE.parents[1]), str(HERE / "jobs"), str(HERE / "anchors")]
    if options.one:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])
        print(json.dumps(importlib.import_module(options.one[0]).run(options.one[1])))
        return 0
    for job in options.jobs:  # what the last one misses is said before the first one runs
        if problem := getattr(importlib.import_module(job), "unready", lambda: None)():
            raise SystemExit(f"{job}: {problem}")
    raw: Raw = {}
    for job in options.jobs:
        programs = list(importlib.import_module(job).PROGRAMS)
        raw[job] = {}
        for _ in range(options.rounds):
            for program in programs:
                found = _in_process(script, job, program)
                for name, run in ({program: found} if "rate" in found else found).items():
                    raw[job].setdefault(name, []).append(run)
                    print(f"{job} {name}: {run['rate']:,.4g} {run['unit']}/s", file=sys.stderr, flush=True)
    medians = {
        job: {name: statistics.median(run["rate"] for run in runs) for name, runs in found.items()}
        for job, found in raw.items()
    }
    with redirect_stdout(sys.stderr):  # what a job says of its medians is for readers, not for --json
        missed = [
            sentence for job in options.jobs for sentence in importlib.import_module(job).misses(medians[job], raw[job])
        ]
    if options.json:
        print(json.dumps({"raw": raw, "medians": medians, "missed": missed}))
    else:
        _print(raw, medians)
        print("\n".join(missed) or "Every target is met.")
    return int(bool(missed) and options.check)


def _in_process(script: str, job: str, program: str) -> dict[str, Any]:
    environment = os.environ | dict.fromkeys(THREADS, "1") | {"TOKENIZERS_PARALLELISM": "false"}
    done = subprocess.run(
        [sys.executable, script, "--one", job, program], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{job} {program} failed:\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _print(raw: Raw, medians: dict[str, dict[str, float]]) -> None:
    for job, found in medians.items():
        print(f"\n# {job}")
        for name, rate in found.items():
            runs = [run["rate"] for run in raw[job][name]]
            unit = raw[job][name][0]["unit"]
            print(f"{name:<32}{rate:>12,.4g} {unit}/s   ({min(runs):,.4g} to {max(runs):,.4g})")
