"""Samples of the data sets; what takes long is counted in ``test_recorded``."""

from pathlib import Path

from data_pipeline.sources.datasets import (
    astock,
    chrnn,
    fiqa,
    fnspid,
    fomc,
    hub,
    investorbench,
    nwgi,
    phrasebank,
    stocknet,
    surge,
    tfns,
    tte,
    yahoo_articles,
)
from data_pipeline.sources.datasets.file_source import FileSource
from data_pipeline.sources.protocol import Request, Scope
from tests.data_pipeline.sources.sample import FIXTURES, Sample

HUB_CONTEXT = {"dataset": "acme/news", "title": "headline", "body": "text", "time": "date", "symbol": "tickers"}


def sample(source: FileSource, body: str, folder: str | None = None, **expected: int) -> Sample:
    """Make a sample of a file; ``folder`` is the fixture whose files the source plans (by default that of its name)."""
    folder = folder or source.info.name
    inside = body.removeprefix(f"{folder}/").removeprefix("shared:")
    name = inside.removesuffix(".xz").removesuffix(".zst")
    request = Request(url=f"file:{body}", expects=source.kind, context={"file": name})
    return Sample(source, request, body, expected, mode="file", content_type="", scope=Scope(path=FIXTURES / folder))


def hub_sample(body: str, step: str, **expected: int) -> Sample:
    """Make a sample of one step of the Hub's answers."""
    request = Request(
        url=f"https://datasets-server.huggingface.co/{step}",
        params={"offset": "0"},
        context={**HUB_CONTEXT, "step": step},
    )
    scope = Scope(
        query="dataset=acme/news title=headline body=text time=date; dataset=zoo title=text via=rows token=yes"
    )
    return Sample(hub.SOURCE, request, body, expected, mode="range", scope=scope)


FIQA = {"headline_ABSA_test": 100, "headline_ABSA_train": 336, "post_ABSA_test": 100, "post_ABSA_train": 575}
RECORDED = [
    *(
        sample(fiqa.SOURCE, f"shared:sentiment/fiqa_sa/task1_{part}.json", documents=count)
        for part, count in FIQA.items()
    ),
    # 4,846 lines, of which 8 repeat a sentence.
    sample(phrasebank.SOURCE, "shared:sentiment/FinancialPhraseBank-v1.0.zip", documents=4838),
    # 1,984 rows, of which 45 repeat a sentence.
    sample(fomc.SOURCE, "shared:sentiment/fomc/lab-manual-split-combine-train-5768.xlsx", documents=1939),
    # 500 rows: 493 tweets by their ids, five of them twice, and two rows without an id.
    sample(surge.SOURCE, "shared:sentiment/surge_stock_sentiment/sentiment.csv", documents=495),
    sample(yahoo_articles.SOURCE, "shared:yahoo_articles/2017_processed.json.xz", documents=403),
    # 910 news texts, one 10-K, four 10-Qs.
    sample(investorbench.SOURCE, "shared:investorbench/jnj.json.zst", documents=915),
    sample(stocknet.SOURCE, "shared:stocknet/StockTable", instruments=88),
]
MADE = [
    sample(fiqa.SOURCE, "fiqa/task1_headline_ABSA_test.json", documents=2),
    sample(phrasebank.SOURCE, "phrasebank/FinancialPhraseBank-v1.0.zip", documents=3, quarantine=1),
    sample(tfns.SOURCE, "tfns/sent_valid.csv", documents=2),
    sample(fomc.SOURCE, "fomc/lab-manual-made.xlsx", documents=2, quarantine=1),
    sample(surge.SOURCE, "surge/sentiment.csv", documents=2),
    sample(nwgi.SOURCE, "nwgi/train-00000-of-00001.parquet", documents=2, quarantine=1),
    sample(yahoo_articles.SOURCE, "yahoo_articles/2018_processed.json", documents=4),
    sample(investorbench.SOURCE, "investorbench/acme.json", documents=4, quarantine=1),
    sample(stocknet.SOURCE, "stocknet/tweet/raw/ACME/2014-01-02", documents=2),
    sample(stocknet.SOURCE, "stocknet/tweet/raw/ACME/2014-01-03", documents=1, quarantine=2),
    sample(stocknet.SOURCE, "stocknet/price/raw/ACME.csv", bars=2, quarantine=2),
    sample(stocknet.SOURCE, "stocknet/StockTable", instruments=2),
    sample(stocknet.SOURCE, "stocknet_parquet/tweets_made.parquet", "stocknet_parquet", documents=2),
    sample(stocknet.SOURCE, "stocknet_parquet/prices_made.parquet", "stocknet_parquet", bars=2, quarantine=1),
    sample(chrnn.SOURCE, "chrnn/tweet/raw/ACME/2017-03-01", documents=1),
    sample(chrnn.SOURCE, "chrnn/tweet/preprocessed/ACME/2017-03-01", documents=2, quarantine=1),
    sample(chrnn.SOURCE, "chrnn/price/raw/ACME.csv", bars=1, quarantine=1),
    sample(tte.SOURCE, "tte/Trading_benchmark/evaluate_news.json", documents=3, quarantine=1),
    sample(tte.SOURCE, "tte/Event_detection/train.txt", documents=2),
    sample(tte.SOURCE, "tte/Domain_adaptation/dev.txt", documents=2),
    sample(astock.SOURCE, "astock/train.csv", documents=2, quarantine=1),
    sample(astock.SOURCE, "astock/ood.csv", documents=1),
    sample(fnspid.SOURCE, "fnspid/Stock_news/part.csv", documents=3, quarantine=1),
    sample(fnspid.SOURCE, "fnspid/full_history/acme.csv", bars=1, quarantine=1),
    hub_sample("hub/parquet.json", "files", follow=1, quarantine=1),
    hub_sample("hub/rows.json", "rows", documents=2, quarantine=1, follow=1),
    hub_sample("hub/part.parquet", "file", documents=2),
]
SAMPLES = [*RECORDED, *MADE]


def made(body: str) -> Sample:
    """Return the made sample with this body."""
    return next(found for found in MADE if found.body == body)


def fixture(folder: str) -> Path:
    """Return a fixture's folder."""
    return FIXTURES / folder
