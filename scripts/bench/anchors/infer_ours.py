"""Batch inference as ``tickertune infer`` does it: a file of messages in, a file of labels out, parts made durable on the way."""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from eval.backends.vllm import VllmBackend
from eval.checkpoint import base_checkpoint
from eval.engine import Alone, Answering, Engine
from eval.inference import Options, batch, infer
from tickertune.core.recipe import ModelConfig
from tickertune.core.tasks import label_task


def engine(model: Path, longest: int) -> Alone:
    """Load the engine that ``infer`` would load."""
    return Alone(VllmBackend(str(model), str(model), "float32", 16, longest))


def run(
    loaded: Alone, model: Path, task: str, rows: Sequence[Any], folder: Path, longest: int
) -> tuple[list[Any], float]:
    """Score a file of messages; returns the rows of the output, and the processor time from where the model is loaded to the end."""
    source, output = folder / "in.jsonl", folder / "out.jsonl"
    source.write_text("".join(json.dumps({"messages": messages}) + "\n" for messages in rows))
    output.unlink(missing_ok=True)
    since: list[float] = []

    @contextmanager
    def opened(engine: Engine, workers: int = 1) -> Iterator[Answering]:
        since.append(time.process_time())
        yield loaded

    batch.open_engine = opened  # the model is loaded once, before the clock runs
    options = Options(backend="vllm", dtype="float32", max_length=longest)
    infer(source, output, base_checkpoint(ModelConfig(name=str(model))), label_task(task), options)
    spent = time.process_time() - since[0]
    return [json.loads(line) for line in output.read_text().splitlines()], spent
