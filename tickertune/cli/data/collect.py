"""``tickertune data collect``: fetch a window, the newest items, or the files of a data set."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tickertune.cli.data.options import (
    STORE,
    JsonOption,
    OwnHostOption,
    PathOption,
    QueryOption,
    SourceOption,
    StoreOption,
    SymbolsOption,
    UrlOption,
    check_taken,
    holdings,
    mode_of,
    moment_of,
    narrowed,
    scope_of,
    settings_of,
)
from tickertune.cli.output import print_json, print_table
from tickertune.core.disk import is_disk_full
from tickertune.core.errors import TickerTuneError
from tickertune.core.progress import progress_bar

if TYPE_CHECKING:
    from data_pipeline.acquisition import collect as engine
    from data_pipeline.acquisition.client import PoliteClient
    from data_pipeline.acquisition.store import Store
    from data_pipeline.sources.protocol import Scope, Window

EXIT_FAILED = 1


def collect(
    source: SourceOption,
    since: Annotated[
        str | None, typer.Option(help="Start of the window, a date (UTC) or a time with its zone.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="End of the window, exclusive (default: now).")] = None,
    symbols: SymbolsOption = "",
    query: QueryOption = None,
    url: UrlOption = None,
    path: PathOption = None,
    store: StoreOption = STORE,
    again: Annotated[bool, typer.Option("--again", help="Ask a window that is collected already once more.")] = False,
    own_host: OwnHostOption = None,
    as_json: JsonOption = False,
) -> None:
    """Collect from one or more sources into the store; the same command resumes what was stopped or killed.

    With --since a window of publication times; with --path the files of a data set; else the newest items.
    """
    from data_pipeline.sources.registry import get_source

    for name in source:
        get_source(name)
    if until is not None and since is None:
        raise TickerTuneError("--until has no --since", "Give the start of the window, too")
    scope = scope_of(symbols, query, url, path)
    outcomes = asyncio.run(_all(source, since, until, scope, store, again, own_host))
    failed = any(outcome.state == "failed" for outcome in outcomes)
    if as_json:
        print_json([_facts(outcome) for outcome in outcomes])
    else:
        print_table(f"Collected into {store}", [_row(outcome) for outcome in outcomes])
        for outcome in outcomes:
            if outcome.state == "paused" and outcome.until is not None:
                moment = f"{outcome.until:%Y-%m-%d %H:%M} UTC"
                print(f"{outcome.source} is paused until {moment} ({outcome.reason}); the same command goes on then.")
            elif outcome.state == "done" and outcome.reason:
                print(f"{outcome.source}: {outcome.reason}")
    if failed:
        reasons = "; ".join(f"{outcome.source}: {outcome.reason}" for outcome in outcomes if outcome.state == "failed")
        typer.echo(
            f"Error: {reasons}. What was answered is stored; run the same command again to ask the rest.", err=True
        )
        raise typer.Exit(EXIT_FAILED)


async def _all(
    names: list[str],
    since: str | None,
    until: str | None,
    scope: "Scope",
    folder: Path,
    again: bool,
    own_hosts: list[str] | None,
) -> "list[engine.Outcome]":
    from data_pipeline.acquisition.client import PoliteClient, utc_now
    from data_pipeline.acquisition.jobs import windows_to_now
    from data_pipeline.acquisition.store import Store
    from data_pipeline.acquisition.wanted import check_wanted
    from data_pipeline.sources.protocol import Window
    from data_pipeline.sources.registry import get_source

    start = moment_of(since, "--since") if since is not None else None
    end = moment_of(until, "--until") if until is not None else utc_now()
    if start is not None and start >= end:
        raise TickerTuneError(f"The window {since} to {until or 'now'} is empty", "Give an end after the start")
    check_taken(scope, names)
    scopes = {name: narrowed(scope, name) for name in names}
    for name in names:
        check_wanted(get_source(name), scopes[name], mode_of(scopes[name], start is not None))
    outcomes = []
    with Store(folder) as store:
        async with PoliteClient(settings_of(own_hosts), store.record_answer) as client:
            for name in names:
                windows: list[Window | None] = [None if start is None else Window(since=start, until=end)]
                if start is not None and until is None and not again:
                    windows = [*windows_to_now(store, name, scopes[name], start, end)]
                outcomes.append(await _one(store, name, client, scopes[name], windows, again))
    return outcomes


async def _one(
    store: "Store", name: str, client: "PoliteClient", scope: "Scope", windows: "list[Window | None]", again: bool
) -> "engine.Outcome":
    """Collect the windows of one source, one after another, and say how that ended."""
    from data_pipeline.acquisition.collect import Outcome
    from data_pipeline.acquisition.collect import collect as run
    from data_pipeline.sources.registry import get_source

    total = Outcome(name)
    with progress_bar(name, total=1) as bar:

        def tell(states: dict[str, int], new: Any) -> None:
            bar.grow(sum(states.values()))
            bar.advance()

        for window in windows:
            try:
                outcome = await run(store, get_source(name), client, scope, window, again=again, progress=tell)
            except TickerTuneError as error:
                if is_disk_full(error.__cause__):
                    raise
                outcome = Outcome(name, "failed", str(error))
            outcome.new += total.new
            total = outcome
            if outcome.state != "done":
                break
    return total


def _facts(outcome: "engine.Outcome") -> dict[str, Any]:
    return vars(outcome) | {"new": dict(outcome.new), "until": outcome.until and outcome.until.isoformat()}


def _row(outcome: "engine.Outcome") -> dict[str, Any]:
    return {
        "source": outcome.source,
        "state": outcome.state,
        "new": holdings(outcome.new),
        "seen again": outcome.new["seen_again"],
        "quarantined": outcome.new["quarantined"],
        "gone": outcome.new["gone"],
        "failed": len(outcome.failed),
    }
