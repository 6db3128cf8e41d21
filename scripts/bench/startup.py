"""How long ``tickertune --help`` takes: it is to answer in under a second."""

import statistics
import subprocess
import sys
import time

ROUNDS = 5
LIMIT = 1.0
"""Seconds."""


def main() -> int:
    """Print the median of some rounds; returns 1 where it is above the limit."""
    taken = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        program = "from tickertune.cli.main import main; main(['--help'])"
        subprocess.run([sys.executable, "-c", program], check=True, stdout=subprocess.DEVNULL)
        taken.append(time.perf_counter() - begun)
    median = statistics.median(taken)
    print(f"tickertune --help: {median:.2f} s (median of {ROUNDS}, limit {LIMIT:.0f} s)")
    return int(median > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
