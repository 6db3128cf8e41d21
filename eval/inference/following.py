"""Score a JSON Lines file that another program still writes: each line as it comes, one line of output for each."""

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO, Any

from eval.checkpoint import Checkpoint, fingerprint
from eval.engine import open_engine
from eval.inference.batch import Options, Outcome, calibration_of, engine_of, facts_of, key_of, line_of, quarantine_of
from eval.inference.feeding import answered
from eval.inference.inputs import JSON_LINES, json_row
from eval.inference.rows import requests_of
from eval.inference.scorer import Part, Scorer
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json, sha256_value, write_json
from tickertune.core.lock import folder_lock
from tickertune.core.progress import Bar, progress_bar
from tickertune.core.tasks import Task

POLL_SECONDS = 0.5
"""Between looks at a file that has no new line."""
STATE = "state.json"
_BLOCK = 1 << 20


@dataclass(frozen=True)
class _State:
    """How far it went: what lies behind these places in the files was cut off, and is done again."""

    key: str
    rows: int = 0
    rejected: int = 0
    source_bytes: int = 0
    source_sha256: str = hashlib.sha256().hexdigest()
    """Of the bytes that were read."""
    output_bytes: int = 0
    quarantine_bytes: int = 0


def follow(
    source: Path,
    output: Path,
    checkpoint: Checkpoint,
    task: Task,
    options: Options,
    idle_seconds: float | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Outcome:
    """Score the lines of a growing file in their order, and append a line to ``output`` for each; rows are those of ``infer``.

    Lines that are there are scored together, ``options.part_rows`` at most; then their results are on the disk. A line counts
    once it is ended. A start after a kill repeats what was under way, and nothing else. Where lines are read faster than they
    are written, it waits; where they are written faster, they wait in the file.

    Args:
        source: JSON Lines file, appended to.
        output: JSON Lines file.
        checkpoint: What scores.
        task: What is asked.
        options: How; one worker.
        idle_seconds: Ends after so long without a new line; None: goes on until it is interrupted.
        sleep: Waits so many seconds.

    Raises:
        TickerTuneError: The files are no JSON Lines; the output is of other work; the source was replaced or became shorter.
    """
    _check(source, output, options)
    model = fingerprint(checkpoint)
    calibration = calibration_of(options, model, task)
    key = sha256_value({**key_of(model, task, options, calibration), "part_rows": None})
    folder = output.with_name(f"{output.name}.follow")
    if output.exists() and not (folder / STATE).exists():
        raise TickerTuneError(f"Output {output} exists already", "Delete it or name another")
    temperature = None if calibration is None else calibration.temperature
    scorer = Scorer(checkpoint, task, options.max_length, options.max_tokens, model, temperature, options.shots)
    engine = engine_of(checkpoint, options)
    with folder_lock(folder), _Files(source, output, folder, key) as files:
        before, started = files.state.rows, time.monotonic()
        with open_engine(engine) as answering, progress_bar("infer", 0) as bar:
            parts = _parts(files, scorer, task, options, bar, idle_seconds, sleep)
            adapter = engine.adapters[0] if engine.adapters else None
            for part, answers in answered(answering, parts, scorer.ask, adapter, 1, bar.advance):
                bar.advance(part.rows - len(answers))
                table = scorer.table(part, answers).drop("row")
                files.commit(table.write_ndjson().encode(), part)
        seconds = time.monotonic() - started
        state = files.state
    rate = (state.rows - before) / seconds if state.rows > before else None
    quarantine = quarantine_of(output) if state.rejected else None
    return Outcome(output, state.rows, state.rejected, quarantine, seconds, rate, calibration, facts_of(options))


def _check(source: Path, output: Path, options: Options) -> None:
    for path in (source, output):
        if path.suffix not in JSON_LINES:
            raise TickerTuneError(
                f"File {path} cannot be followed: just JSON Lines grow line by line", f"Use {' or '.join(JSON_LINES)}"
            )
    if not source.is_file():
        raise TickerTuneError(
            f"Input {source} does not exist", "Correct the path, or make the file before it is followed"
        )
    if options.workers > 1:
        raise TickerTuneError("A followed file is scored by one engine", "Leave --workers out")


def _parts(
    files: "_Files",
    scorer: Scorer,
    task: Task,
    options: Options,
    bar: Bar,
    idle_seconds: float | None,
    sleep: Callable[[float], None],
) -> Iterator[Part]:
    template, waited, seen = task.load(options.template), 0.0, 0
    while True:
        lines = files.lines(options.part_rows)
        if not lines:
            if idle_seconds is not None and waited >= idle_seconds:
                return
            sleep(POLL_SECONDS)
            waited += POLL_SECONDS
            continue
        waited, first = 0.0, files.state.rows
        seen += len(lines)
        bar.grow(seen)
        raw = [json_row(row, line) for row, line in enumerate(lines, first)]
        yield scorer.part(first, len(raw), requests_of(raw, first, task, template))


class _Files:
    """The followed file, what is appended to, and how far both are; what a kill left behind the last durable point is cut off."""

    def __init__(self, source: Path, output: Path, folder: Path, key: str) -> None:
        self._source, self._output, self._state_file = source, output, folder / STATE
        self.state = _State(key)
        if self._state_file.exists():
            self.state = _State(**read_json(self._state_file))
            if self.state.key != key:
                raise TickerTuneError(
                    f"Output {output} was begun with another model, task or setting",
                    f"Name another output, or delete it with {folder}",
                )
        self._lines: list[bytes] = []
        with ExitStack() as stack:
            self._read = stack.enter_context(source.open("rb"))
            self._hash = self._hash_of_read()
            write_json(self._state_file, asdict(self.state))
            self._appended = stack.enter_context(output.open("ab"))
            self._aside = stack.enter_context(quarantine_of(output).open("ab"))
            _cut(output, self._appended, self.state.output_bytes)
            _cut(quarantine_of(output), self._aside, self.state.quarantine_bytes)
            self._open = stack.pop_all()

    def __enter__(self) -> "_Files":
        return self

    def __exit__(self, *error: object) -> None:
        self._open.close()
        if not self.state.rejected:
            quarantine_of(self._output).unlink(missing_ok=True)

    def _hash_of_read(self) -> Any:
        """Hash of what was read before, with the file's place behind it."""
        digest, left = hashlib.sha256(), self.state.source_bytes
        while left and (block := self._read.read(min(left, _BLOCK))):
            digest.update(block)
            left -= len(block)
        if left or digest.hexdigest() != self.state.source_sha256:
            raise self._replaced()
        return digest

    def _replaced(self) -> TickerTuneError:
        return TickerTuneError(
            f"Input {self._source} is not the file that was followed: it was replaced, changed or cut",
            "Follow the new file into another output",
        )

    def lines(self, most: int) -> list[bytes]:
        """The next lines that are ended, ``most`` at most; none where there is no new one."""
        self._lines, start = [], self._read.tell()
        if os.stat(self._source).st_ino != os.fstat(self._read.fileno()).st_ino or self._size() < start:
            raise self._replaced()
        while len(self._lines) < most and (line := self._read.readline()).endswith(b"\n"):
            self._lines.append(line)
        self._read.seek(start + sum(map(len, self._lines)))
        return self._lines

    def _size(self) -> int:
        return os.fstat(self._read.fileno()).st_size

    def commit(self, rows: bytes, part: Part) -> None:
        """Append results, then note that they are there: a kill between the two repeats the part."""
        aside = "".join(map(line_of, sorted(part.rejections, key=lambda one: one.row))).encode()
        for handle, content in ((self._aside, aside), (self._appended, rows)):
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        for line in self._lines:
            self._hash.update(line)
        self.state = replace(
            self.state,
            rows=self.state.rows + part.rows,
            rejected=self.state.rejected + len(part.rejections),
            source_bytes=self._read.tell(),
            source_sha256=self._hash.hexdigest(),
            output_bytes=self._appended.tell(),
            quarantine_bytes=self._aside.tell(),
        )
        write_json(self._state_file, asdict(self.state))


def _cut(path: Path, handle: IO[bytes], size: int) -> None:
    """Cut an appended file off behind its last durable byte."""
    if handle.tell() < size:
        raise TickerTuneError(
            f"File {path} has {handle.tell()} bytes of the {size} that were written to it",
            "It was changed: name another output",
        )
    handle.truncate(size)
