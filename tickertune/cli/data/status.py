"""``tickertune data status``: what the store holds of each source."""

from tickertune.cli.data.options import STORE, JsonOption, StoreOption
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
        print_table(f"Store {store}", rows)
