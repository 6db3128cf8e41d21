import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "kill_eval_test.py"


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_killed_evaluations_and_inferences_end_where_undisturbed_ones_end() -> None:
    """Thirty kills over 20,000 rows: ``python scripts/kill_eval_test.py``."""
    words = ["--kills", "2", "--rows", "1500", "--chunk", "100"]
    ended = subprocess.run([sys.executable, SCRIPT, *words], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.count("the undisturbed result each time, at most 100 rows lost by a kill") == 3
