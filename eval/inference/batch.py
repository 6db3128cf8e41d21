"""Score an input part by part; a run that is killed goes on where it stopped and ends in the same bytes."""

import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from eval.backends import choose_backend
from eval.backends.base import OnDone
from eval.backends.factory import BackendName
from eval.checkpoint import Checkpoint, fingerprint, materialise
from eval.engine import Answering, Engine, open_engine
from eval.inference.calibration import Calibration, read_calibration
from eval.inference.feeding import answered, read_ahead
from eval.inference.inputs import ARROW, JSON_LINES, Input, check_suffix, open_input
from eval.inference.rows import Rejection, check_columns, requests_of
from eval.inference.scorer import ERROR, Part, Scorer
from eval.scoring import PARSER_VERSION
from eval.shots import Shots
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import atomic_file, read_json, remove_leftovers, sha256_value, write_json, write_text
from tickertune.core.lock import folder_lock
from tickertune.core.progress import progress_bar
from tickertune.core.recipe import ServerConfig
from tickertune.core.table import read_parquet, write_table
from tickertune.core.tasks import Task

INPUTS = "inputs.json"
"""What the parts are of; it goes first when they are removed."""


@dataclass(frozen=True)
class Options:
    """How to score."""

    backend: BackendName = "auto"
    dtype: str = "bfloat16"
    batch_size: int = 16
    max_length: int = 2048
    """Longest prompt with its reply, in tokens; a longer one is quarantined, never cut."""
    part_rows: int = 512
    """Rows between two durable points."""
    max_tokens: int = 256
    """Most tokens of a reply, for tasks whose answers are generated."""
    workers: int = 1
    """Processes that score side by side, each with an engine of its own; each works on one part at a time."""
    server: ServerConfig | None = None
    """Where the model is served, for the backend ``server``."""
    template: str | None = None
    """Prompt template for rows of texts, ``name@version`` or a path; None: the task's own."""
    split: str | None = None
    """Of an input that is a data set."""
    revision: str | None = None
    """Commit of an input that is a data set of the Hub."""
    calibration: Path | None = None
    """Predictions on a validation split, to which a temperature is fitted."""
    shots: Shots | None = None
    """Solved examples before every prompt."""


@dataclass(frozen=True)
class Outcome:
    """What became of the rows."""

    output: Path
    rows: int
    """Rows of the output: as many as the input has."""
    rejected: int
    """Those among them that could not be scored."""
    quarantine: Path | None
    """Rejected rows with their reasons; None where there are none."""
    seconds: float = field(compare=False)
    """Of scoring in this start, loading of the model not included."""
    rows_per_second: float | None = field(compare=False)
    """In this start; None where all was done before."""
    calibration: Calibration | None = None
    shots: dict[str, Any] | None = None
    """Examples before every prompt (``eval.shots``)."""


def infer(source: Path | str, output: Path, checkpoint: Checkpoint, task: Task, options: Options) -> Outcome:
    """Score every row of ``source`` and write one row for each to ``output``, in the input's order.

    Rows have ``messages`` (role and content; the last turn a user's) or, for tasks on a text, ``text``, and perhaps
    ``id``. Results have ``id, outcome, label, confidence`` and ``model`` (fingerprint of the checkpoint); where labels are scored
    ``logprobs`` (natural, normalised over the labels, by label) and ``calibrated`` (the confidence after ``options.calibration``),
    where answers are generated ``reply``. A row that cannot be scored has the outcome ``error`` and no label, and stands in
    ``<output>.quarantine.jsonl`` with row, id and reason.

    Raises:
        TickerTuneError: The input is missing, damaged or lacks the columns; the output exists already; as ``open_engine``.
    """
    check_suffix(output)
    parts = output.with_name(f"{output.name}.parts")
    if output.exists() and not (parts / INPUTS).exists():
        shutil.rmtree(parts, ignore_errors=True)  # what a kill left when the output was there already
        raise TickerTuneError(f"Output {output} exists already", "Delete it or name another")
    rows = open_input(str(source), options.part_rows, options.split, options.revision)
    check_columns(str(source), rows.columns(), task)
    model = fingerprint(checkpoint)
    calibration = calibration_of(options, model, task)
    key = sha256_value({"source": rows.digest(), **key_of(model, task, options, calibration)})
    with folder_lock(parts):
        remove_leftovers(parts)
        _claim(parts, key)
        scored, seconds = _score_parts(rows, parts, checkpoint, model, task, options, calibration)
        table, rejected = _join(parts, output)
    (parts / INPUTS).unlink()  # first: parts without it are never taken for work that is under way
    shutil.rmtree(parts)
    quarantine = quarantine_of(output) if rejected else None
    rate = scored / seconds if scored and seconds > 0 else None
    return Outcome(output, table.height, rejected, quarantine, seconds, rate, calibration, facts_of(options))


def key_of(model: str, task: Task, options: Options, calibration: Calibration | None) -> dict[str, object]:
    """All that determines a row of the output, besides the input."""
    served = None if options.server is None else f"server of {options.server.model}"
    return {
        "checkpoint": model,
        "task": task.name,
        "backend": served or choose_backend(options.backend),
        "dtype": options.dtype,
        "max_length": options.max_length,
        "max_tokens": options.max_tokens,
        "part_rows": options.part_rows,
        "batch_size": options.batch_size,
        "template": task.load(options.template).hash,
        "temperature": None if calibration is None else calibration.temperature,
        "parser": PARSER_VERSION,
        **({} if options.shots is None else {"shots": options.shots.hash}),
    }


def facts_of(options: Options) -> dict[str, Any] | None:
    """What an outcome tells of the examples before the prompts."""
    return None if options.shots is None else options.shots.facts


def calibration_of(options: Options, model: str, task: Task) -> Calibration | None:
    """The calibration that is asked for; errors as ``read_calibration``."""
    if options.calibration is None:
        return None
    shown = None if options.shots is None else options.shots.hash
    return read_calibration(options.calibration, model, task.labels, shown)


def engine_of(checkpoint: Checkpoint, options: Options) -> Engine:
    """The engine that scores a checkpoint."""
    weights = materialise(checkpoint)
    return Engine(
        options.backend,
        weights.model,
        checkpoint.base,
        dtype=options.dtype,
        batch_size=options.batch_size,
        max_length=options.max_length,
        adapters=() if weights.adapter is None else (weights.adapter,),
        revision=weights.revision,
        server=options.server,
    )


def quarantine_of(output: Path) -> Path:
    """Where rows that cannot be scored are set aside."""
    return output.with_name(f"{output.name}.quarantine.jsonl")


def line_of(rejection: Rejection) -> str:
    """A rejection as a line of the quarantine."""
    return json.dumps(asdict(rejection), ensure_ascii=False) + "\n"


def _claim(parts: Path, key: str) -> None:
    """Keep the parts of an earlier start on the same work, and remove those of other work."""
    inputs = parts / INPUTS
    if inputs.exists() and read_json(inputs) == {"key": key}:
        return
    inputs.unlink(missing_ok=True)
    for part in parts.glob("part-*"):
        part.unlink()
    write_json(inputs, {"key": key})


def _score_parts(
    rows: Input,
    parts: Path,
    checkpoint: Checkpoint,
    model: str,
    task: Task,
    options: Options,
    calibration: Calibration | None,
) -> tuple[int, float]:
    """Score the parts that are not there yet; returns the rows that were scored, and the seconds that it took."""
    starts = range(0, rows.rows, options.part_rows)
    left = [number for number, _ in enumerate(starts) if not _result(parts, number).exists()]
    if not left:
        return 0, 0.0
    temperature = None if calibration is None else calibration.temperature
    scorer = Scorer(checkpoint, task, options.max_length, options.max_tokens, model, temperature, options.shots)
    template = task.load(options.template)
    total = sum(min(options.part_rows, rows.rows - starts[number]) for number in left)

    def prepared() -> Iterator[Part]:
        for number in left:
            raw = rows.part(number)
            yield scorer.part(number, len(raw), requests_of(raw, starts[number], task, template))

    engine = engine_of(checkpoint, options)
    with open_engine(engine, options.workers) as answering, progress_bar("infer", rows.rows) as bar:
        started = time.monotonic()
        bar.skip(rows.rows - total)
        for part, table in scored_parts(answering, scorer, prepared(), engine, options.workers, bar.advance):
            # The quarantine first: a part counts as done once its result is there.
            write_text(_quarantine(parts, part.number), "".join(map(line_of, sorted(part.rejections, key=_row))))
            write_table(table, _result(parts, part.number), ["row"])
        return total, time.monotonic() - started


def scored_parts(
    answering: Answering, scorer: Scorer, parts: Iterator[Part], engine: Engine, workers: int, on_done: OnDone
) -> Iterator[tuple[Part, pl.DataFrame]]:
    """Yield parts with their rows of the output, as they are finished; the next one is read while one is scored."""
    adapter = engine.adapters[0] if engine.adapters else None
    for part, answers in answered(answering, read_ahead(parts), scorer.ask, adapter, workers, on_done):
        on_done(part.rows - len(answers))
        yield part, scorer.table(part, answers)


def _join(parts: Path, output: Path) -> tuple[pl.DataFrame, int]:
    """Put the parts together; the output comes last, since its presence says that all is done. Returns it, and the rejected rows."""
    table = pl.concat([read_parquet(path) for path in sorted(parts.glob("part-*.parquet"))], rechunk=True).drop("row")
    rejected = "".join(path.read_text(encoding="utf-8") for path in sorted(parts.glob("part-*.jsonl")))
    if rejected:
        write_text(quarantine_of(output), rejected)
    else:
        quarantine_of(output).unlink(missing_ok=True)
    with atomic_file(output) as temporary:
        if output.suffix in JSON_LINES:
            table.write_ndjson(temporary)
        elif output.suffix in ARROW:
            table.write_ipc(temporary)
        else:
            table.write_parquet(temporary, compression="zstd", row_group_size=65_536)
    return table, int((table["outcome"] == ERROR).sum())


def _result(parts: Path, number: int) -> Path:
    return parts / f"part-{number:06d}.parquet"


def _quarantine(parts: Path, number: int) -> Path:
    return parts / f"part-{number:06d}.jsonl"


def _row(rejection: Rejection) -> int:
    return rejection.row
