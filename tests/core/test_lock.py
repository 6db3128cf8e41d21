import subprocess
import sys

import pytest

from tickertune.core.errors import TickerTuneError
from tickertune.core.lock import folder_lock

HOLD = """
import sys, time
from pathlib import Path
from tickertune.core.lock import folder_lock
with folder_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_second_process_is_refused_until_the_first_is_killed(tmp_path):
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(TickerTuneError, match=f"process {holder.pid}"), folder_lock(tmp_path):
            pass
    finally:
        holder.kill()
        holder.wait()
    with folder_lock(tmp_path):
        pass


def test_folder_stays_held_while_a_child_that_got_the_lock_lives(tmp_path):
    with folder_lock(tmp_path) as descriptor:
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=(descriptor,))
    try:
        with pytest.raises(TickerTuneError, match="in use"), folder_lock(tmp_path):
            pass
    finally:
        child.kill()
        child.wait()
    with folder_lock(tmp_path):
        pass
