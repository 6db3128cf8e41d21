"""Recorded files that are too large for the contract suite, counted in another way than by the parser."""

import csv
import io
import json
import re
from datetime import datetime, timedelta

import polars as pl
import pytest

from data_pipeline.sources.datasets import investorbench, stocknet, surge, tfns, yahoo_articles
from data_pipeline.sources.social.snowflake import snowflake_time
from tests.data_pipeline.sources.datasets.samples import sample


def test_tfns_rows_are_all_read_each_text_once():
    train = sample(tfns.SOURCE, "shared:sentiment/tfns/sent_train.csv")
    texts = [row["text"].strip() for row in csv.DictReader(io.StringIO(train.read().decode(), newline=""))]
    parsed = train.parse()
    assert len(texts) == 9543 == parsed.counts["items"]
    assert [found.title for found in parsed.documents] == list(dict.fromkeys(texts))
    assert not parsed.quarantine


@pytest.mark.parametrize(("year", "articles", "midnights", "wrong"), [(2018, 407, 58, 6), (2019, 1588, 124, 7)])
def test_yahoo_articles_of_a_year(year, articles, midnights, wrong):
    recorded = sample(yahoo_articles.SOURCE, f"shared:yahoo_articles/{year}_processed.json.xz")
    records = json.loads(recorded.read())
    parsed = recorded.parse()
    assert len(records) == articles == len(parsed.documents)
    assert sum(record["date_publish"].endswith("00:00:00") for record in records) == midnights
    qualities = [found.time_quality for found in parsed.documents]
    assert qualities.count("unknown") == wrong == parsed.counts["stamps_after_download"]
    assert qualities.count("day") + wrong == midnights
    for record, document in zip(records, parsed.documents, strict=True):
        assert document.available_at == datetime.fromisoformat(record["date_download"])
    assert not parsed.unknown_fields


@pytest.mark.parametrize(("name", "news", "filings"), [("btc", 4959, 0), ("msft", 3634, 5)])
def test_investorbench_assets(name, news, filings):
    recorded = sample(investorbench.SOURCE, f"shared:investorbench/{name}.json.zst")
    days = json.loads(recorded.read())
    assert len({(date, text) for date, day in days.items() for text in day["news"]}) == news
    parsed = recorded.parse()
    assert [found.category for found in parsed.documents].count("news") == news
    assert [found.category for found in parsed.documents].count("filing") == filings
    assert not [found for found in parsed.documents if re.search(r"\(sentiment:", found.body[-40:], re.IGNORECASE)]
    assert {found.market for found in parsed.documents} == {"global" if name == "btc" else "US"}


def test_surge_dates_agree_with_the_dates_that_its_readme_shows():
    parsed = sample(surge.SOURCE, "shared:sentiment/surge_stock_sentiment/sentiment.csv").parse()
    assert [found.time_quality for found in parsed.documents].count("unknown") == 2
    days = {found.doc_id: f"{found.published_at:%B %d, %Y}" for found in parsed.documents if found.published_at}
    assert days["surge:1526484891881377792"] == "May 17, 2022"
    assert days["surge:1516118234352820225"] == "April 18, 2022"


@pytest.mark.slow
def test_stocknet_tweets_of_the_parquet_form():
    recorded = sample(stocknet.SOURCE, "shared:stocknet/tweets_raw_2014-01_2015-09.parquet")
    frame = pl.read_parquet(io.BytesIO(recorded.read()))
    parsed = recorded.parse()
    assert len(frame) == 92244 == parsed.counts["items"]
    assert len(parsed.documents) == frame["id"].n_unique() == 74849
    assert sum(len(found.symbols) for found in parsed.documents) == frame.select("id", "ticker").n_unique()
    assert not parsed.quarantine
    gaps = [found.published_at - snowflake_time(found.doc_id.partition(":")[2]).at for found in parsed.documents]
    late = [gap for gap in gaps if not timedelta(seconds=-1) < gap < timedelta(seconds=1)]
    assert len(late) == 1
    assert timedelta(0) < late[0] < timedelta(seconds=10)


@pytest.mark.slow
def test_stocknet_prices_of_the_parquet_form():
    recorded = sample(stocknet.SOURCE, "shared:stocknet/prices_raw_2012-09_2015-09.parquet")
    parsed = recorded.parse()
    assert len(parsed.bars) == pl.read_parquet(io.BytesIO(recorded.read())).height == 66100
    assert not parsed.quarantine
