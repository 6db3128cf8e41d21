"""Words, found at blanks where a text allows it, are those that a search finds."""

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.curation.deduplication import words

PIECES = ["acme", "u.s.", "5%", "%5", "$AAPL", "a$b", "at&t", "don't", "'quoted'", "...", "--", "-3.5%", "x-", "\n", "  ", "(so)",
          "“”", "é", "中文。", "1,000.5", "@me", "#tag", "$", "a/b/", ".", ",", "\t", "wor…", "RT @x:", "https://x.co/a", "%", "a..b"]  # fmt: skip
texts = st.lists(st.sampled_from(PIECES), max_size=8).flatmap(
    lambda parts: st.sampled_from(["", " "]).map(lambda blank: blank.join(parts))
)


@settings(max_examples=150, deadline=None)
@given(st.lists(texts, min_size=1, max_size=12))
def test_words_are_those_that_a_search_finds(some: list[str]) -> None:
    table = pl.DataFrame({"text": some})
    searched = table.select(words.bare(pl.col("text")).str.extract_all(words._WORD)).to_series()
    assert words.words_of(table["text"]).to_list() == searched.to_list()


def test_empty_texts_have_no_words() -> None:
    assert words.words_of(pl.Series(["", "!?", "acme"])).to_list() == [[], [], ["acme"]]
    assert words.words_of(pl.Series([], dtype=pl.String)).to_list() == []
