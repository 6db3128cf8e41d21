"""Bars of one series that were fetched on different days, and what a split or dividend in between makes of them.

A vendor's adjusted prices are restated by every later split (and, for total-return prices, dividend). Bars that were
fetched before and after such an event do not belong to one series: put side by side they show a jump that never was.
"""

import polars as pl

ADJUSTED = ("split_adjusted", "total_return")
PAYOUTS = ("cash_dividend", "spin_off")


def consistent_bars(bars: pl.DataFrame, actions: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """Make of bars that were fetched on different days series that belong together.

    - split_adjusted: bars that were fetched before a split are left out; where a cash payout came between two fetches,
      the vendor's ``adj_close`` of the whole series is left out, and labels take the payouts from the actions.
    - total_return: every payout restates the whole past, and the vendor may tell none: the newest day's bars stay.

    Args:
        bars: Bars with the further columns ``source`` and ``fetched_on`` (UTC date of the fetch).
        actions: Corporate actions.

    Returns:
        The bars that belong together, and a sentence for each series that lost something.
    """
    series = ["source", "instrument_id", "basis"]
    fetched = (
        bars.filter(pl.col("basis").is_in(ADJUSTED))
        .group_by(series)
        .agg(oldest=pl.col("fetched_on").min(), newest=pl.col("fetched_on").max())
        .filter(pl.col("oldest") < pl.col("newest"))
    )
    between = fetched.join(actions.select("instrument_id", "ex_date", "kind"), on="instrument_id").filter(
        (pl.col("ex_date") > pl.col("oldest")) & (pl.col("ex_date") <= pl.col("newest"))
    )
    adjusted = pl.col("basis") == "split_adjusted"
    splits = between.filter(adjusted & (pl.col("kind") == "split")).group_by(series).agg(since=pl.col("ex_date").max())
    whole = fetched.filter(~adjusted).select(*series, since="newest")
    stale = pl.col("since").is_not_null() & (pl.col("fetched_on") < pl.col("since"))
    marked = bars.join(pl.concat([splits, whole]), on=series, how="left")
    lost = marked.filter(stale).group_by("source", "instrument_id", "since").len().sort("source", "instrument_id")
    notes = [
        f"{row['source']}: {row['len']} bar(s) of {row['instrument_id']} were fetched before {row['since']}, when the series was "
        "restated; they are left out (collect their window once more with --again)"
        for row in lost.iter_rows(named=True)
    ]
    payouts = between.filter(adjusted & pl.col("kind").is_in(PAYOUTS)).select(series).unique().sort(series)
    notes += [
        f"{row['source']}: adj_close of {row['instrument_id']} is left out: a payout came between two fetches"
        for row in payouts.iter_rows(named=True)
    ]
    kept = marked.filter(~stale).drop("since").join(payouts.with_columns(paid=True), on=series, how="left")
    return kept.with_columns(adj_close=pl.when(pl.col("paid").is_null()).then("adj_close")).drop("paid"), notes
