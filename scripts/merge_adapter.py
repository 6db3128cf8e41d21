"""Merge an adapter (LoRA, rsLoRA, DoRA, or QLoRA: into its base rounded to NF4) and report how faithful the result is.

Above the tolerance it refuses and writes nothing.

python scripts/merge_adapter.py runs/demo/planted/sft merged/ --model smollm2-135m
"""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from eval.checkpoint import checkpoint_of
from tickertune.cli.main import PlainErrors
from tickertune.core.recipe import ModelConfig
from training.merge import DEFAULT_TOLERANCE, Tolerance, merge


def main(
    folder: Annotated[Path, typer.Argument(help="Folder of an adapter or of a training stage.")],
    output: Annotated[Path, typer.Argument(help="Folder of the merged model.")],
    model: Annotated[str, typer.Option(help="Base model: folder, Hub id or built-in.")],
    dtype: Annotated[str, typer.Option(help="bfloat16 or float32.")] = "bfloat16",
    tolerance: Annotated[
        float, typer.Option(help="Most that a logit may differ from the adapter's.")
    ] = DEFAULT_TOLERANCE.max_abs,
    mean_tolerance: Annotated[
        float, typer.Option(help="Most that logits may differ on average.")
    ] = DEFAULT_TOLERANCE.mean_abs,
) -> None:
    """Merge an adapter into its base model."""
    with PlainErrors():
        checkpoint = checkpoint_of("tuned", folder, ModelConfig(name=model))
        fidelity = merge(checkpoint, output, dtype, Tolerance(tolerance, mean_tolerance))
    print(output)
    for name, value in asdict(fidelity).items():
        print(f"{name}: {value:.6g}")


if __name__ == "__main__":
    typer.run(main)
