import ftfy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.curation.filters.normalise import TYPOGRAPHY, decoded, normalise_documents, normalise_text
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
        ("Apple\u00e2\u20ac\u2122s profit", "Apple\u2019s profit"),
        ("\u201cquoted\u201d \u2013 5\u00a0%\u2026", "\u201cquoted\u201d \u2013 5 %..."),
        ("", ""),
    ],
)
def test_text_takes_one_form(raw: str, clean: str) -> None:
    assert normalise_text(raw) == clean


MOJIBAKE = "\u00c3\u00c2\u00e2\u20ac\u2122\u02dc\u0153\u0178\u00a4\u00e9\u00ef\u2022\u00b6\x81\x9d\ufffd"
"""Characters of wrongly decoded UTF-8."""

entities = st.sampled_from(
    [
        *TYPOGRAPHY,
        *MOJIBAKE,
        "&amp;",
        "&lt;",
        "&#38;",
        "amp;",
        "\uff06",
        "\u200b",
        "&",
        "x",
        " ",
        "\n",
        "\u2026",
        "1",
        ";",
        "#",
    ]
)


@settings(deadline=None)
@given(st.text() | st.lists(entities).map("".join))
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise_text(text)
    assert normalise_text(once) == once


@settings(deadline=None)
@given(st.text(st.sampled_from([*TYPOGRAPHY, *MOJIBAKE, *"ab1 &;\n"]) | st.characters(max_codepoint=0x17F)))
def test_all_texts_at_once_are_as_one_by_one_and_what_needs_no_repair_is_not_repaired_by_ftfy(text: str) -> None:
    batch, _ = normalise_documents(documents(document("a", "title", body=text)))
    assert batch["body"][0] == normalise_text(text)
    assert decoded(text) == ftfy.fix_encoding(text)


def test_repaired_texts_are_counted() -> None:
    table = documents(document("a", "Apple\u00e2\u20ac\u2122s profit"), document("b", "caf\u00e9 \u201cX\u201d"))
    assert normalise_documents(table)[1] == 1


def test_title_becomes_one_line_and_other_columns_stay() -> None:
    raw = documents(document("a", "Profit\nup&#10;again", body="one \n\n two"))
    clean, repaired = normalise_documents(raw)
    assert repaired == 0
    assert clean["title"].to_list() == ["Profit up again"]
    assert clean["body"].to_list() == ["one\ntwo"]
    assert clean.drop("title", "body").equals(raw.drop("title", "body"))
