"""StockNet (Xu and Cohen, ACL 2018): tweets about 88 US stocks, 2014-2016, and their daily prices.

The folder is either the data set's own layout (``tweet/raw``, ``price/raw``) or its parquet form
(``tweets_*.parquet``, ``prices_*.parquet``); a ``StockTable`` at its root gives names and sectors.
"""

from datetime import date

from data_pipeline.sources.base import SourceData
from data_pipeline.sources.quarantine import quarantine_frame
from data_pipeline.sources.stocknet import layout, parquet
from data_pipeline.sources.stocknet.tables import Parts, bars_of, documents_of, instruments_of
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import SourceConfig, StockNetSourceConfig

NOTES = (
    "StockNet (Xu and Cohen, ACL 2018): the data set is MIT-licensed; the tweets' text stays under the platform's "
    "terms and may not be redistributed.",
    "Tweets are a back-filled archive: available_at is created_at with a stated lag of 0. The day in a tweet's file "
    "name follows another zone and is not used.",
    "The data set collected tweets by searching for '$' and the ticker as a substring, so that 'U$D' stands under "
    "ticker D; such payload links need support in the text (linking).",
    "Prices are split-adjusted, not as traded; adj_close also reinvests dividends.",
    "The 88 stocks were chosen in 2017 by their size then: survivorship.",
    "Every instrument is put on XNYS: the NASDAQ keeps the same sessions and hours.",
)


def load(config: SourceConfig, since: date, until: date) -> SourceData:
    """Load tweets created in [since, until), by UTC day, and all bars of sessions before ``until``.

    Raises:
        TickerTuneError: The folder is missing, in neither form, damaged, lacks a column, holds naive
            times, or has no tweets or bars in the window.
    """
    assert isinstance(config, StockNetSourceConfig)
    if since >= until:
        raise TickerTuneError(f"The date range {since} to {until} is empty", "Give an end after the start")
    folder = config.path
    if not folder.is_dir():
        raise TickerTuneError(
            f"StockNet folder {folder} does not exist", "Correct the source's path or set TICKERTUNE_DATA"
        )
    if (folder / "tweet" / "raw").is_dir():
        parts = layout.read(folder)
    elif any(folder.glob("tweets_*.parquet")):
        parts = parquet.read(folder)
    else:
        raise TickerTuneError(
            f"Folder {folder} holds neither tweet/raw nor tweets_*.parquet",
            "Point to the root of the StockNet data set",
        )
    return _assemble(parts, since, until)


def _assemble(parts: Parts, since: date, until: date) -> SourceData:
    documents, counts = documents_of(parts.tweets, since, until)
    bars, set_aside = bars_of(parts.prices, until)
    instruments = instruments_of(parts)
    return SourceData(
        documents=documents,
        instruments=instruments,
        bars=bars,
        quarantine=quarantine_frame([*parts.quarantine, *set_aside]),
        counts=dict(sorted({**parts.counts, **counts}.items())),
        notes=list(NOTES),
    )
