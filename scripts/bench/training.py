"""What training costs beside the model, each measurement in a process of its own on one core.

    python scripts/bench/training.py [--jobs rewards] [--json] [--check] [--rounds 5]

Each job is a file of scripts/bench/jobs, whose docstring says what it measures. Rates are by processor time. ``--check`` exits with 1 where a target is
missed.
"""

import sys

import harness

if __name__ == "__main__":
    sys.exit(harness.main(__file__, __doc__ or "", ("rewards", "generation", "beside_trl", "packing"), 5))
