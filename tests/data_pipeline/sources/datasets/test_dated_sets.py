"""Data sets whose records have times: what was known when, and that no record's own answer is part of a document."""

import shutil
from datetime import UTC, date, datetime

import pytest

from data_pipeline.sources.datasets.astock import SOURCE as ASTOCK
from data_pipeline.sources.datasets.chrnn import SOURCE as CHRNN
from data_pipeline.sources.protocol import Cursor, RefusedResponse, Scope, Window
from tests.data_pipeline.sources.datasets.samples import MADE, fixture, made


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def test_stocknet_tweets_are_dated_by_created_at_not_by_the_file():
    first, night = made("stocknet/tweet/raw/ACME/2014-01-02").parse().documents
    assert first.doc_id == "stocknet:418746239561846784"
    assert night.published_at == night.available_at == utc(2014, 1, 2, 4, 30)
    assert (first.category, first.language, night.language) == ("social", "en", None)


def test_stocknet_unknown_fields_and_bad_lines_are_told():
    parsed = made("stocknet/tweet/raw/ACME/2014-01-03").parse()
    assert parsed.unknown_fields["Tweet.edit_count"] == 1
    assert [item.item.rpartition(":")[2] for item in parsed.quarantine] == ["1", "3"]


def test_stocknet_parquet_gives_a_tweet_once_with_all_its_tickers():
    both, falls = made("stocknet_parquet/tweets_made.parquet").parse().documents
    assert [link.instrument_id for link in both.symbols] == ["US:ACME", "US:GLOBX"]
    assert falls.published_at == utc(2014, 1, 2, 15, 30, 1)
    assert made("stocknet_parquet/tweets_made.parquet").parse().unknown_fields == {"Tweet.mood": 1}


def test_stocknet_bars_are_split_adjusted_and_doubtful_rows_set_aside():
    parsed = made("stocknet/price/raw/ACME.csv").parse()
    assert [(bar.session, bar.close, bar.adj_close, bar.basis) for bar in parsed.bars] == [
        (date(2014, 1, 2), 10.5, 10.1, "split_adjusted"),
        (date(2014, 1, 3), 11.0, 10.6, "split_adjusted"),
    ]
    assert [item.reason for item in parsed.quarantine] == [
        "the session stands there twice",
        "High is missing or not a number",
    ]


def test_chrnn_reads_tokens_without_ids_and_tweets_once():
    (once,) = made("chrnn/tweet/raw/ACME/2017-03-01").parse().documents
    assert once.doc_id == "chrnn:836938592384974848"
    words, again = made("chrnn/tweet/preprocessed/ACME/2017-03-01").parse().documents
    assert (words.title, words.url) == ("$ acme beats", None)
    assert again.published_at == utc(2017, 3, 1, 15, 30)
    assert [link.symbol for link in words.symbols] == ["ACME"]


def test_chrnn_leaves_out_the_copies_in_words_where_raw_tweets_are_there(tmp_path):
    window = Window(since=utc(2017, 1, 1), until=utc(2018, 1, 1))
    requests = CHRNN.plan(Cursor(), window, Scope(path=fixture("chrnn")))
    assert [request.context["file"] for request in requests] == ["price/raw/ACME.csv", "tweet/raw/ACME/2017-03-01"]
    shutil.copytree(fixture("chrnn") / "tweet" / "preprocessed", tmp_path / "tweet" / "preprocessed")
    (words,) = CHRNN.plan(Cursor(), window, Scope(path=tmp_path))
    assert words.context["file"] == "tweet/preprocessed/ACME/2017-03-01"


def test_chrnn_bars_with_a_close_above_the_high_are_set_aside():
    (item,) = made("chrnn/price/raw/ACME.csv").parse().quarantine
    assert item.reason == "open or close lies outside of low and high"


def test_edt_releases_are_known_to_the_minute_of_new_york():
    summer, stated, slashes = made("tte/Trading_benchmark/evaluate_news.json").parse().documents
    assert (summer.published_at, summer.available_at) == (utc(2020, 7, 21, 12, 30), utc(2020, 7, 21, 12, 31))
    assert (stated.published_at, stated.time_quality) == (utc(2020, 12, 1, 21, 5, 30), "minute")
    assert slashes.published_at == utc(2020, 3, 2, 15, 0)
    assert [link.symbol for link in summer.symbols] == ["ACME"]
    assert stated.symbols == []


def test_edt_events_are_words_without_tags():
    assert [found.title for found in made("tte/Event_detection/train.txt").parse().documents] == [
        "Acme splits its shares",
        "Globex reports",
    ]
    plain = made("tte/Domain_adaptation/dev.txt").parse().documents
    assert plain[0].title == "A dividend is a payment.\nIt may be special."
    assert {found.time_quality for found in plain} == {"unknown"}


def test_astock_times_symbols_and_repeats():
    parsed = made("astock/train.csv").parse()
    first, dated = parsed.documents
    assert first.published_at == utc(2019, 3, 26, 13, 18)
    assert (dated.time_quality, dated.available_at) == ("day", utc(2019, 3, 27, 16))
    assert [link.instrument_id for found in parsed.documents for link in found.symbols] == [
        "CN:000001.SZ",
        "CN:601991.SH",
    ]
    assert parsed.counts["repeated"] == 1
    (sample,) = made("astock/ood.csv").parse().documents
    assert (sample.published_at, sample.title) == (utc(2021, 3, 26, 13, 18), "丙公司公告回购计划。")
    with pytest.raises(RefusedResponse, match="neither TITLE nor text_a"):
        ASTOCK.parse(made("astock/ood.csv").response(b"DATE,close\n2021-03-26,1\n"))


def test_fnspid_midnight_is_a_day_and_an_article_comes_once():
    parsed = made("fnspid/Stock_news/part.csv").parse()
    talks, highs, russian = parsed.documents
    assert talks.published_at == talks.available_at == utc(2023, 12, 16, 23)
    assert [link.symbol for link in talks.symbols] == ["ACME", "GLOBX"]
    assert talks.body == "First line.\nSecond, with a comma."
    assert highs.time_quality == "day"
    assert (highs.published_at, highs.available_at) == (utc(2020, 6, 4, 10), utc(2020, 6, 6, 12))  # anywhere on earth
    assert (russian.language, russian.symbols) == ("ru", [])
    assert parsed.counts["rows_of_one_article"] == 1
    (bar,) = made("fnspid/full_history/acme.csv").parse().bars
    assert (bar.instrument_id, bar.adj_close) == ("US:ACME", 10.1)


def test_yahoo_articles_are_known_from_their_download_and_wrong_dates_are_unknown():
    parsed = made("yahoo_articles/2018_processed.json").parse()
    exact, dated, wrong, missing = parsed.documents
    assert (exact.published_at, exact.available_at) == (utc(2018, 6, 22, 18, 39), utc(2018, 6, 24, 14, 3, 26))
    assert (dated.time_quality, dated.available_at) == ("day", utc(2018, 11, 15, 21, 39, 58))
    assert (wrong.published_at, wrong.time_quality) == (None, "unknown")
    assert wrong.available_at == utc(2018, 12, 3, 19, 6, 12)
    assert missing.available_at == utc(2018, 12, 5, 10)
    assert parsed.counts["stamps_after_download"] == 1
    assert not parsed.unknown_fields
    assert [link.symbol for link in wrong.symbols] == ["ACME"]


def test_investorbench_verdicts_are_cut_off_and_days_end_in_new_york():
    raised, mixed, filing, _ = made("investorbench/acme.json").parse().documents
    assert raised.body == "Acme raised its outlook."
    assert mixed.body == "Acme (sentiment: mixed) is watched."
    assert (raised.time_quality, raised.available_at) == ("day", utc(2020, 7, 31, 4))
    assert (filing.category, filing.symbols[0].symbol) == ("filing", "ACME")


def test_surge_tweets_are_dated_by_their_ids():
    dated, undated = made("surge/sentiment.csv").parse().documents
    assert dated.published_at == utc(2022, 5, 17, 8, 48, 53, 599000)
    assert dated.time_quality == "minute"
    assert (dated.doc_id, dated.category) == ("surge:1526484891881377792", "social")
    assert (undated.time_quality, undated.available_at) == ("unknown", None)


ANSWERS = (
    "14.2",
    "15.0",
    "Positive",
    "Negative",
    "positive",
    "negative",
    "neutral",
    "HOOLI",
    "joy",
    "machine",
    "4808633",
    "0.9",
    "SS",
)


@pytest.mark.parametrize("sample", MADE, ids=lambda found: found.id)
def test_no_answer_of_a_record_is_in_a_document(sample):
    for document in sample.parse().documents:
        assert not [answer for answer in ANSWERS if answer in f"{document.title} {document.body}"]
        assert not {link.symbol for link in document.symbols} & {"HOOLI"}
