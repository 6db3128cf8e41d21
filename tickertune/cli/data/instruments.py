"""``tickertune data instruments``: the registry of what a symbol meant on a day."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from tickertune.cli.data.options import STORE, JsonOption, StoreOption
from tickertune.cli.output import print_json, print_table
from tickertune.core.errors import TickerTuneError


def instruments(
    files: Annotated[
        list[Path] | None,
        typer.Option("--from", help="CSV, JSONL or Parquet with symbol, name, exchange; may be given again."),
    ] = None,
    store: StoreOption = STORE,
    assume_since: Annotated[
        str | None,
        typer.Option(help="Day back to which a ticker of today is assumed to hold where nothing else is known of it."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Build the instrument registry from what the store holds and from your files; `data build` resolves symbols by it."""
    from data_pipeline.acquisition.collected import REGISTRY
    from data_pipeline.acquisition.export import parsers, table
    from data_pipeline.acquisition.store import Store
    from data_pipeline.instruments import build_registry
    from data_pipeline.instruments.registry import SORTED
    from tickertune.core.market import CorporateAction, Instrument
    from tickertune.core.table import write_table

    try:
        since = date.fromisoformat(assume_since) if assume_since is not None else None
    except ValueError:
        raise TickerTuneError(f"--assume-since '{assume_since}' is no date", "Write 2020-01-01") from None
    with Store(store, create=False) as opened:
        chosen, _ = parsers(opened)
        rows = [Instrument.model_validate(row) for row in table(opened, "instrument", chosen).to_dicts()]
        actions = [CorporateAction.model_validate(row) for row in table(opened, "action", chosen).to_dicts()]
    registry = build_registry(files or (), rows, actions, since)
    if not registry.spans:
        raise TickerTuneError(
            f"Store {store} holds no instrument",
            "Collect some (tickertune data collect --source edgar_submissions --symbols AAPL --since 2020-01-01), or give --from FILE",
        )
    write_table(registry.frame(), store / REGISTRY, SORTED)
    if as_json:
        print_json(
            {"registry": str(store / REGISTRY), "counts": registry.counts, "set_aside": registry.quarantine.to_dicts()}
        )
        return
    print_table(
        f"Registry {store / REGISTRY}", [{"what": name, "count": count} for name, count in registry.counts.items()]
    )
    for row in registry.quarantine.head(20).to_dicts():
        print(f"- set aside: {row['item']}: {row['reason']}")
