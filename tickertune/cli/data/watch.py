"""``tickertune data watch``: stream many sources at once."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.live import Live
from rich.table import Table

from tickertune.cli.data.options import (
    STORE,
    JsonOption,
    OwnHostOption,
    QueryOption,
    SourceOption,
    StoreOption,
    SymbolsOption,
    UrlOption,
    narrowed,
    scope_of,
    settings_of,
)
from tickertune.cli.output import print_json, print_table
from tickertune.core.progress import console

if TYPE_CHECKING:
    from data_pipeline.acquisition.watch import Watched


def watch(
    source: SourceOption,
    symbols: SymbolsOption = "",
    query: QueryOption = None,
    url: UrlOption = None,
    store: StoreOption = STORE,
    looks: Annotated[int | None, typer.Option(min=1, help="Stop after so many looks at each source.")] = None,
    interval: Annotated[
        float | None, typer.Option(min=0, help="Seconds between two looks (default: each source's own).")
    ] = None,
    own_host: OwnHostOption = None,
    as_json: JsonOption = False,
) -> None:
    """Stream the newest items of many sources at once, until Ctrl-C; one source's trouble does not stop the others."""
    wanted = [(name, narrowed(scope_of(symbols, query, url, None), name)) for name in source]
    rows = [_row(row) for row in asyncio.run(_run(wanted, store, looks, interval, own_host))]
    if as_json:
        print_json(rows)
    else:
        print_table(f"Watched into {store}", rows)


async def _run(
    wanted: list[tuple[str, Any]], folder: Any, looks: int | None, interval: float | None, own_hosts: list[str] | None
) -> "list[Watched]":
    from data_pipeline.acquisition.client import PoliteClient
    from data_pipeline.acquisition.store import Store
    from data_pipeline.acquisition.watch import watch as run
    from data_pipeline.sources.registry import get_source

    pairs = [(get_source(name), scope) for name, scope in wanted]
    with Store(folder) as store, Live(console=console, refresh_per_second=2, transient=True) as live:

        def changed(table: "Sequence[Watched]") -> None:
            live.update(_table(table))

        async with PoliteClient(settings_of(own_hosts), store.record_answer) as client:
            return await run(store, client, pairs, looks=looks, interval=interval, changed=changed)


def _table(watched: "Sequence[Watched]") -> Table:
    rows = [_row(row) for row in watched]
    table = Table(title="Watching; Ctrl-C stops, the same command goes on", title_justify="left")
    for name in rows[0]:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(("" if value is None else str(value)) for value in row.values()))
    return table


def _row(row: "Watched") -> dict[str, Any]:
    return {
        "source": row.source.info.name,
        "state": row.state,
        "looks": row.looks,
        "documents": row.new["document"],
        "revisions": row.new["revisions"],
        "quarantined": row.new["quarantined"],
        "last success": f"{row.last_success:%H:%M:%S}" if row.last_success else None,
        "next look": f"{row.next_look:%H:%M:%S}" if row.next_look else None,
        "trouble": row.reason,
    }
