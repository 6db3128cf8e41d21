"""News joined to a price of its own day, although the price was made first."""

import numpy as np
import polars as pl

from data_pipeline.audit.leakage.finding import Finding
from data_pipeline.audit.leakage.view import View
from data_pipeline.labels.sessions import load_sessions

NAME = "after_hours"
FEW = 0.01


def check(view: View) -> list[Finding]:
    """Where entries are dates: compare the clock of the text with the open and the close of that session."""
    if not view.has("published") or view.dates("published") or not view.dates("entry") or not view.has("entry"):
        return []
    rows = view.frame.drop_nulls(["published", "entry"]).select(
        "row", "published", "entry", day=view.day("published"), session=view.day("entry")
    )
    same = rows.filter(pl.col("day") == pl.col("session"))
    if same.is_empty():
        return []
    first, last = same["session"].min(), same["session"].max()
    sessions = load_sessions(view.exchange, first, last)  # type: ignore[arg-type]
    index = sessions.index_of(same["session"].to_numpy())
    stamp = same["published"].dt.replace_time_zone(None).to_numpy().astype("datetime64[us]")
    trading = index >= 0
    after_close = pl.Series(trading & (stamp >= np.where(trading, sessions.closes[index], np.datetime64("NaT", "us"))))
    after_open = pl.Series(trading & (stamp >= np.where(trading, sessions.opens[index], np.datetime64("NaT", "us"))))
    late, inside = same.filter(after_close), same.filter(after_open & ~after_close)
    shown = ["row", "published", "entry"]
    found = []
    if late.height:
        found.append(
            view.finding(
                NAME, "error", late.height, rows.height,
                f"{late.height:,} rows join a text that came out after the close to that session's price",
                "Join news after the close to the next session",
                rows=late.select(shown), times=("published",),
            )
        )  # fmt: skip
    if inside.height >= FEW * rows.height:
        found.append(
            view.finding(
                NAME, "warning", inside.height, rows.height,
                f"{inside.height:,} rows join a text of trading hours to that session: its open came before the text",
                "If the return starts at the open, join such news to the next session, or start at the close",
                rows=inside.select(shown), times=("published",),
            )
        )  # fmt: skip
    return found
