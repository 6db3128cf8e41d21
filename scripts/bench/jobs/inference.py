"""``tickertune infer`` beside vLLM alone, in float32 on the first prompts of the sets of job ``scoring``.

vLLM gets token ids that are there, in one call, as fast as it can be asked. Ours reads a file of messages, renders and tokenises them, scores, makes each
part durable and joins the output. Loading of the model, and a warm-up on two prompts, are not timed.
"""

import os
import tempfile
import time
from pathlib import Path
from typing import Any

import scoring

SETS = scoring.SETS
PROGRAMS = tuple(f"{name} {engine}" for name in SETS for engine in ("infer", "vllm_alone"))
PROMPTS = int(os.environ.get("BENCH_PROMPTS", "160"))
TARGET = 0.95
ROOM = 8
CLOSE = 1e-4


def run(program: str) -> dict[str, Any]:
    """Score the prompts once with one program."""
    os.environ.update(scoring.SETTINGS)
    name, engine = program.split()
    inputs = scoring.inputs_of(name, PROMPTS)
    longest = max(map(len, inputs["ids"])) + ROOM
    found, spent = (_infer if engine == "infer" else _alone)(name, inputs, longest)
    return {
        "rate": len(found) / spent, "unit": "prompts", "cpu": spent, "scores": found, "input": inputs["hash"],
    }  # fmt: skip


def _infer(name: str, inputs: dict[str, Any], longest: int) -> tuple[list[list[float]], float]:
    import infer_ours

    loaded = infer_ours.engine(inputs["model"], longest)
    task = "sentiment" if name == "phrasebank" else "movement"
    with tempfile.TemporaryDirectory() as folder:
        for rows in (inputs["messages"][:2], inputs["messages"]):
            found, spent = infer_ours.run(loaded, inputs["model"], task, rows, Path(folder), longest)
    return [list(row["logprobs"].values()) for row in found], spent


def _alone(name: str, inputs: dict[str, Any], longest: int) -> tuple[list[list[float]], float]:
    import infer_vllm
    import numpy as np

    loaded = infer_vllm.engine(inputs["model"], longest)
    infer_vllm.scores(loaded, inputs["ids"][:2], inputs["label_ids"])
    loaded.reset_prefix_cache()
    started = time.process_time()
    found = infer_vllm.scores(loaded, inputs["ids"], inputs["label_ids"])
    spent = time.process_time() - started
    normalised = found - np.logaddexp.reduce(found, axis=1, keepdims=True)
    return normalised.tolist(), spent


def misses(medians: dict[str, float], raw: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Targets that are missed, and scores that differ."""
    import numpy as np

    found = []
    for name in SETS:
        share = medians[f"{name} infer"] / medians[f"{name} vllm_alone"]
        ours, alone = (np.array(raw[f"{name} {engine}"][0]["scores"]) for engine in ("infer", "vllm_alone"))
        apart = float(np.abs(ours - alone).max())
        print(f"\n{name}: inference at {share:.3f} of the pace of vLLM alone, log-probabilities within {apart:.1e}")
        if share < TARGET:
            found.append(f"{name}: inference runs at {share:.3f} of vLLM's pace, target {TARGET}")
        if apart > CLOSE or (ours.argmax(1) != alone.argmax(1)).any():
            found.append(f"{name}: inference and vLLM alone differ by {apart:.1e}")
    return found
