"""``tickertune data replay``: parse again from the archive."""

from dataclasses import asdict
from typing import Annotated

import typer

from tickertune.cli.data.options import STORE, JsonOption, StoreOption
from tickertune.cli.output import print_json, print_table
from tickertune.core.errors import TickerTuneError
from tickertune.core.progress import progress_bar


def replay(
    source: Annotated[
        list[str] | None, typer.Option("--source", help="Whose answers (default: all sources in the store).")
    ] = None,
    store: StoreOption = STORE,
    as_json: JsonOption = False,
) -> None:
    """Parse the archived answers again, without the network, and tell what the parser changed.

    Records of the installed parser version are replaced; those of other versions stay beside them.
    """
    from data_pipeline.acquisition.replay import replay as run
    from data_pipeline.acquisition.store import Store
    from data_pipeline.sources.registry import all_sources, get_source

    results = []
    with Store(store, create=False) as opened:
        held = [row["source"] for row in opened.rows("SELECT DISTINCT source FROM responses ORDER BY source")]
        installed = [name for name in held if name in all_sources()]
        for name in source or installed:
            if name not in held:
                raise TickerTuneError(f"Store {store} has no answer of '{name}'", f"It has {', '.join(held) or 'none'}")
            with progress_bar(f"replay {name}", total=1) as bar:

                def tell(done: int, total: int, bar: object = bar) -> None:
                    bar.grow(total)  # type: ignore[attr-defined]
                    bar.advance(done - getattr(tell, "done", 0))  # type: ignore[attr-defined]
                    tell.done = done  # type: ignore[attr-defined]

                results.append(run(opened, get_source(name), tell))
    if as_json:
        print_json([asdict(result) for result in results])
        return
    rows = [
        {
            "source": result.source,
            "parser": result.parser,
            "answers": result.answers,
            "refused": result.refused,
            "records": result.records,
            "compared with": result.compared_with or "",
            "same": result.same,
            "changed": result.changed,
            "only before": result.only_before,
            "only now": result.only_now,
        }
        for result in results
    ]
    print_table(f"Replayed {store}", rows)
    if not source and (rest := sorted(set(held) - set(installed))):
        print(f"- left out, since no such source is installed: {', '.join(rest)}")
