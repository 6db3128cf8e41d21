"""``tickertune data``: from sources to data sets. A file a subcommand."""

from collections.abc import Callable
from typing import Any

import typer

from tickertune.cli.data import (
    audit,
    build,
    canary,
    collect,
    curate,
    explain,
    export,
    instruments,
    push,
    rehydrate,
    replay,
    show,
    sources,
    status,
    watch,
)

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Collect documents and prices, build data sets, look at both."
)

_COMMANDS: tuple[tuple[Callable[..., Any], dict[str, Any]], ...] = (
    (sources.sources, {}),
    (collect.collect, {}),
    (watch.watch, {}),
    (status.status, {}),
    (replay.replay, {}),
    (canary.canary, {}),
    (export.export, {}),
    (instruments.instruments, {}),
    (curate.curate, {}),
    (audit.audit, {}),
    (build.build, {"context_settings": {"allow_extra_args": True, "ignore_unknown_options": True}}),
    (show.show, {}),
    (explain.explain, {}),
    (push.push, {}),
    (rehydrate.rehydrate, {}),
)
for _function, _settings in _COMMANDS:
    app.command(**_settings)(_function)
