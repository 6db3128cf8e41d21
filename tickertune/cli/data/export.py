"""``tickertune data export``: from the store to Parquet tables."""

from pathlib import Path
from typing import Annotated

import typer

from tickertune.cli.data.options import STORE, JsonOption, StoreOption
from tickertune.cli.output import print_json, print_table


def export(
    output: Annotated[Path, typer.Option(help="Folder for documents.parquet, bars.parquet …")],
    source: Annotated[
        list[str] | None, typer.Option("--source", help="Only these (default: all in the store).")
    ] = None,
    store: StoreOption = STORE,
    as_json: JsonOption = False,
) -> None:
    """Write what the store holds as Parquet tables that `data build` (kind: files) and any other program read."""
    from data_pipeline.acquisition.export import export as write
    from data_pipeline.acquisition.export import parsers
    from data_pipeline.acquisition.store import Store

    with Store(store, create=False) as opened:
        chosen, notes = parsers(opened, source)
        counts, left_out = write(opened, chosen, output)
        notes += left_out
    if as_json:
        print_json({"output": str(output), "rows": counts, "parsers": chosen, "notes": notes})
        return
    print_table(f"Written to {output}", [{"table": name, "rows": rows} for name, rows in counts.items()])
    for note in notes:
        print(f"- {note}")
