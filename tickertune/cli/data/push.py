"""``tickertune data push``: a data set to the Hub."""

from pathlib import Path
from typing import Annotated

import typer

from tickertune.cli.output import print_json
from tickertune.core.errors import TickerTuneError


def push(
    folder: Annotated[Path, typer.Argument(help="Folder of a data stage.")],
    repo: Annotated[str, typer.Option(help="Hub repository, OWNER/NAME.")],
    public: Annotated[bool, typer.Option("--public/--private", help="Make the repository public.")] = False,
    ids_only: Annotated[
        bool, typer.Option("--ids-only", help="Publish ids, addresses and hashes in place of texts.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write the package, and push nothing.")] = False,
    package: Annotated[
        Path | None, typer.Option(help="Folder of exactly what is pushed (default: FOLDER/package).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Push a data set with its card to the Hub; texts that may not be published are refused, or go as ids.

    The token comes from the environment variable HF_TOKEN. After a broken push, give the same command again.
    """
    from data_pipeline.dataset.hub import write_package
    from data_pipeline.dataset.licences import strictest
    from tickertune.core.hub import push as push_folder
    from tickertune.core.hub import token_from_environment
    from tickertune.core.lock import folder_lock

    if repo.count("/") != 1 or not all(repo.split("/")):
        raise TickerTuneError(f"'{repo}' names no repository", "Write --repo OWNER/NAME")
    if not dry_run:
        token_from_environment()
    target = package or folder / "package"
    with folder_lock(folder):
        info = write_package(folder, target, ids_only)
    pushed = None if dry_run else push_folder(target, repo, public, "dataset")
    files = sorted(str(path.relative_to(target)) for path in target.rglob("*") if path.is_file())
    licence = strictest(info.licences)
    if as_json:
        print_json({"package": str(target), "files": files, "licence": licence, "commit": pushed})
        return
    print(f"{target}: {len(files)} files, licence {licence}, {'ids only' if ids_only else 'with texts'}")
    print(f"Pushed: {pushed}" if pushed else "Nothing was pushed.")
