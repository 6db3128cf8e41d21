"""``tickertune scores``: show and merge stores of scores."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from tickertune.cli.output import print_json, print_table

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.callback()
def scores() -> None:
    """Stores of what engines answered: ``<evaluation>/store``, or where ``eval.store`` points."""


@app.command()
def show(
    store: Annotated[Path, typer.Argument(help="Folder of the store.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List what a store holds, a line a setting: samples that were answered, files, damaged files."""
    from eval.results import ResultStore

    rows: list[dict[str, Any]] = []
    for ledger in ResultStore(store, create=False).ledgers():
        setting = ledger.setting
        rows.append(
            {
                "setting": ledger.folder.name[:12],
                "model": setting.fingerprint[:12],
                "engine": setting.backend,
                "dtype": setting.dtype,
                "asked": setting.ask.kind,
                "samples": ledger.rows().height,
                "files": len(list(ledger.parts())),
                "damaged": len(ledger.damaged()),
            }
        )
    if as_json:
        print_json(rows)
    else:
        print_table(f"{store}", rows)


@app.command()
def merge(
    into: Annotated[Path, typer.Argument(metavar="INTO", help="Store that is added to; made where it is absent.")],
    others: Annotated[list[Path], typer.Argument(metavar="FROM...", help="Stores to add, such as another machine's.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Add what other stores hold; where the same sample has different answers nothing is written, and they are counted."""
    from eval.results import merge as merge_stores

    merged = asdict(merge_stores(into, others))
    if as_json:
        print_json(merged)
    else:
        print_table(f"{into}", [{"fact": name, "number": value} for name, value in merged.items()])
