import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "kill_test.py"


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_killed_runs_end_where_an_undisturbed_run_ends(tmp_path):
    """Ten kills of recipes/smoke: ``python scripts/kill_test.py``."""
    words = ["--kills", "3", "--work", str(tmp_path), "--", "--set", "sft.epochs=1", "--set", "grpo.steps=4"]
    ended = subprocess.run([sys.executable, SCRIPT, *words], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.count(": same\n") == 3
