"""Bounds of quality: length, characters, stop words, repetition, apart for short texts and articles.

The measures follow Gopher (Rae et al. 2021) and ROOTS (Laurençon et al. 2022). Thresholds are the recipe's; each drop
says which bound and by how much. Reasons: ``length``, ``characters``, ``stop_words``, ``repetition``.
"""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data_pipeline.curation.filters import repetition
from data_pipeline.curation.filters.verdict import VERDICT_SCHEMA
from data_pipeline.curation.filters.word_lists import FUNCTION_WORDS
from data_pipeline.curation.filters.words import LINKS, Words, hashed, words_of
from tickertune.core.recipe import LanguageConfig, QualityConfig
from tickertune.core.recipe.curation import TextLimits

Measure = NDArray[np.float64]
Check = tuple[str, str, Callable[[], Measure], float | None, bool]
"""Reason, name of the bound, its measure, the bound, and whether it is an upper one."""

PUNCTUATION = r"[.,;:!?'\"()\-\u2018\u2019\u201c\u201d\u2013\u2014/]"
SPECIAL = r"[^\p{L}\p{M}\p{N}\s.,;:!?'\"()\-\u2018\u2019\u201c\u201d\u2013\u2014/&%$#@+*€£¥]"


def quality_filter(
    documents: pl.DataFrame, texts: pl.Series, config: QualityConfig, language: LanguageConfig
) -> pl.DataFrame:
    """Verdicts of the bounds: an article is judged by ``config.article``, all else by ``config.short``.

    Args:
        documents: Schema ``Document``: social posts are short texts, whatever their length.
        texts: Title and body of each.
        config: The recipe's bounds.
        language: Tells the markets whose texts are English, where stop words are counted.
    """
    sizes = texts.str.count_matches(r"\S+")
    article = (sizes >= config.article_words) & (documents["category"] != "social")
    english = pl.Series(
        [(language.keep.get(market) or [""])[0] == "en" for market in documents["market"]], dtype=pl.Boolean
    )
    reason = pl.repeat(None, len(documents), dtype=pl.String, eager=True)
    detail = reason.clone()  # scatter writes in place
    for rows, limits in ((article, config.article), (~article, config.short)):
        at = rows.arg_true()
        if len(at):
            said = _judged(texts.gather(at), english.gather(at), limits)
            reason.scatter(at, said["reason"])
            detail.scatter(at, said["detail"])
    return pl.DataFrame({"reason": reason, "detail": detail}, schema=VERDICT_SCHEMA)


def _judged(texts: pl.Series, english: pl.Series, limits: TextLimits) -> pl.DataFrame:
    reasons: list[str | None] = [None] * len(texts)
    details: list[str | None] = [None] * len(texts)
    open_ = np.ones(len(texts), dtype=np.bool_)
    for reason, name, measure, bound, upper in _checks(texts, english, limits):
        if bound is None:
            continue
        values = measure()
        broken = open_ & ((values > bound) if upper else (values < bound))
        for row in np.flatnonzero(broken):
            reasons[row], details[row] = reason, f"{name} {values[row]:.3g}, bound {bound:g}"
        open_ &= ~broken
    return pl.DataFrame({"reason": reasons, "detail": details}, schema=VERDICT_SCHEMA)


def _checks(texts: pl.Series, english: pl.Series, limits: TextLimits) -> Iterator[Check]:
    words = words_of(texts)
    bare = texts.str.replace_all(LINKS, " ")
    count = words.counts.astype(np.float64)
    yield "length", "min_words", lambda: count, limits.min_words, False
    yield "length", "max_words", lambda: count, limits.max_words, True
    mean = partial(_per, words.sums(words.lengths), count)
    yield "length", "min_mean_word", mean, limits.min_mean_word, False
    yield "length", "max_mean_word", mean, limits.max_mean_word, True
    size = np.maximum(words.sums(words.lengths), 1)
    yield "characters", "max_special", lambda: _matches(bare, SPECIAL) / size, limits.max_special, True
    yield "characters", "max_digits", lambda: _matches(bare, r"\d") / size, limits.max_digits, True
    yield "characters", "max_punctuation", lambda: _matches(bare, PUNCTUATION) / size, limits.max_punctuation, True
    symbols = partial(_matches, bare, r"#|\.{3}|\u2026")
    yield "characters", "max_symbol_words", lambda: _per(symbols(), count), limits.max_symbol_words, True
    alphabetic = words.sums(words.alphabetic)
    yield "characters", "min_alphabetic_words", lambda: _per(alphabetic, count), limits.min_alphabetic_words, False
    yield "stop_words", "min_stop_words", lambda: _stop_words(words, english), limits.min_stop_words, False
    yield (
        "repetition",
        "max_duplicate_lines",
        lambda: repetition.duplicate_lines(texts),
        limits.max_duplicate_lines,
        True,
    )
    paragraphs = partial(repetition.duplicate_paragraphs, texts)
    yield "repetition", "max_duplicate_paragraphs", paragraphs, limits.max_duplicate_paragraphs, True
    for n, bound in sorted(limits.max_top_ngram.items()):
        yield "repetition", f"max_top_ngram {n}", partial(repetition.top_ngram, words, n), bound, True
    yield from _ngram_checks(words, limits)


def _ngram_checks(words: Words, limits: TextLimits) -> Iterator[Check]:
    """Longer runs repeat only where the shortest do: once that share is 0 everywhere, nothing is left to measure."""
    repeats = True
    for n, bound in sorted(limits.max_duplicate_ngrams.items()):
        values = repetition.duplicate_ngrams(words, n) if repeats else np.zeros(len(words.counts))
        repeats = bool(values.any())
        yield "repetition", f"max_duplicate_ngrams {n}", partial(np.asarray, values), bound, True


def _per(values: Measure, count: Measure) -> Measure:
    mean: Measure = values / np.maximum(count, 1)
    return mean


def _matches(texts: pl.Series, pattern: str) -> Measure:
    return texts.str.count_matches(pattern).to_numpy().astype(np.float64)


def _stop_words(words: Words, english: pl.Series) -> Measure:
    """English function words; infinitely many where the text need not be English."""
    found = words.found(hashed(pl.Series(FUNCTION_WORDS["en"].split())))
    count: Measure = np.where(english.to_numpy(), found, np.inf)
    return count
