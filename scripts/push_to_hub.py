"""Push a tuned checkpoint with a generated model card, private unless told otherwise; the token comes from HF_TOKEN.

python scripts/push_to_hub.py runs/demo/planted/sft owner/name --model smollm2-135m --dry-run what-would-be-pushed/
"""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from eval.checkpoint import checkpoint_of
from tickertune.cli.main import PlainErrors
from tickertune.core.hub import push, token_from_environment
from tickertune.core.recipe import ModelConfig
from tickertune.core.stage_facts import noted_revision
from training.hub import origin_of, write_package


def main(
    stage: Annotated[Path, typer.Argument(help="Folder of a training stage, such as runs/demo/planted/sft.")],
    repository: Annotated[str, typer.Argument(help="Hub repository, owner/name.")],
    model: Annotated[str, typer.Option(help="Base model: folder, Hub id or built-in.")],
    base_id: Annotated[str | None, typer.Option(help="Hub id of the base, where it is a local folder.")] = None,
    licence: Annotated[str | None, typer.Option(help="Licence, by the Hub's short name; default: the base's.")] = None,
    cutoff: Annotated[
        str | None, typer.Option(help="When the base model's training data end, as its makers say.")
    ] = None,
    merge: Annotated[bool, typer.Option(help="Push the merged model and not the adapter.")] = False,
    public: Annotated[bool, typer.Option(help="Make the repository public.")] = False,
    revision: Annotated[
        str | None, typer.Option(help="Hub commit of the base; default: the one that the stage was trained on.")
    ] = None,
    dry_run: Annotated[Path | None, typer.Option(help="Write into this folder what would be pushed, and stop.")] = None,
) -> None:
    """Push a tuned checkpoint with a generated model card."""
    with PlainErrors(), tempfile.TemporaryDirectory() as temporary:
        if dry_run is None:
            token_from_environment()
        base = ModelConfig(name=model, revision=revision or noted_revision(stage, model))
        checkpoint = checkpoint_of(stage.resolve().name, stage, base)
        origin = origin_of(base, base_id, licence, cutoff)
        package = dry_run or Path(temporary) / "package"
        write_package(checkpoint, stage.resolve(), origin, repository.rpartition("/")[2], merge, package)
        print(package if dry_run else push(package, repository, public))


if __name__ == "__main__":
    typer.run(main)
