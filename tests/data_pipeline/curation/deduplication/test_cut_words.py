"""The words that two texts are compared by."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.curation.deduplication.words import repost_key


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Profit rises, outlook unchang...", ["profit", "rises", "outlook"]),
        ("Profit rises \u2026 \n", ["profit", "rises"]),
        ("Profit\u2026 rises", ["profit", "rises"]),
        ("Profit... ...", ["profit"]),
        ("Profitabl...", []),
        ("...", []),
        ("", []),
    ],
)
def test_a_last_word_that_was_cut_is_no_word(text: str, words: list[str]) -> None:
    assert repost_key(text) == words


pieces = st.sampled_from(["profit", "up", "...", "..", "\u2026", " ", "\n", "\u00a0", "\u2003", "5.5"])


@given(st.lists(pieces, max_size=12).map("".join))
def test_the_cut_word_is_the_last_one_that_ends_in_dots(text: str) -> None:
    whole = re.sub(r"\S*(?:\.\.\.|\u2026)\s*$", "", text)
    assert repost_key(text) == repost_key(f"{whole} .")
