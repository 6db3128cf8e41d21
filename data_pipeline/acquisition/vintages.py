"""Bars of one series that were fetched on different days, and what a split or dividend in between makes of them.

A vendor's adjusted prices are restated by every later split (and, for total-return prices, dividend). Bars that were
fetched before and after such an event do not belong to one series: put side by side they show a jump that never was.
"""

import polars as pl

ADJUSTED = ("split_adjusted", "total_return")


def consistent_bars(bars: pl.DataFrame, actions: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """Leave out bars that were fetched before an event which restated their series.

    Args:
        bars: Bars with the further columns ``source`` and ``fetched_on`` (UTC date of the fetch).
        actions: Corporate actions.

    Returns:
        The bars that belong together, and a sentence for each series that lost some.
    """
    restating = actions.filter(pl.col("kind").is_in(["split", "cash_dividend", "spin_off"])).select(
        "instrument_id", "ex_date", "kind"
    )
    series = bars.filter(pl.col("basis").is_in(ADJUSTED)).group_by("source", "instrument_id", "basis")
    newest = series.agg(newest=pl.col("fetched_on").max(), oldest=pl.col("fetched_on").min())
    events = (
        newest.filter(pl.col("oldest") < pl.col("newest"))
        .join(restating, on="instrument_id", how="left")
        .filter(
            (pl.col("ex_date") > pl.col("oldest"))
            & (pl.col("ex_date") <= pl.col("newest"))
            & ((pl.col("kind") == "split") | (pl.col("basis") == "total_return"))
        )
        .group_by("source", "instrument_id", "basis")
        .agg(event=pl.col("ex_date").max())
    )
    marked = bars.join(events, on=["source", "instrument_id", "basis"], how="left")
    stale = pl.col("event").is_not_null() & (pl.col("fetched_on") < pl.col("event"))
    lost = marked.filter(stale).group_by("source", "instrument_id", "event").len().sort("source", "instrument_id")
    notes = [
        f"{row['source']}: {row['len']} bar(s) of {row['instrument_id']} were fetched before the event of {row['event']}, which "
        "restated the series; they are left out (collect their window once more with --again)"
        for row in lost.iter_rows(named=True)
    ]
    return marked.filter(~stale).drop("event"), notes
