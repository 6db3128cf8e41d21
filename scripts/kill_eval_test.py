"""Kill an evaluation, a batch inference and one that follows a file again and again, and compare with undisturbed ones.

    python scripts/kill_eval_test.py --kills 30
    python scripts/kill_eval_test.py --job eval --engine vllm --rows 192 --chunk 32 --kills 3

Each is first done undisturbed. Then it is killed with SIGKILL at random moments, half of them while it scores, and started again, in the same
folder, until it ends by itself; then in the next folder, until all kills are used. With the fake engine predictions, metrics
and output must have the undisturbed bytes. With a real one the labels must be the same and the log-probabilities within 1e-4.
After each kill the rows that an engine was asked for are compared with those that were stored: at most one chunk is lost.
"""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import polars as pl
import typer

sys.path.insert(0, str(Path(__file__).parents[1]))

from eval.checkpoint import base_checkpoint
from eval.evaluate import evaluate
from eval.inference import Options, follow, infer
from eval.results import ResultStore
from tests.eval.conftest import COMPANIES, made_samples, write_made
from tickertune.core.recipe import EvalConfig, ModelConfig
from tickertune.core.tasks import get_task

ROOT = Path(__file__).parents[1]
ENGINES = {
    "fake": ("eval.backends.fake", "FakeBackend"),
    "transformers": ("eval.backends.transformers", "TransformersBackend"),
    "vllm": ("eval.backends.vllm", "VllmBackend"),
}
TOLERANCE = 1e-4
JobName = Literal["eval", "infer", "follow"]
EngineName = Literal["fake", "transformers", "vllm"]


@dataclass(frozen=True)
class Job:
    """What is killed."""

    name: JobName
    engine: EngineName
    model: str
    chunk: int
    data: Path
    """Data stage folder, or the file that is read."""


def work(job: Job, folder: Path) -> None:
    """Do the job in this process; the rows of each call to the engine are noted in ``asked.log`` before it answers."""
    module, name = ENGINES[job.engine]
    backend = getattr(__import__(module, fromlist=[name]), name)
    score = backend.score
    log = os.open(folder / "asked.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    def noted(engine: object, prompts: list[list[int]], *rest: object) -> object:
        os.write(log, f"{time.time()} {len(prompts)}\n".encode())
        return score(engine, prompts, *rest)

    backend.score = noted
    checkpoint = base_checkpoint(ModelConfig(name=job.model))
    print("ready", flush=True)
    if job.name == "eval":
        config = EvalConfig(
            backend=job.engine, dtype="float32", chunk_rows=job.chunk, baselines=["majority"], resamples=200
        )
        evaluate(job.data, [checkpoint], config, folder / "eval", "made")
    else:
        options = Options(job.engine, "float32", part_rows=job.chunk)
        output, task = folder / "scores.jsonl", get_task("sentiment")
        if job.name == "infer":
            infer(job.data, output, checkpoint, task, options)
        else:
            follow(job.data, output, checkpoint, task, options, idle_seconds=0.0)


def make(name: JobName, rows: int, folder: Path) -> Path:
    """Write the data of a job."""
    if name == "eval":
        return write_made(made_samples(test_days=-(-rows // len(COMPANIES))), folder / "data", "movement")
    path = folder / f"{name}.jsonl"
    texts = (f"Profit of company {place} rose by {place % 97} percent" for place in range(rows))
    path.write_text("".join(json.dumps({"id": f"n{place}", "text": text}) + "\n" for place, text in enumerate(texts)))
    return path


def start(job: Job, folder: Path) -> subprocess.Popen[str]:
    """Start the job in a process of its own, and wait until it has imported what it needs."""
    folder.mkdir(exist_ok=True)
    words = [job.name, job.engine, job.model, str(job.chunk), str(job.data), str(folder)]
    process = subprocess.Popen(
        [sys.executable, __file__, "--work", *words],
        stdout=subprocess.PIPE,
        stderr=(folder / "stderr.log").open("a"),
        text=True,
        cwd=ROOT,
        start_new_session=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    return process


def finish(process: subprocess.Popen[str], folder: Path) -> None:
    """Wait for the end; a failure ends the test."""
    if process.wait() != 0:
        print((folder / "stderr.log").read_text(), file=sys.stderr)
        raise typer.Exit(1)


def calls(folder: Path) -> list[tuple[float, int]]:
    """Time and rows of each call to the engine so far."""
    log = folder / "asked.log"
    lines = log.read_text().splitlines() if log.exists() else []
    return [(float(moment), int(rows)) for moment, rows in map(str.split, lines)]


def asked(folder: Path) -> int:
    """Rows that an engine was asked for so far."""
    return sum(rows for _, rows in calls(folder))


def stored(job: Job, folder: Path) -> int:
    """Rows whose answers are on the disk."""
    if job.name == "eval":
        store = folder / "eval" / "store"
        ledgers = ResultStore(store, create=False).ledgers() if (store / "store.json").is_file() else []
        return sum(ledger.rows().height for ledger in ledgers)
    if job.name == "follow":
        state = folder / "scores.jsonl.follow" / "state.json"
        return int(json.loads(state.read_text())["rows"]) if state.exists() else 0
    if (folder / "scores.jsonl").exists():
        return lines_of(folder / "scores.jsonl")
    return sum(pl.read_parquet(part).height for part in (folder / "scores.jsonl.parts").glob("part-*.parquet"))


def has_ended(job: Job, folder: Path) -> bool:
    """Whether an inference is done, so that it would refuse to be started again: a kill can come as its process leaves."""
    parts = folder / "scores.jsonl.parts"
    return job.name == "infer" and (folder / "scores.jsonl").exists() and not (parts / "inputs.json").exists()


def lines_of(path: Path) -> int:
    """Lines of a file."""
    with path.open("rb") as lines:
        return sum(1 for _ in lines)


def results(job: Job, folder: Path) -> list[Path]:
    """What a job leaves behind."""
    if job.name != "eval":
        return [folder / "scores.jsonl"]
    return [*sorted((folder / "eval" / "predictions").glob("*.parquet")), folder / "eval" / "metrics.json"]


def same_bytes(job: Job, whole: Path, cut: Path) -> bool:
    """Whether both folders hold the same results to the last byte."""
    first, second = results(job, whole), results(job, cut)
    return len(first) == len(second) and all(
        a.read_bytes() == b.read_bytes() for a, b in zip(first, second, strict=True)
    )


def same_answers(job: Job, whole: Path, cut: Path) -> bool:
    """Whether all labels are the same and all log-probabilities within the tolerance."""
    tables = []
    for folder in (whole, cut):
        if job.name == "eval":
            table = pl.read_parquet(folder / "eval" / "predictions" / "base.parquet")
            tables.append((table["label"].to_list(), np.array(table["logprobs"].to_list())))
        else:
            rows = [json.loads(line) for line in (folder / "scores.jsonl").read_text().splitlines()]
            tables.append(([row["label"] for row in rows], np.array([list(row["logprobs"].values()) for row in rows])))
    (labels, scores), (other_labels, other_scores) = tables
    furthest = float(np.abs(scores - other_scores).max())
    print(f"  largest difference of a log-probability: {furthest:.1e}")
    return bool(labels == other_labels and furthest <= TOLERANCE)


def pace(folder: Path, since: float) -> tuple[float, float]:
    """Seconds of a work that has just ended, and those of its scoring."""
    moments = [moment for moment, _ in calls(folder)]
    return time.monotonic() - since, moments[-1] - moments[0]


def still_runs_at(
    process: subprocess.Popen[str], folder: Path, before: int, rng: random.Random, longest: float, scoring: float
) -> bool:
    """Wait for a random moment: of the whole work, or every other time of the scoring; whether the process runs then."""
    left = rng.uniform(0.0, longest)
    if rng.random() < 0.5:
        while asked(folder) == before and process.poll() is None:
            time.sleep(0.005)
        left = rng.uniform(0.0, scoring)
    try:
        process.wait(left)
    except subprocess.TimeoutExpired:
        return True
    return False


def kills_of(
    job: Job, kills: int, longest: float, rng: random.Random, folder: Path
) -> Iterator[tuple[int, Path, list[int]]]:
    """Kill the job until all kills are used; yields for each folder that it ended in: the kills, and the rows that each lost."""
    undisturbed = folder / f"{job.name}-undisturbed"
    begun, since = start(job, undisturbed), time.monotonic()
    finish(begun, undisturbed)
    seconds, scoring = pace(undisturbed, since)
    print(f"{job.name}: undisturbed in {seconds:.1f} s of work, {scoring:.1f} s of it scoring", flush=True)
    number = used = 0
    while used < kills:
        number += 1
        place, lost = folder / f"{job.name}-{number:02d}", []
        process, since = start(job, place), time.monotonic()
        while used < kills:
            before_asked, before_stored = asked(place), stored(job, place)
            if not still_runs_at(process, place, before_asked, rng, longest * seconds, scoring):
                if not lost:  # it ended before the first kill: the machine is faster than it was
                    seconds, scoring = map(min, (seconds, scoring), pace(place, since))
                break
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            used += 1
            lost.append(asked(place) - before_asked - (stored(job, place) - before_stored))
            if has_ended(job, place):
                break
            process = start(job, place)
        if not has_ended(job, place) or process.poll() is None:
            finish(process, place)
        yield used, place, lost


def main(
    kills: Annotated[int, typer.Option(min=1, help="Kills of each job.")] = 30,
    rows: Annotated[int, typer.Option(min=3, help="Rows of each job.")] = 20_000,
    chunk: Annotated[int, typer.Option(min=1, help="Rows that are stored at a time.")] = 512,
    job: Annotated[Literal["eval", "infer", "follow", "all"], typer.Option(help="What is killed.")] = "all",
    engine: Annotated[EngineName, typer.Option(help="What answers.")] = "fake",
    model: Annotated[str, typer.Option(help="Whose tokenizer and weights; the fake engine takes the tokenizer.")] = "",
    longest: Annotated[
        float, typer.Option(min=0.01, max=1, help="Latest moment of a kill, as a share of the undisturbed time.")
    ] = 1.0,
    seed: Annotated[int, typer.Option(help="Seed of the moments.")] = 0,
    scratch: Annotated[
        Path | None, typer.Option(help="Folder to keep everything in; default: a temporary one.")
    ] = None,
) -> None:
    """Kill and compare; exits with 1 on the first difference."""
    names: list[JobName] = ["eval", "infer", "follow"] if job == "all" else [job]
    chosen = model or ("tiny-llama" if engine == "fake" else "smollm2-135m")
    same: Callable[[Job, Path, Path], bool] = same_bytes if engine == "fake" else same_answers
    with tempfile.TemporaryDirectory() as temporary:
        folder = scratch or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            made = Job(name, engine, chosen, chunk, make(name, rows, folder))
            for used, place, lost in kills_of(made, kills, longest, random.Random(seed), folder):
                alike = same(made, folder / f"{name}-undisturbed", place)
                worst = max(lost, default=0)
                told = "same" if alike else "DIFFERENT"
                print(f"{name}: {used} kills so far, rows lost by each: {lost}, result {told}", flush=True)
                if not alike or worst > chunk:
                    raise typer.Exit(1)
            print(
                f"{name}: {rows:,} rows, {kills} kills: the undisturbed result each time, at most {chunk} rows lost by a kill"
            )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--work"]:
        kind, with_engine, with_model, rows_a_chunk, read, into = sys.argv[2:]
        work(Job(kind, with_engine, with_model, int(rows_a_chunk), Path(read)), Path(into))  # type: ignore[arg-type]
    else:
        typer.run(main)
