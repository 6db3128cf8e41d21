"""Options that the subcommands share, and what they mean."""

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tickertune.core.errors import TickerTuneError

if TYPE_CHECKING:
    from data_pipeline.acquisition.settings import ClientSettings
    from data_pipeline.sources.protocol import Mode, Scope

STORE = Path(os.environ.get("TICKERTUNE_STORE", "store"))

StoreOption = Annotated[Path, typer.Option("--store", help="Folder of the store ($TICKERTUNE_STORE, else ./store).")]
SourceOption = Annotated[
    list[str],
    typer.Option("--source", help="Name of a source; may be given again. `tickertune data sources` lists them."),
]
SymbolsOption = Annotated[str, typer.Option("--symbols", help="Companies, such as AAPL,MSFT or 600519.SH.")]
QueryOption = Annotated[
    str | None, typer.Option("--query", help="Words to search for, or what the source calls a query.")
]
UrlOption = Annotated[
    list[str] | None, typer.Option("--url", help="Address of a feed or page, or a host; may be given again.")
]
PathOption = Annotated[Path | None, typer.Option("--path", help="Folder or file of a data set that you have.")]
OwnHostOption = Annotated[
    list[str] | None,
    typer.Option(
        "--own-host", help="A host of your own network that may be asked although it is private or without TLS."
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def scope_of(symbols: str, query: str | None, urls: list[str] | None, path: Path | None) -> "Scope":
    """Build a scope from the options.

    Raises:
        TickerTuneError: The path does not exist.
    """
    from data_pipeline.sources.protocol import Scope

    if path is not None and not path.exists():
        raise TickerTuneError(f"Path {path} does not exist", "Correct --path")
    names = tuple(dict.fromkeys(symbol.strip() for symbol in symbols.split(",") if symbol.strip()))
    given = {"symbols": names, "query": query, "urls": tuple(urls or ()), "path": path and path.resolve()}
    return Scope.model_validate({name: value for name, value in given.items() if value})


def check_taken(scope: "Scope", sources: Sequence[str]) -> None:
    """Refuse an option of which no named source takes notice.

    Raises:
        TickerTuneError: It would be left out in silence.
    """
    from data_pipeline.sources.registry import get_source

    flags = {"symbols": "--symbols", "query": "--query", "urls": "--url", "path": "--path"}
    for name in scope.model_fields_set:
        takes = [
            source for source in sources if name in (*get_source(source).info.needs, *get_source(source).info.accepts)
        ]
        if getattr(scope, name) and not takes:
            raise TickerTuneError(
                f"{' and '.join(sources)} take(s) no {flags[name]}",
                f"Leave out {flags[name]}, or name a source that takes it",
            )


def mode_of(scope: "Scope", dated: bool) -> "Mode":
    """Return what is wanted: a window, files, or the newest."""
    return "range" if dated else "file" if scope.path is not None else "stream"


def narrowed(scope: "Scope", source: str) -> "Scope":
    """Leave out of a scope what a source takes no notice of, so that one command line serves several sources."""
    from data_pipeline.sources.registry import get_source

    info = get_source(source).info
    taken = {*info.needs, *info.accepts}
    return type(scope).model_validate({name: value for name, value in dict(scope).items() if name in taken})


def moment_of(text: str, option: str) -> datetime:
    """Read a date (midnight UTC) or an ISO 8601 time with its zone.

    Raises:
        TickerTuneError: It is neither.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise TickerTuneError(f"{option} '{text}' is no date", "Write 2026-11-02 or 2026-11-02T14:30:00Z") from None
    if moment.tzinfo is None and len(text) > len("2026-11-02"):
        raise TickerTuneError(f"{option} '{text}' has no zone", "Add it: 2026-11-02T14:30:00Z")
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def holdings(counts: Mapping[str, int]) -> str:
    """Say what is counted by kind, such as ``20 documents, 3 revisions``; kinds without any are left out."""
    names = {"document": "documents", "bar": "bars", "action": "actions", "instrument": "instruments"}
    names |= {"observation": "observations", "revisions": "revisions"}
    return ", ".join(f"{counts[kind]:,} {name}" for kind, name in names.items() if counts.get(kind)) or "nothing"


def settings_of(own_hosts: list[str] | None) -> "ClientSettings":
    """Build the client's settings."""
    from data_pipeline.acquisition.settings import ClientSettings

    return ClientSettings(own_hosts=frozenset(own_hosts or ()))
