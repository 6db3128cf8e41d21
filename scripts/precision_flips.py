"""How many labels a model answers otherwise in bfloat16 than in float32, on prompts of a built data set.

Each prompt is scored in both types by one engine; a flip is another most likely label. Printed are the flips with a 95% interval
(Wilson), and how near a tie the float32 answers were that flipped and that stayed. Prompts are drawn by the seed from the test split.

python scripts/precision_flips.py runs/bench/phrasebank --prompts 200 --model smollm2-135m
"""

from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import typer
from numpy.typing import NDArray
from scipy.stats import binomtest

from data_pipeline.dataset import read_info, read_split
from eval.backends.labels import label_logprobs
from eval.backends.transformers import TransformersBackend
from eval.checkpoint import base_checkpoint, checkpoint_of, materialise
from eval.scoring import Encoded, decide, encode
from tickertune.cli.main import PlainErrors
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import canonical_json
from tickertune.core.recipe import ModelConfig
from tickertune.core.tasks import LabelTask, label_task

BATCH = 8


def main(
    data: Annotated[Path, typer.Argument(help="Folder of a data stage.")],
    prompts: Annotated[int, typer.Option(min=1, help="Prompts of the test split; all where it has fewer.")] = 200,
    model: Annotated[str, typer.Option(help="Base model: folder, Hub id or built-in.")] = "smollm2-135m",
    adapter: Annotated[Path | None, typer.Option(help="A training stage on that model.")] = None,
    seed: Annotated[int, typer.Option(help="Draws the prompts.")] = 0,
) -> None:
    """Score prompts in float32 and in bfloat16 and print how many labels differ, as JSON."""
    with PlainErrors():
        print(canonical_json(measure(data, prompts, model, adapter, seed)))


def measure(data: Path, prompts: int, model: str, adapter: Path | None, seed: int) -> dict[str, object]:
    """Return the flips and what they were measured on.

    Raises:
        TickerTuneError: The test split is empty.
    """
    task = label_task(read_info(data).task)
    samples = read_split(data, "test")
    if samples.is_empty():
        raise TickerTuneError(f"{data} has no test samples", "Give the folder of a data stage with a test split")
    samples = samples.sample(min(prompts, samples.height), seed=seed).sort("sample_id")
    config = ModelConfig(name=model)
    checkpoint = base_checkpoint(config) if adapter is None else checkpoint_of("tuned", adapter, config)
    weights = materialise(checkpoint)
    encoded = encode(checkpoint.base, checkpoint.revision, task, samples)

    def score(dtype: Literal["float32", "bfloat16"]) -> NDArray[np.float64]:
        engine = TransformersBackend(weights.model, checkpoint.base, dtype, BATCH, weights.revision)
        return label_logprobs(engine, encoded.prompts, encoded.continuations, weights.adapter)

    return {
        "task": task.name,
        "model": model,
        "seed": seed,
        **flips(task, encoded, score("float32"), score("bfloat16")),
    }


def flips(
    task: LabelTask, encoded: Encoded, exact: NDArray[np.float64], rounded: NDArray[np.float64]
) -> dict[str, object]:
    """Compare the label log-probabilities [prompts, labels] of two types.

    Returns:
        Prompts, tokens, flips, their share with its interval, the largest |delta logprob|, and the median distance in
        log-probability between the two most likely labels in float32, of answers that flipped (None: of none) and of all.
    """
    before, after = ([decision.label for decision in decide(task, scores)[0]] for scores in (exact, rounded))
    flipped = np.array([first != second for first, second in zip(before, after, strict=True)])
    ordered = np.sort(exact, axis=1)
    margin = ordered[:, -1] - ordered[:, -2]
    count, total = int(flipped.sum()), len(flipped)
    interval = binomtest(count, total).proportion_ci(0.95, method="wilson")
    return {
        "prompts": total,
        "tokens": encoded.tokens,
        "flips": count,
        "share": count / total,
        "interval": [round(float(interval.low), 4), round(float(interval.high), 4)],
        "max_abs_logprob_difference": round(float(np.abs(exact - rounded).max()), 4),
        "median_margin_flipped": round(float(np.median(margin[flipped])), 4) if count else None,
        "median_margin": round(float(np.median(margin)), 4),
    }


if __name__ == "__main__":
    typer.run(main)
