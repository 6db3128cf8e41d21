import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.curation.filters.normalise import normalise_documents, normalise_text
from tests.data_pipeline.nouns import document, documents


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("AT&amp;T  rises\t5 %", "AT&T rises 5 %"),
        ("AT&amp;amp;T", "AT&T"),
        ("\uff04AAPL \uff55\uff50", "$AAPL up"),
        ("a\u200bb\u202ec\ufeff d\x07", "abc d"),
        ("one\r\n\r\n  two\u2028three ", "one\ntwo\nthree"),
        ("&#xFF06;lt;b&gt;", "<b>"),
        ("caf\u0065\u0301", "café"),
        ("", ""),
    ],
)
def test_text_takes_one_form(raw: str, clean: str) -> None:
    assert normalise_text(raw) == clean


entities = st.sampled_from(
    ["&amp;", "&lt;", "&#38;", "amp;", "\uff06", "\u200b", "&", "x", " ", "\n", "\u2026", "1", ";", "#"]
)


@given(st.text() | st.lists(entities).map("".join))
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise_text(text)
    assert normalise_text(once) == once


def test_title_becomes_one_line_and_other_columns_stay() -> None:
    raw = documents(document("a", "Profit\nup&#10;again", body="one \n\n two"))
    clean = normalise_documents(raw)
    assert clean["title"].to_list() == ["Profit up again"]
    assert clean["body"].to_list() == ["one\ntwo"]
    assert clean.drop("title", "body").equals(raw.drop("title", "body"))
