"""What training costs beside the model, each measurement in a process of its own on one core.

    python scripts/bench/training.py [--jobs rewards] [--json] [--check] [--rounds 3]

Each job is a file of scripts/bench/jobs, whose docstring says what it measures. Rates are by processor time. ``--check`` exits with 1 where a target is
missed. Three rounds of all jobs take about a quarter of an hour on a machine that does nothing else.
"""

import sys

import harness

if __name__ == "__main__":
    sys.exit(harness.main(__file__, __doc__ or "", ("rewards", "cold_start", "beside_trl", "generation", "packing"), 3))
