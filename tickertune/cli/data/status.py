"""``tickertune data status``: what the store holds of each source."""

from tickertune.cli.data.options import STORE, JsonOption, StoreOption, holdings
from tickertune.cli.output import print_json, print_table


def status(store: StoreOption = STORE, as_json: JsonOption = False) -> None:
    """Show each source's cursor, last success, documents, bars, quarantined items, and lag."""
    from data_pipeline.acquisition.status import status as read
    from data_pipeline.acquisition.store import Store

    with Store(store, create=False) as opened:
        rows = read(opened)
    if as_json:
        print_json(rows)
    else:
        shown = ("source", "cursor", "last success", "holds", "quarantined", "open jobs", "lag (h)")
        kinds = ("document", "bar", "action", "instrument", "observation")
        for row in rows:
            row["holds"] = holdings({kind: row[f"{kind}s"] for kind in kinds})
        print_table(f"Store {store}", [{name: row[name] for name in shown} for row in rows])
        for row in rows:
            if row["trouble"]:
                print(f"- {row['source']}: {row['trouble']}")
