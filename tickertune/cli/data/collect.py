"""``tickertune data collect``: fetch a window, the newest items, or the files of a data set."""

import asyncio
from functools import partial
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
    holdings,
    moment_of,
    narrowed,
    scope_of,
    settings_of,
)
from tickertune.cli.output import print_json, print_table
from tickertune.core.errors import TickerTuneError
from tickertune.core.progress import progress_bar

if TYPE_CHECKING:
    from data_pipeline.acquisition import collect as engine
    from data_pipeline.sources.protocol import Scope

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
    folder: Any,
    again: bool,
    own_hosts: list[str] | None,
) -> "list[engine.Outcome]":
    from data_pipeline.acquisition.client import PoliteClient, utc_now
    from data_pipeline.acquisition.collect import check_wanted
    from data_pipeline.acquisition.collect import collect as run
    from data_pipeline.acquisition.jobs import open_range_job
    from data_pipeline.acquisition.store import Store
    from data_pipeline.sources.protocol import Window
    from data_pipeline.sources.registry import get_source

    start = moment_of(since, "--since") if since is not None else None
    end = moment_of(until, "--until") if until is not None else utc_now()
    if start is not None and start >= end:
        raise TickerTuneError(f"The window {since} to {until or 'now'} is empty", "Give an end after the start")
    scopes = {name: narrowed(scope, name) for name in names}
    for name in names:
        mode = "range" if start is not None else "file" if scopes[name].path is not None else "stream"
        check_wanted(get_source(name), scopes[name], mode)  # type: ignore[arg-type]
    outcomes = []
    with Store(folder) as store:
        for name in names:
            window = None if start is None else Window(since=start, until=end)
            if start is not None and until is None and (open_job := open_range_job(store, name, scopes[name], start)):
                window = open_job[1]

            with progress_bar(name, total=1) as bar:

                def tell(states: dict[str, int], new: Any, bar: Any = bar) -> None:
                    bar.grow(sum(states.values()))
                    bar.advance()

                async with PoliteClient(settings_of(own_hosts), partial(store.record_answer, name)) as client:
                    outcomes.append(
                        await run(store, get_source(name), client, scopes[name], window, again=again, progress=tell)
                    )
    return outcomes


def _facts(outcome: "engine.Outcome") -> dict[str, Any]:
    return vars(outcome) | {"new": dict(outcome.new), "until": outcome.until and outcome.until.isoformat()}


def _row(outcome: "engine.Outcome") -> dict[str, Any]:
    return {
        "source": outcome.source,
        "state": outcome.state,
        "new": holdings(outcome.new),
        "seen again": outcome.new["seen_again"],
        "quarantined": outcome.new["quarantined"],
        "failed": len(outcome.failed),
        "why": outcome.reason,
    }
