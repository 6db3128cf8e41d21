"""Several engines side by side, each in a process of its own.

A chunk is computed whole by one of them, so that its answers do not depend on how many there are.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import IO, Any

from eval.backends.base import OnDone
from eval.engine import Chunk, Engine, engine_name
from eval.results.asks import Answer, Ask, decoded, described
from eval.worker_memory import check_memory, visible_gpus
from tickertune.core.errors import TickerTuneError

SECONDS_TO_LEAVE = 30.0


@contextmanager
def open_workers(engine: Engine, count: int) -> Iterator["Workers"]:
    """Start worker processes for the block, each with its engine loaded; what they need is said before.

    Raises:
        TickerTuneError: They would not fit in memory, there are fewer GPUs than vLLM engines, or one cannot be started.
    """
    gpus = visible_gpus(engine)
    if gpus and engine_name(engine.backend) == "vllm" and count > len(gpus):
        raise TickerTuneError(
            f"{count} workers are asked for, but vLLM takes a GPU for each and there are {len(gpus)}",
            f"Use --workers {len(gpus)}",
        )
    check_memory(engine, count, gpus)
    workers = Workers([_Worker(number, count, engine, gpus) for number in range(1, count + 1)])
    try:
        workers.load()
        yield workers
    finally:
        workers.close()


class _Worker:
    """A process, and this end of the connection to it."""

    def __init__(self, number: int, count: int, engine: Engine, gpus: Sequence[str]) -> None:
        self.title = f"Worker {number} of {count}"
        self.connection, theirs = Pipe()
        self._said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`
        environment = {"OMP_NUM_THREADS": str(max(1, (os.cpu_count() or 1) // count)), **os.environ}
        if gpus:
            environment["CUDA_VISIBLE_DEVICES"] = gpus[(number - 1) % len(gpus)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "eval.worker", str(theirs.fileno())],
            stdin=subprocess.DEVNULL,
            stdout=self._said,
            stderr=self._said,
            pass_fds=(theirs.fileno(),),
            env=environment,
        )
        theirs.close()
        self.pid = self._process.pid
        self._send(engine.described())

    def ask(self, chunk: Chunk, ask: Ask, adapter: Path | None) -> None:
        """Hand a chunk over."""
        self._send(
            {"prompts": list(chunk), "ask": described(ask), "adapter": None if adapter is None else str(adapter)}
        )

    def _send(self, message: dict[str, Any]) -> None:
        try:
            self.connection.send_bytes(json.dumps(message).encode())
        except (BrokenPipeError, ConnectionResetError):
            return  # it is dead: what it should have answered shows it

    def receive(self) -> dict[str, Any]:
        """Return its next message.

        Raises:
            TickerTuneError: It could not do what it was asked, or is dead; the reason is told.
        """
        try:
            message: dict[str, Any] = json.loads(self.connection.recv_bytes())
        except (EOFError, ConnectionResetError):
            raise self._death() from None
        if "cause" in message:
            raise TickerTuneError(message["cause"], message["remedy"])
        return message

    def _death(self) -> TickerTuneError:
        status = self._process.wait()
        self._said.seek(0)
        lines = self._said.read().decode("utf-8", "replace").strip().splitlines()
        reason = f"exit code {status}"
        if status < 0:
            reason = f"killed by {signal.Signals(-status).name}"
            reason += ", as the system does where memory runs out" if status == -signal.SIGKILL else ""
        last = f"; its last line: {lines[-1]}" if lines else ""
        return TickerTuneError(
            f"{self.title} (process {self.pid}) died: {reason}{last}. What had been scored is stored",
            "Run the same command again: it goes on from there; with fewer workers if memory ran out",
        )

    def close(self) -> None:
        """Let the process end; end it where it does not."""
        self.connection.close()
        try:
            self._process.wait(SECONDS_TO_LEAVE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._said.close()

    def kill(self) -> None:
        """End the process at once, in the midst of its chunk."""
        self._process.kill()


class Workers:
    """Worker processes; see ``open_workers``."""

    def __init__(self, workers: Sequence[_Worker]) -> None:
        self._workers = workers
        self._busy: dict[Connection[Any, Any], tuple[_Worker, int]] = {}
        self.name = ""

    @property
    def pids(self) -> list[int]:
        """Their process ids."""
        return [worker.pid for worker in self._workers]

    def load(self) -> None:
        """Wait until every engine is loaded; errors as ``open_workers``."""
        for worker in self._workers:
            self.name = worker.receive()["ready"]

    def answers(
        self, chunks: Iterable[Chunk], ask: Ask, adapter: Path | None, on_done: OnDone
    ) -> Iterator[tuple[int, list[Answer]]]:
        """See ``Answering.answers``.

        Raises:
            TickerTuneError: A worker died or failed. The chunks that the others had begun were yielded before.
        """
        left = iter(enumerate(chunks))
        failure: TickerTuneError | None = None
        self._busy = {}

        def hand_over(worker: _Worker) -> None:
            taken = next(left, None) if failure is None else None
            if taken is not None:
                place, chunk = taken
                worker.ask(chunk, ask, adapter)
                self._busy[worker.connection] = (worker, place)

        for worker in self._workers:
            hand_over(worker)
        while self._busy:
            ready = set(wait(list(self._busy)))
            for connection in [one for one in self._busy if one in ready]:
                worker, place = self._busy.pop(connection)
                try:
                    answers = decoded(worker.receive()["answers"])
                except TickerTuneError as error:
                    failure = failure or error
                    continue
                hand_over(worker)
                on_done(len(answers))
                yield place, answers
        if failure is not None:
            raise failure

    def close(self) -> None:
        """End all of them; those that are in the midst of a chunk at once."""
        for worker, _ in self._busy.values():
            worker.kill()
        for worker in self._workers:
            worker.close()
