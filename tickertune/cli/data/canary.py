"""``tickertune data canary``: one page of each configured source, to see what drifted."""

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tickertune.cli.data.options import (
    STORE,
    JsonOption,
    OwnHostOption,
    StoreOption,
    SymbolsOption,
    UrlOption,
    narrowed,
    scope_of,
    settings_of,
)
from tickertune.cli.output import print_json, print_table
from tickertune.core.progress import progress_bar

if TYPE_CHECKING:
    from data_pipeline.acquisition.canary import Finding

EXIT_DRIFT = 1


def canary(
    source: Annotated[list[str] | None, typer.Option("--source", help="Only these (default: all).")] = None,
    symbols: SymbolsOption = "AAPL,MSFT",
    url: UrlOption = None,
    store: StoreOption = STORE,
    own_host: OwnHostOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fetch one page of each configured source and report drift: unknown fields, items that do not fit, failures.

    Exits with 1 where a source drifted or failed; sources that lack a key or a scope are skipped and named.
    """
    from data_pipeline.sources.registry import all_sources, get_source

    names = source or [name for name, found in all_sources().items() if found.info.modes != ("file",)]
    for name in names:
        get_source(name)
    wanted = [(name, narrowed(scope_of(symbols, None, url, None), name)) for name in names]
    findings = asyncio.run(_run(wanted, store, own_host))
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        rows = [{**asdict(finding), "unknown": ", ".join(finding.unknown)} for finding in findings]
        print_table("Canary", rows)
    if any(finding.state in ("drift", "failed") for finding in findings):
        raise typer.Exit(EXIT_DRIFT)


async def _run(wanted: list[tuple[str, Any]], folder: Any, own_hosts: list[str] | None) -> "list[Finding]":
    from data_pipeline.acquisition.canary import canary as run
    from data_pipeline.acquisition.client import PoliteClient
    from data_pipeline.acquisition.store import Store
    from data_pipeline.sources.registry import get_source

    pairs = [(get_source(name), scope) for name, scope in wanted]
    with Store(folder) as store, progress_bar("canary", total=len(pairs)) as bar:
        async with PoliteClient(settings_of(own_hosts), store.record_answer) as client:
            return await run(store, client, pairs, told=lambda finding: bar.advance())
