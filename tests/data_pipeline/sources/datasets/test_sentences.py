"""Labelled sets: their sentences, each once, without labels and without a time."""

import io
import zipfile

import pytest

from data_pipeline.sources.datasets import fomc, nwgi, phrasebank
from data_pipeline.sources.protocol import RefusedResponse
from tests.data_pipeline.sources.datasets.samples import made


def test_phrasebank_is_latin_1_and_a_next_line_sign_ends_no_sentence():
    parsed = made("phrasebank/FinancialPhraseBank-v1.0.zip").parse()
    assert [found.title for found in parsed.documents] == [
        "Net sales of cafés rose .",
        "The board met .",
        "A line \x85 within a sentence .",
    ]
    assert parsed.counts["repeated"] == 1
    assert parsed.quarantine[0].item.endswith("Sentences_50Agree.txt:4")


def test_sentences_have_no_time_and_are_data_set():
    for body in (
        "phrasebank/FinancialPhraseBank-v1.0.zip",
        "tfns/sent_valid.csv",
        "fiqa/task1_headline_ABSA_test.json",
    ):
        for document in made(body).parse().documents:
            assert (document.category, document.time_quality) == ("dataset", "unknown")
            assert document.published_at is document.available_at is None


def test_a_sheet_gives_inline_and_shared_texts():
    titles = [found.title for found in made("fomc/lab-manual-made.xlsx").parse().documents]
    assert titles == ["The Committee decided to hold the range.", "Inflation eased."]


def packed(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize("content", [b"a" * (70 << 20), b"<sheet", b"<worksheet/>"])
def test_a_workbook_that_is_too_large_or_broken_is_refused(content):
    with pytest.raises(RefusedResponse):
        fomc.SOURCE.parse(made("fomc/lab-manual-made.xlsx").response(packed("xl/worksheets/sheet1.xml", content)))


def test_a_zip_bomb_in_place_of_the_sentences_is_refused():
    body = packed("FinancialPhraseBank-v1.0/Sentences_50Agree.txt", b"a" * (20 << 20))
    with pytest.raises(RefusedResponse, match="unpacks to more"):
        phrasebank.SOURCE.parse(made("phrasebank/FinancialPhraseBank-v1.0.zip").response(body))


def test_nwgi_reads_news_alone():
    sample = made("nwgi/train-00000-of-00001.parquet")
    assert [found.title for found in sample.parse().documents] == ["Acme plans a plant.", "Globex sues."]
    with pytest.raises(RefusedResponse, match="no readable parquet"):
        nwgi.SOURCE.parse(sample.response(sample.read()[:-9]))
