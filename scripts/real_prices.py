"""The real price files under ../shared/data as tables of bars, with the basis that each file truly has."""

import gzip
from datetime import date
from io import BytesIO
from pathlib import Path

import polars as pl

from data_pipeline.sources.stocknet import parquet
from data_pipeline.sources.stocknet.tables import bars_of
from tickertune.core.market import Bar, Instrument
from tickertune.core.table import schema_of

TRUE_BASIS = {
    "stocknet": "split_adjusted",
    "bokeh": "traded",
    "arch_nasdaq": "traded",
    "arch_sp500": "traded",
    "arch_vix": "traded",
    "skfolio_sp500": "total_return",
    "skfolio_factors": "total_return",
    "skfolio_index": "traded",
    "zipline_spy": "total_return",
}


def real_bars(name: str, shared: Path) -> pl.DataFrame:
    """Bars of a file; prices that are missing, not numbers or not positive are left out, as every loader does."""
    folder = shared / "prices"
    if name == "stocknet":
        parts = parquet.read(shared / "stocknet")
        return bars_of(parts.prices, date(2100, 1, 1))[0]
    if name == "bokeh":
        wide = csv(folder / "bokeh_stocks.csv.gz").rename({"Ticker": "instrument_id"})
        return full(wide.with_columns(pl.col("Date").str.to_date("%Y-%m-%d")), name)
    if name in ("arch_nasdaq", "arch_sp500"):
        wide = csv(folder / f"{name}.csv.gz").with_columns(instrument_id=pl.lit(name))
        return full(wide.with_columns(pl.col("Date").str.to_date("%m/%d/%Y")), name)
    if name == "arch_vix":
        wide = csv(folder / "arch_vix.csv.gz").with_columns(pl.col("Date").str.to_date("%m/%d/%Y"))
        return closes(wide, name)
    if name == "zipline_spy":
        wide = csv(folder / "zipline_SPY_benchmark.csv").with_columns(
            Date=pl.col("date").str.slice(0, 10).str.to_date("%Y-%m-%d"), SPY=100 * (1 + pl.col("return")).cum_prod()
        )
        return closes(wide.select("Date", "SPY"), name)
    files = {"skfolio_sp500": "sp500_dataset", "skfolio_factors": "factors_dataset", "skfolio_index": "sp500_index"}
    wide = csv(folder / f"skfolio_{files[name]}.csv.gz")
    return closes(wide.with_columns(pl.col("Date").str.to_date("%Y-%m-%d")), name)


def csv(path: Path) -> pl.DataFrame:
    """Read a CSV file, packed or not."""
    raw = path.read_bytes()
    return pl.read_csv(BytesIO(gzip.decompress(raw) if path.suffix == ".gz" else raw), infer_schema_length=None)


def full(wide: pl.DataFrame, name: str) -> pl.DataFrame:
    """Bars of a table with open, high, low, close and volume."""
    names = {"Date": "session", "Open": "open", "High": "high", "Low": "low", "Close": "close", "Volume": "volume"}
    bars = wide.rename({**names, "Adj Close": "adj_close"}).with_columns(basis=pl.lit(TRUE_BASIS[name]))
    return finite(bars)


def closes(wide: pl.DataFrame, name: str) -> pl.DataFrame:
    """Bars of a table with a column of closes for each instrument: all four prices repeat the close."""
    long = wide.unpivot(index="Date", variable_name="instrument_id", value_name="close").rename({"Date": "session"})
    same = {column: pl.col("close") for column in ("open", "high", "low")}
    return finite(long.with_columns(**same, volume=pl.lit(0.0), basis=pl.lit(TRUE_BASIS[name]), adj_close=pl.lit(None)))


def finite(bars: pl.DataFrame) -> pl.DataFrame:
    """Leave out rows without a positive price."""
    bars = bars.select([pl.col(column).cast(dtype, strict=False) for column, dtype in schema_of(Bar).items()])
    prices = pl.col("open", "high", "low", "close")
    priced = pl.all_horizontal(prices.is_finite(), prices > 0)
    return bars.filter(priced & pl.col("volume").is_not_null())


def listed(bars: pl.DataFrame) -> pl.DataFrame:
    """Instruments of the bars, on the New York calendar."""
    rows = [
        Instrument(instrument_id=name, symbol=name, exchange="XNYS", currency="USD", name=name).model_dump()
        for name in sorted(bars["instrument_id"].unique())
    ]
    return pl.DataFrame(rows, schema=schema_of(Instrument))
