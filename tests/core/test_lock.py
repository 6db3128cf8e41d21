import multiprocessing
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tickertune.core.errors import TickerTuneError
from tickertune.core.lock import folder_lock, made_once

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


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(TickerTuneError, match=r"cannot be written \(Not a directory\)"),
        folder_lock(tmp_path / "file/x"),
    ):
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


def _make_slowly(target: str, calls: str) -> None:
    def make(folder: Path) -> None:
        with Path(calls).open("a") as log:
            log.write("x")
        time.sleep(0.3)
        (folder / "done").write_text("whole")

    assert (made_once(Path(target), make) / "done").read_text() == "whole"


def test_what_several_processes_want_at_once_is_made_once(tmp_path):
    arguments = (str(tmp_path / "cache" / "model"), str(tmp_path / "calls"))
    processes = [multiprocessing.get_context("spawn").Process(target=_make_slowly, args=arguments) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert (tmp_path / "calls").read_text() == "x"


def test_what_failed_to_be_made_is_not_there(tmp_path):
    def fail(folder: Path) -> None:
        (folder / "half").write_text("half")
        raise RuntimeError("stopped")

    with pytest.raises(RuntimeError):
        made_once(tmp_path / "model", fail)
    assert not (tmp_path / "model").exists()
