"""Score an input file part by part; a run that is killed goes on where it stopped and ends in the same bytes."""

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from eval.backends import Backend, choose_backend, open_backend
from eval.backends.base import OnDone, Tokens
from eval.backends.factory import BackendName
from eval.backends.labels import label_logprobs
from eval.checkpoint import Checkpoint, fingerprint, materialise
from eval.inference.rows import InputFile, Rejection, Request, check_columns, check_suffix, open_input, requests_of
from eval.scoring import PARSER_VERSION, decide
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import (
    atomic_file,
    read_json,
    remove_leftovers,
    sha256_file,
    sha256_value,
    write_json,
    write_text,
)
from tickertune.core.lock import folder_lock
from tickertune.core.progress import progress_bar
from tickertune.core.prompting import label_continuations, scoring_ids
from tickertune.core.table import read_parquet, write_table
from tickertune.core.tasks import LabelTask

ROOM_FOR_REPLY = 8
"""Tokens kept free behind a prompt."""
INPUTS = "inputs.json"
"""What the parts are of; it goes first when they are removed."""
DIGITS = 6
"""Decimals that are written: what an engine computes beyond them depends on how it batches."""


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


@dataclass(frozen=True)
class Outcome:
    """What became of the rows."""

    output: Path
    scored: int
    rejected: int
    quarantine: Path | None
    """Rejected rows with their reasons; None where there are none."""


def infer(source: Path, output: Path, checkpoint: Checkpoint, task: LabelTask, options: Options) -> Outcome:
    """Score every row of ``source`` and write ``output``, in the input's order.

    Rows have ``messages`` (role and content; the last turn a user's) or, for sentiment, ``text``, and perhaps
    ``id``. Results have ``id, label, confidence, logprobs`` (natural, normalised over the labels, by label) and
    ``outcome``. Rows that cannot be scored go to ``<output>.quarantine.jsonl`` with row, id and reason.

    Raises:
        TickerTuneError: The input is missing, damaged or lacks the columns; the output exists already.
    """
    check_suffix(output)
    parts = output.with_name(f"{output.name}.parts")
    if output.exists() and not (parts / INPUTS).exists():
        shutil.rmtree(parts, ignore_errors=True)  # what a kill left when the output was there already
        raise TickerTuneError(f"Output {output} exists already", "Delete it or name another")
    rows = open_input(source, options.part_rows)
    check_columns(source, rows.columns(), task)
    key = _key(source, checkpoint, task, options)
    with folder_lock(parts):
        remove_leftovers(parts)
        _claim(parts, key)
        _score_parts(rows, parts, checkpoint, task, options)
        outcome = _join(parts, output)
    (parts / INPUTS).unlink()  # first: parts without it are never taken for work that is under way
    shutil.rmtree(parts)
    return outcome


def _key(source: Path, checkpoint: Checkpoint, task: LabelTask, options: Options) -> str:
    """Hash of all that determines the result."""
    return sha256_value(
        {
            "source": sha256_file(source),
            "checkpoint": fingerprint(checkpoint),
            "task": task.name,
            "backend": choose_backend(options.backend),
            "dtype": options.dtype,
            "max_length": options.max_length,
            "part_rows": options.part_rows,
            "batch_size": options.batch_size,
            "parser": PARSER_VERSION,
        }
    )


def _claim(parts: Path, key: str) -> None:
    """Keep the parts of an earlier start on the same work, and remove those of other work."""
    inputs = parts / INPUTS
    if inputs.exists() and read_json(inputs) == {"key": key}:
        return
    inputs.unlink(missing_ok=True)
    for part in parts.glob("part-*"):
        part.unlink()
    write_json(inputs, {"key": key})


def _score_parts(rows: InputFile, parts: Path, checkpoint: Checkpoint, task: LabelTask, options: Options) -> None:
    starts = range(0, rows.rows, options.part_rows)
    left = [number for number, _ in enumerate(starts) if not _result(parts, number).exists()]
    if not left:
        return
    with _open_scorer(checkpoint, task, options) as scorer, progress_bar("infer", rows.rows) as bar:
        bar.advance(rows.rows - sum(min(options.part_rows, rows.rows - starts[number]) for number in left))
        for number in left:
            good: list[tuple[Request, Tokens]] = []
            bad: list[Rejection] = []
            for request in requests_of(rows.part(number), starts[number], task):
                if isinstance(request, Rejection):
                    bad.append(request)
                else:
                    scorer.sort(request, good, bad)
            bar.advance(len(bad))
            table = scorer.score(good, bar.advance)
            # The quarantine first: a part counts as done once its result is there.
            write_text(_quarantine(parts, number), "".join(map(_line, sorted(bad, key=lambda item: item.row))))
            write_table(table, _result(parts, number), ["row"])


@dataclass(frozen=True)
class _Scorer:
    """A loaded checkpoint with its tokenizer."""

    backend: Backend
    adapter: Path | None
    tokenizer: Any
    task: LabelTask
    max_length: int

    def sort(self, request: Request, good: list[tuple[Request, Tokens]], bad: list[Rejection]) -> None:
        """Tokenise a request, and reject it where the model would have to cut it."""
        tokens = scoring_ids(self.tokenizer, self.task, request.messages)
        if len(tokens) + ROOM_FOR_REPLY > self.max_length:
            reason = f"prompt of {len(tokens)} tokens is longer than {self.max_length - ROOM_FOR_REPLY}"
            bad.append(Rejection(request.row, request.id, reason))
        else:
            good.append((request, tokens))

    def score(self, good: Sequence[tuple[Request, Tokens]], on_done: OnDone) -> pl.DataFrame:
        """Results of one part, with their place in the input."""
        requests = [request for request, _ in good]
        logprobs = np.empty((0, len(self.task.labels)))
        if good:
            labels = label_continuations(self.tokenizer, self.task)
            logprobs = label_logprobs(self.backend, [tokens for _, tokens in good], labels, self.adapter, on_done)
        decisions, normalised = decide(self.task, logprobs)
        by_label = [dict(zip(self.task.labels, map(_rounded, line), strict=True)) for line in normalised]
        return pl.DataFrame(
            {
                "row": [request.row for request in requests],
                "id": [request.id for request in requests],
                "label": [decision.label for decision in decisions],
                "confidence": [_rounded(decision.confidence or 0.0) for decision in decisions],
                "logprobs": by_label,
                "outcome": [decision.outcome for decision in decisions],
            },
            schema={
                "row": pl.Int64,
                "id": pl.String,
                "label": pl.String,
                "confidence": pl.Float64,
                "logprobs": pl.Struct(dict.fromkeys(self.task.labels, pl.Float64)),
                "outcome": pl.String,
            },
        )


@contextmanager
def _open_scorer(checkpoint: Checkpoint, task: LabelTask, options: Options) -> Iterator[_Scorer]:
    from transformers import AutoTokenizer

    weights = materialise(checkpoint)
    tokenizer = AutoTokenizer.from_pretrained(checkpoint.base, revision=checkpoint.revision)
    with open_backend(
        options.backend,
        weights.model,
        checkpoint.base,
        dtype=options.dtype,
        batch_size=options.batch_size,
        max_length=options.max_length,
        adapters=[weights.adapter] if weights.adapter else [],
        revision=weights.revision,
    ) as backend:
        yield _Scorer(backend, weights.adapter, tokenizer, task, options.max_length)


def _join(parts: Path, output: Path) -> Outcome:
    """Put the parts together; the output comes last, since its presence says that all is done."""
    table = pl.concat([read_parquet(path) for path in sorted(parts.glob("part-*.parquet"))], rechunk=True).drop("row")
    rejected = "".join(path.read_text(encoding="utf-8") for path in sorted(parts.glob("part-*.jsonl")))
    quarantine = output.with_name(f"{output.name}.quarantine.jsonl")
    if rejected:
        write_text(quarantine, rejected)
    else:
        quarantine.unlink(missing_ok=True)
    with atomic_file(output) as temporary:
        if output.suffix == ".parquet":
            table.write_parquet(temporary, compression="zstd", row_group_size=65_536)
        else:
            table.write_ndjson(temporary)
    return Outcome(output, table.height, rejected.count("\n"), quarantine if rejected else None)


def _result(parts: Path, number: int) -> Path:
    return parts / f"part-{number:06d}.parquet"


def _quarantine(parts: Path, number: int) -> Path:
    return parts / f"part-{number:06d}.jsonl"


def _line(rejection: Rejection) -> str:
    return json.dumps(asdict(rejection), ensure_ascii=False) + "\n"


def _rounded(value: float) -> float:
    return round(float(value), DIGITS)
