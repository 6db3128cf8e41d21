"""An engine as it is described, opened here or by a worker process; it answers chunks of prompts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from eval.backends import Backend, choose_backend, open_backend
from eval.backends.base import OnDone, Tokens
from eval.backends.factory import BackendName
from eval.results import Answer, Ask
from tickertune.core.recipe import ServerConfig

Chunk = Sequence[Tokens]
"""Prompts that go to an engine in one call: what it answers may depend on the others in its last digits."""


@dataclass(frozen=True)
class Engine:
    """What ``open_backend`` loads."""

    backend: BackendName
    model: str
    tokenizer: str
    dtype: str
    batch_size: int
    max_length: int
    adapters: tuple[Path, ...] = ()
    revision: str | None = None
    server: ServerConfig | None = None

    def open(self) -> AbstractContextManager[Backend]:
        """Load it for the block."""
        return open_backend(
            self.backend,
            self.model,
            self.tokenizer,
            dtype=self.dtype,
            batch_size=self.batch_size,
            max_length=self.max_length,
            adapters=self.adapters,
            revision=self.revision,
            server=self.server,
        )

    def described(self) -> dict[str, Any]:
        """Return it as JSON values; ``of`` reads them."""
        server = None if self.server is None else self.server.model_dump(mode="json")
        return {**asdict(self), "adapters": [str(adapter) for adapter in self.adapters], "server": server}

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Engine":
        """Return the engine that ``described`` wrote down."""
        adapters = tuple(Path(adapter) for adapter in values["adapters"])
        server = None if values["server"] is None else ServerConfig.model_validate(values["server"])
        return cls(**{**values, "adapters": adapters, "server": server})


class Answering(Protocol):
    """One loaded engine or several."""

    name: str

    def answers(
        self, chunks: Iterable[Chunk], ask: Ask, adapter: Path | None, on_done: OnDone
    ) -> Iterator[tuple[int, list[Answer]]]:
        """Yield each chunk's place and its answers, in the order in which they are finished.

        A chunk is taken from ``chunks`` when an engine is free for it.
        """


@contextmanager
def open_engine(engine: Engine, workers: int = 1) -> Iterator[Answering]:
    """Load an engine in this process, or one in each of several worker processes.

    Args:
        engine: What to load.
        workers: How many.

    Raises:
        TickerTuneError: As ``open_backend`` and ``open_workers``.
    """
    if workers > 1:
        from eval.workers import open_workers

        with open_workers(engine, workers) as several:
            yield several
    else:
        with engine.open() as backend:
            yield Alone(backend)


class Alone:
    """An engine in this process."""

    def __init__(self, backend: Backend) -> None:
        self._backend, self.name = backend, backend.name

    def answers(
        self, chunks: Iterable[Chunk], ask: Ask, adapter: Path | None, on_done: OnDone
    ) -> Iterator[tuple[int, list[Answer]]]:
        """See ``Answering.answers``."""
        for place, chunk in enumerate(chunks):
            yield place, ask.answers(self._backend, chunk, adapter, on_done)


def engine_name(asked: BackendName) -> str:
    """Return the name of the engine that will be loaded; errors as ``choose_backend``."""
    return choose_backend(asked)
