"""``tickertune data rehydrate``: texts back into a data set that holds ids."""

from pathlib import Path
from typing import Annotated

import typer

from tickertune.cli.output import print_json, print_table
from tickertune.core.errors import TickerTuneError


def rehydrate(
    folder: Annotated[Path, typer.Argument(help="Folder of a data set that holds ids.")],
    output: Annotated[Path, typer.Option(help="Folder of the whole data set.")],
    store: Annotated[Path | None, typer.Option(help="Your store, of tickertune data collect.")] = None,
    source: Annotated[
        Path | None, typer.Option(help="Your copy of the source that the data set's recipe.yaml names.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Bring texts back from your own documents, by id and hash, and check the prompts by their hash.

    Without --store and --source, the recipe's own source is asked: enough for simulated data.
    """
    from data_pipeline.build.own_documents import own_documents
    from data_pipeline.dataset.hub import rehydrate as bring_back
    from tickertune.core.lock import folder_lock
    from tickertune.core.table import write_table

    if store is not None and source is not None:
        raise TickerTuneError("Both --store and --source are given", "Give one of them")
    documents, max_chars = own_documents(folder, store, source)
    with folder_lock(output):
        result = bring_back(folder, documents, max_chars, output / "dataset")
        write_table(result.missing, output / "missing.parquet", ["doc_id", "revision"])
    counts = {
        "samples": result.samples,
        "samples_lacking_a_text": result.samples_lacking,
        "documents_found": result.documents,
        "documents_missing": len(result.missing),
    }
    reasons = dict(result.missing.group_by("reason").len().sort("reason").rows())
    if as_json:
        print_json({"counts": counts, "missing": reasons, "prompt_hash_matches": result.prompt_hash_matches})
        return
    print_table(f"Written to {output}", [{"what": name, "n": count} for name, count in counts.items()])
    for reason, count in reasons.items():
        print(f"- {count} documents missing: {reason} (listed in {output / 'missing.parquet'})")
    print("Prompt hash: the published one." if result.prompt_hash_matches else "Prompt hash: not the published one.")
