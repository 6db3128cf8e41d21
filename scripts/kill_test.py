"""Kill a run at random moments and check that running again ends where an undisturbed run ends.

python scripts/kill_test.py --kills 10
python scripts/kill_test.py --kills 3 -- --set sft.epochs=1        (words after -- go to tickertune run)

Each round starts a fresh run, kills its whole process group with SIGKILL at a moment drawn from the time that the
undisturbed run took, and runs the same command again. The data set, the predictions and metrics.json must have
the undisturbed run's bytes, and a stage that was finished at the kill must not have been done again.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

RECIPE = Path(__file__).parents[1] / "recipes" / "smoke" / "run.yaml"
COMPARED = (
    "*/data/**/*.parquet",
    "*/data/**/*.json",
    "*/data/**/*.md",
    "*/rationales/**/*.parquet",
    "*/eval/predictions/*.parquet",
    "metrics.json",
)
WEIGHTS = ("*/sft/**/*.safetensors", "*/dpo/**/*.safetensors", "*/grpo/**/*.safetensors")
VOLATILE = {"done.json"}
"""Stage markers hold the time at which the stage ended."""


def main(
    extra: Annotated[list[str] | None, typer.Argument(help="Further words for tickertune run.")] = None,
    recipe: Annotated[Path, typer.Option(help="Recipe to run.")] = RECIPE,
    kills: Annotated[int, typer.Option(min=1, help="Rounds.")] = 10,
    seed: Annotated[int, typer.Option(help="Seed of the moments.")] = 0,
    work: Annotated[Path | None, typer.Option(help="Folder to keep the runs in; default: a temporary one.")] = None,
) -> None:
    """Kill runs and compare what running again makes of them; exit with 1 on the first difference."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = work or Path(temporary)
        whole = folder / "undisturbed"
        seconds = finish(recipe, whole, extra or [])
        print(f"undisturbed: {seconds:.0f} s", flush=True)
        moments = random.Random(seed)
        for number in range(1, kills + 1):
            cut = folder / f"killed-{number:02d}"
            moment = moments.uniform(0.5, seconds)
            while not kill_after(moment, recipe, cut, extra or []):
                shutil.rmtree(cut)  # it was faster this time: an earlier moment
                moment = moments.uniform(0.5, moment)
            before = markers(cut)
            finish(recipe, cut, extra or [])
            faults = differences(whole, cut) + repeated(before, markers(cut))
            done = ", ".join(sorted(before)) or "nothing"
            print(f"kill {number} after {moment:.0f} s, done: {done}: {faults or 'same'}", flush=True)
            if faults:
                raise typer.Exit(1)


def command(recipe: Path, output: Path, extra: list[str]) -> list[str]:
    """The command line of a run."""
    program = "from tickertune.cli.main import main; main()"
    return [sys.executable, "-c", program, "run", str(recipe), "--output", str(output), *extra]


def finish(recipe: Path, output: Path, extra: list[str]) -> float:
    """Run to the end; returns the seconds that it took."""
    begun = time.monotonic()
    ended = subprocess.run(command(recipe, output, extra), capture_output=True, text=True)
    if ended.returncode != 0:
        print(ended.stderr, file=sys.stderr)
        raise typer.Exit(1)
    return time.monotonic() - begun


def kill_after(seconds: float, recipe: Path, output: Path, extra: list[str]) -> bool:
    """Start a run and kill it and all its children after so many seconds; returns whether it still ran then."""
    with subprocess.Popen(
        command(recipe, output, extra), start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return True
    return False


def markers(run: Path) -> dict[str, int]:
    """Time at which each finished stage's marker was written, by world/stage."""
    return {f"{path.parts[-3]}/{path.parts[-2]}": path.stat().st_mtime_ns for path in run.glob("*/*/done.json")}


def repeated(before: dict[str, int], after: dict[str, int]) -> list[str]:
    """Stages that were finished and have been done again."""
    return [f"{stage} was repeated" for stage, written in before.items() if after.get(stage) != written]


def differences(whole: Path, cut: Path) -> list[str]:
    """Files that are missing, extra or differ between two runs."""
    names = {
        str(path.relative_to(run))
        for run in (whole, cut)
        for pattern in (*COMPARED, *WEIGHTS)
        for path in run.glob(pattern)
        if path.name not in VOLATILE and "checkpoints" not in path.parts
    }
    return [name for name in sorted(names) if not same(whole / name, cut / name)]


def same(first: Path, second: Path) -> bool:
    """Whether both files are there with the same bytes."""
    return first.is_file() and second.is_file() and first.read_bytes() == second.read_bytes()


if __name__ == "__main__":
    typer.run(main)
