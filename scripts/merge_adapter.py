"""Merge an adapter (LoRA, rsLoRA, DoRA, or QLoRA: into its base rounded to NF4) and report how faithful the result is.

Above a tolerance, of the merge or of the rounding after it, it refuses and writes nothing.

python scripts/merge_adapter.py runs/demo/planted/sft merged/ --model smollm2-135m
"""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from eval.checkpoint import checkpoint_of
from tickertune.cli.main import PlainErrors
from tickertune.core.recipe import ModelConfig
from tickertune.core.stage_facts import facts_near, noted_revision
from training.merge import DEFAULT_TOLERANCE, Tolerance, merge


def main(
    folder: Annotated[Path, typer.Argument(help="Folder of an adapter or of a training stage.")],
    output: Annotated[Path, typer.Argument(help="Folder of the merged model.")],
    model: Annotated[str, typer.Option(help="Base model: folder, Hub id or built-in.")],
    dtype: Annotated[str, typer.Option(help="bfloat16 or float32.")] = "bfloat16",
    tolerance: Annotated[
        float,
        typer.Option(
            help="Most that the merge may move the logits in float32: mean |delta| in their standard deviations."
        ),
    ] = DEFAULT_TOLERANCE.merge,
    rounding_tolerance: Annotated[
        float, typer.Option(help="Most that rounding to --dtype may move them, in the same unit.")
    ] = DEFAULT_TOLERANCE.rounding,
    revision: Annotated[
        str | None, typer.Option(help="Hub commit of the base; default: the one that the stage was trained on.")
    ] = None,
) -> None:
    """Merge an adapter into its base model."""
    with PlainErrors():
        checkpoint = checkpoint_of(
            "tuned", folder, ModelConfig(name=model, revision=revision or noted_revision(folder, model))
        )
        if not facts_near(folder):
            typer.echo(
                f"Warning: {folder} has no tickertune.json, so it is taken for an adapter on the base in {checkpoint.dtype}: one "
                "trained on a base in 4 bits would be merged wrongly",
                err=True,
            )
        fidelity = merge(checkpoint, output, dtype, Tolerance(tolerance, rounding_tolerance))
    print(output)
    for name, value in asdict(fidelity).items():
        print(f"{name}: {value:.6g}")


if __name__ == "__main__":
    typer.run(main)
