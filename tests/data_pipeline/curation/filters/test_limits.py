from collections import Counter

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.curation.filters.limits import quality_filter
from data_pipeline.curation.filters.repetition import (
    duplicate_lines,
    duplicate_ngrams,
    duplicate_paragraphs,
    repeats,
    top_ngram,
)
from data_pipeline.curation.filters.words import words_of
from tests.data_pipeline.nouns import document, documents
from tickertune.core.recipe import LanguageConfig, QualityConfig

PROSE = (
    "The company said on Monday that profit rose by a tenth as sales of phones grew in every market that it serves. "
    "Analysts had expected less, and the shares gained after the report. Its chief executive told investors that costs "
    "would fall further next year, while a new plant in the north is to open before summer. Demand from carmakers, "
    "he added, is stronger than it has been for years, though prices of raw materials remain a worry for the board."
)


def said(text: str, config: QualityConfig | None = None, **fields: object) -> tuple[str | None, str | None]:
    table = documents(document("a", text, **fields))
    texts = pl.Series([text])
    row = quality_filter(table, texts, words_of(texts), config or QualityConfig(), LanguageConfig()).row(0)
    return row[0], row[1]


def test_prose_and_headlines_stay() -> None:
    assert said(PROSE) == (None, None)
    for title in (
        "Apple beats estimates",
        "$AAPL Q3 EPS $1.85 vs. $1.81 est.",
        "Fed hikes 25bp!",
        "U.S. CPI +0.2% m/m",
    ):
        assert said(title) == (None, None)


@pytest.mark.parametrize(
    ("text", "reason", "bound"),
    [
        ("Apple", "length", "min_words"),
        (
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb cccccccccccccccccccccc",
            "length",
            "max_mean_word",
        ),
        ("\u2605\u2605\u2605 \u2605\u2605\u2605 buy \u2605\u2605\u2605", "characters", "max_special"),
        ("1156.00 1147.51 1139.06 1130.64 AAPL support", "characters", "max_digits"),
        ("so.... what!!!!!!! ??????", "characters", "max_punctuation"),
        ("#a #b #c #d apple", "characters", "max_symbol_words"),
        ("sell now sell now sell now sell now", "repetition", "max_top_ngram 2"),
        (" ".join(["Profit margins shrink"] * 30), "stop_words", "min_stop_words"),
        (f"{PROSE}\n{PROSE}", "repetition", "max_duplicate_lines"),
        (PROSE + " " + PROSE, "repetition", "max_duplicate_ngrams 5"),
        ("the and of " + "12.5 99.1 7.25 " * 40, "characters", "max_digits"),
    ],
)
def test_each_bound_names_itself(text: str, reason: str, bound: str) -> None:
    found = said(text)
    assert found[0] == reason
    assert found[1] is not None
    assert found[1].startswith(bound)


def test_a_bound_of_the_recipe_counts() -> None:
    strict = QualityConfig.model_validate({"short": {"min_words": 5}})
    assert said("Apple beats estimates", strict)[1] == "min_words 3, bound 5"
    assert said("Apple", QualityConfig.model_validate({"short": {"min_words": None}})) == (None, None)


def test_posts_are_short_texts_and_stop_words_are_english() -> None:
    no_stop_words = " ".join(f"Profit{letter} margin{letter}x" for letter in "abcdefghijklmnopqrstuvwxyzabcdefghi")
    strict = QualityConfig.model_validate(
        {"article": {"max_top_ngram": {}, "max_duplicate_ngrams": {}, "max_mean_word": 20}}
    )
    assert said(no_stop_words, strict)[0] == "stop_words"
    assert said(no_stop_words, strict, category="social")[0] is None
    assert said(no_stop_words, strict, market="CN")[0] is None


def test_no_documents_give_no_verdicts() -> None:
    texts = pl.Series([], dtype=pl.String)
    assert quality_filter(documents(), texts, words_of(texts), QualityConfig(), LanguageConfig()).height == 0


word_lists = st.lists(st.lists(st.sampled_from("abcd"), max_size=14), min_size=1, max_size=5)


@settings(deadline=None)
@given(word_lists, st.integers(2, 5))
def test_runs_of_words_are_those_counted_one_by_one(lists: list[list[str]], n: int) -> None:
    words = words_of(pl.Series([" ".join(words) for words in lists], dtype=pl.String))
    top, again, most_often = top_ngram(words, n), duplicate_ngrams(words, n), repeats(words, n)
    for text, tokens in enumerate(lists):
        runs = [tuple(tokens[at : at + n]) for at in range(len(tokens) - n + 1)]
        most = max(Counter(runs).values(), default=0)
        assert top[text] == pytest.approx(min(most * n / len(tokens), 1.0) if most > 1 else 0.0)
        covered = {at + step for at, run in enumerate(runs) if run in runs[:at] for step in range(n)}
        assert again[text] == pytest.approx(len(covered) / max(len(tokens), 1))
        assert most_often[text] == most


@settings(deadline=None)
@given(word_lists, st.integers(1, 4), st.integers(0, 9), st.integers(0, 9))
def test_texts_that_are_not_measured_lie_within_the_bounds(
    lists: list[list[str]], n: int, top_bound: int, again_bound: int
) -> None:
    texts = pl.Series([" ".join(words) for words in lists], dtype=pl.String)
    words = words_of(texts)
    limits = {"min_words": None, "max_mean_word": None, "max_top_ngram": {}, "min_alphabetic_words": None}
    for name, bound, exact in (
        ("max_top_ngram", top_bound / 10, top_ngram), ("max_duplicate_ngrams", again_bound / 10, duplicate_ngrams)
    ):  # fmt: skip
        config = QualityConfig.model_validate({"short": {**limits, name: {n: 1.0, n + 1: bound}}})
        table = documents(*(document(str(number), text) for number, text in enumerate(texts)))
        said = quality_filter(table, texts, words, config, LanguageConfig())
        broken = (exact(words, n + 1) > bound) | (exact(words, n) > 1.0)
        assert said["reason"].is_not_null().to_list() == broken.tolist()


def test_lines_and_paragraphs_that_stood_before() -> None:
    long = "x" * 300
    texts = pl.Series(["a\nb\na", "", f"{long}\nshort\n{long}", "one"])
    assert duplicate_lines(texts) == pytest.approx([1 / 3, 0, 300 / 605, 0])
    assert duplicate_paragraphs(texts) == pytest.approx([0, 0, 0.5, 0])


def test_links_are_no_words_and_texts_keep_their_place() -> None:
    words = words_of(pl.Series(["", "see https://t.example/abc now", "", "Now!"]))
    assert words.counts.tolist() == [0, 2, 0, 1]
    assert words.owner.tolist() == [1, 1, 3]
    assert words.hashes[1] == words.hashes[2]
    assert np.array_equal(words.sums(words.lengths), [0, 6, 0, 4])
