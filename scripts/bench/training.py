"""What training costs beside the model, in a process of its own on one core.

    python scripts/bench/training.py [--jobs rewards] [--json] [--check] [--rounds 5]

A job is a file of scripts/bench/jobs with ``PROGRAMS`` (names), ``run(name)`` (one measurement in this process, imports and
warm-up not timed) and ``misses(medians)`` (the targets that the medians miss). Programs take turns, each measurement is a process pinned to one
core, and the median of processor time counts. ``--check`` exits with 1 where a target is missed.
"""

import argparse
import importlib
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE / "jobs")]

JOBS = ("rewards", "generation", "beside_trl", "packing")
"""Files of scripts/bench/jobs."""
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS", "RAYON_NUM_THREADS")


def in_process(job: str, program: str) -> dict[str, Any]:
    """Measure one program in a process of its own."""
    environment = os.environ | dict.fromkeys(THREADS, "1") | {"TOKENIZERS_PARALLELISM": "false"}
    command = [sys.executable, __file__, "--one", job, program]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{job} {program} failed:\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> int:
    """Print the tables; returns 1 where ``--check`` finds a missed target."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", nargs="+", choices=JOBS, default=list(JOBS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="print raw timings and input hashes")
    parser.add_argument("--check", action="store_true", help="exit with 1 where a target is missed")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])
        print(json.dumps(importlib.import_module(options.one[0]).run(options.one[1])))
        return 0
    raw: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for job in options.jobs:
        programs = list(importlib.import_module(job).PROGRAMS)
        raw[job] = {program: [] for program in programs}
        for _ in range(options.rounds):
            for program in programs:
                raw[job][program].append(in_process(job, program))
    medians = {
        job: {name: statistics.median(run["rate"] for run in runs) for name, runs in found.items()}
        for job, found in raw.items()
    }
    missed = [sentence for job in options.jobs for sentence in importlib.import_module(job).misses(medians[job])]
    if options.json:
        print(json.dumps({"raw": raw, "medians": medians, "missed": missed}))
    else:
        for job, found in medians.items():
            print(f"\n# {job}")
            for name, rate in found.items():
                runs = [run["rate"] for run in raw[job][name]]
                unit = raw[job][name][0]["unit"]
                print(f"{name:<32}{rate:>12,.4g} {unit}/s   ({min(runs):,.4g} to {max(runs):,.4g})")
        print("\n".join(missed) or "Every target is met.")
    return int(bool(missed) and options.check)


if __name__ == "__main__":
    sys.exit(main())
