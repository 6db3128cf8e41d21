"""``tickertune data explain``: a document's whole story."""

from pathlib import Path
from typing import Annotated, Any

import typer

from tickertune.cli.data.options import JsonOption
from tickertune.cli.output import print_json, print_table


def explain(
    doc_id: Annotated[str, typer.Argument(help="Id of the document, as in documents.parquet or drops.parquet.")],
    data: Annotated[Path, typer.Option("--data", help="Folder of a data stage, as `tickertune data build` writes it.")],
    as_json: JsonOption = False,
) -> None:
    """Tell a document's story: revisions, what curation did and why, links with evidence, the samples that show it."""
    from data_pipeline.build.story import story

    found = story(data, doc_id)
    if as_json:
        print_json(found)
        return
    for revision in found["revisions"]:
        _print_revision(revision)
    if found["cluster"]:
        print_table("Says the same as", found["cluster"])
    if found["samples"]:
        print_table("Samples that show it", found["samples"])
    else:
        print("No sample shows it.")
    if found["withheld"]:
        print_table("Samples of its companies that were withheld soon after", found["withheld"])


def _print_revision(revision: dict[str, Any]) -> None:
    print(f"{revision['doc_id']}, revision {revision['revision']}: {revision['title'] or '(text not stored)'}")
    if revision["body"]:
        print(f"  {revision['body']}")
    if revision["available_at"]:
        print(f"  from {revision['source']}, published {revision['published_at']} ({revision['time_quality']}), "
              f"available {revision['available_at']}, licence {revision['licence']}")  # fmt: skip
    if revision["outcome"] == "kept":
        print("  kept")
    else:
        detail = f" ({revision['detail']})" if revision["detail"] else ""
        favour = f", in favour of {revision['survivor']}" if revision["survivor"] else ""
        print(f"  dropped: {revision['reason']}{detail}{favour}")
    for link in revision["links"]:
        print(f"  about {link['symbol']} ({link['instrument_id']}), by {link['evidence']}: {link['detail']}")
