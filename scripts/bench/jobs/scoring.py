"""Label scores of fixed prompts: the evaluator beside lm-evaluation-harness and a plain loop, in float32.

The prompts are the first of the test splits that ``recipes/sentiment`` (PhraseBank) and ``recipes/stocknet`` build from
TICKERTUNE_DATA; they are built once, into runs/bench. Loading and a warm-up on two prompts are not timed.

Beside each ratio stands what it could be at most (``bench_tokens``): the tokens that the harness runs through the model over those that any exact
program has to, each token of the prompts' prefix tree once; and the same in multiply-adds of matrices, since the harness also
asks for the vocabulary at every position.
"""

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench_tokens import bounds_told, counted_passes, counted_requests, tree_tokens, weights_of

ROOT = Path(__file__).parents[3]
SETS = {"phrasebank": "sentiment", "stocknet": "stocknet"}
ENGINES = ("ours", "lm_eval_vllm", "lm_eval_hf", "transformers_loop")
PROGRAMS = tuple(f"{name} {engine}" for name in SETS for engine in ENGINES)
PROMPTS = int(os.environ.get("BENCH_PROMPTS", "32"))
FASTER = {"lm_eval_vllm": 15.0, "lm_eval_hf": 10.0}
CLOSE = 1e-3
"""Most that a program's log-probabilities may differ from those of the evaluator."""


SETTINGS = {
    "VLLM_CPU_KVCACHE_SPACE": "2", "VLLM_CPU_OMP_THREADS_BIND": "nobind", "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    "VLLM_LOGGING_LEVEL": "ERROR", "VLLM_NO_USAGE_STATS": "1",
}  # fmt: skip
"""What the evaluator sets for itself, given to the harness's vLLM too."""


def run(program: str) -> dict[str, Any]:
    """Score the prompts once with one program."""
    os.environ.update(SETTINGS)
    name, engine = program.split()
    inputs = _inputs(name)
    started = time.process_time()
    score, read = _engine(engine, inputs)
    score(2)
    read.clear()
    loaded = time.process_time()
    found = score(PROMPTS)
    spent = time.process_time() - loaded
    return {
        "rate": PROMPTS / spent, "unit": "prompts", "cpu": spent, "loading": loaded - started,
        "tokens": sum(map(len, inputs["ids"])), "tree": tree_tokens(inputs["ids"]), "read": sum(read),
        "whole_file": inputs["whole_file"], "labels": len(inputs["labels"]), "weights": weights_of(inputs["model"]),
        "scores": found.tolist(), "input": inputs["hash"],
    }  # fmt: skip


def _inputs(name: str) -> dict[str, Any]:
    from transformers import AutoTokenizer

    from data_pipeline.dataset import read_split
    from eval.scoring import Encoded, encode
    from tickertune.core.models import resolve_model
    from tickertune.core.recipe import ModelConfig
    from tickertune.core.tasks import label_task

    folder = ROOT / "runs/bench" / name
    if not (folder / "dataset").is_dir():
        recipe = ROOT / "recipes" / SETS[name] / "data.yaml"
        command = [
            sys.executable,
            "-m",
            "tickertune",
            "data",
            "build",
            "--config",
            str(recipe),
            "--output",
            str(folder),
        ]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    model = resolve_model(ModelConfig(name="smollm2-135m"))
    task = label_task("sentiment" if name == "phrasebank" else "movement")
    samples = read_split(folder, "test")
    whole = encode(model, None, task, samples)
    encoded = Encoded(whole.prompts[:PROMPTS], whole.continuations)
    tokenizer = AutoTokenizer.from_pretrained(model)
    return {
        "model": Path(model),
        "ids": encoded.prompts,
        "messages": samples["messages"][:PROMPTS].to_list(),
        "texts": [tokenizer.decode(ids) for ids in encoded.prompts],
        "label_ids": [ids[0] for ids in encoded.continuations],
        "labels": [tokenizer.decode(ids[:1]) for ids in encoded.continuations],
        "whole_file": {
            "prompts": len(whole.prompts),
            "tokens": whole.tokens,
            "tree": tree_tokens(whole.prompts),
        },
        "hash": hashlib.sha256(repr(encoded.prompts).encode()).hexdigest(),
    }


def _engine(engine: str, inputs: dict[str, Any]) -> tuple[Any, list[int]]:
    """A function that scores so many prompts, and a list to which the tokens of each pass are added."""
    model, longest = inputs["model"], max(map(len, inputs["ids"]))
    if engine == "ours":
        import score_ours

        ours = score_ours.engine(model, longest)
        read = counted_requests(ours._engine)
        return lambda count: score_ours.scores(ours, inputs["ids"][:count], inputs["label_ids"]), read
    if engine == "transformers_loop":
        import score_transformers

        loop = score_transformers.engine(model)
        read = counted_passes(loop[0])
        return lambda count: score_transformers.scores(loop, inputs["texts"][:count], inputs["label_ids"]), read
    import score_lm_eval

    harness = score_lm_eval.engine("hf" if engine == "lm_eval_hf" else "vllm", model, longest)
    read = counted_passes(harness.model) if engine == "lm_eval_hf" else counted_requests(harness.model)
    return lambda count: score_lm_eval.scores(harness, inputs["texts"][:count], inputs["labels"]), read


def misses(medians: dict[str, float], raw: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Targets that are missed, and programs that do not score the same."""
    import numpy as np

    found = []
    for name in SETS:
        print("\n".join(bounds_told(name, medians, {engine: raw[f"{name} {engine}"][0] for engine in ENGINES})))
        ours = medians[f"{name} ours"]
        for engine, target in FASTER.items():
            times = ours / medians[f"{name} {engine}"]
            if times < target:
                found.append(f"{name}: ours is {times:.1f} times as fast as {engine}, target {target:.0f}")
        reference = np.array(raw[f"{name} ours"][0]["scores"])
        for engine in ENGINES[1:]:
            scores = np.array(raw[f"{name} {engine}"][0]["scores"])
            apart, same = np.abs(scores - reference).max(), (scores.argmax(1) == reference.argmax(1)).mean()
            if apart > CLOSE or same < 1:
                found.append(f"{name}: {engine} differs from ours by {apart:.1e}, same label in {same:.1%}")
    return found
