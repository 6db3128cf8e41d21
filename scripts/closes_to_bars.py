"""Write a table of closes (a column a ticker) as bars that the source ``price_files`` reads.

    python scripts/closes_to_bars.py CLOSES.csv.gz --since 2016-01-01 --until 2020-02-01 --basis total_return --output closes/

Each close stands for open, high and low too, and the volume is 0: made for labels from close to close (acl18, sep). A label or a
backtest that trades at the open must not be fed with them.
"""

import argparse
import sys
from datetime import date
from pathlib import Path

import polars as pl


def bars(closes: pl.DataFrame, since: date, until: date, basis: str) -> pl.DataFrame:
    """Return a row for each ticker and session of [since, until) that has a close; the first column holds the dates."""
    day, *tickers = closes.columns
    return (
        closes.with_columns(pl.col(day).cast(pl.Date).alias("session"))
        .filter(pl.col("session").is_between(since, until, closed="left"))
        .unpivot(tickers, index="session", variable_name="symbol", value_name="close")
        .drop_nulls("close")
        .with_columns(*(pl.col("close").alias(name) for name in ("open", "high", "low")), volume=0, basis=pl.lit(basis))
        .sort("symbol", "session")
    )


def main() -> int:
    """Write ``bars.parquet``; returns 1 where the table cannot be read or no close lies in the window."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("closes", type=Path)
    parser.add_argument("--since", type=date.fromisoformat, required=True)
    parser.add_argument("--until", type=date.fromisoformat, required=True, help="exclusive")
    parser.add_argument("--basis", choices=["traded", "split_adjusted", "total_return"], required=True)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    try:
        closes = pl.read_csv(options.closes, try_parse_dates=True)
        found = bars(closes, options.since, options.until, options.basis)
    except (OSError, pl.exceptions.PolarsError) as error:
        reason = str(error).splitlines()[0]
        print(
            f"{options.closes} is no table of dates and closes ({reason}): correct the path or the file",
            file=sys.stderr,
        )
        return 1
    if found.is_empty():
        print(
            f"{options.closes} has no close from {options.since} to {options.until}: correct the window",
            file=sys.stderr,
        )
        return 1
    options.output.mkdir(parents=True, exist_ok=True)
    found.write_parquet(options.output / "bars.parquet")
    print(f"{len(found)} closes of {found['symbol'].n_unique()} tickers in {options.output / 'bars.parquet'}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
