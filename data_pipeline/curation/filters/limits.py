"""Bounds of quality: length, characters, stop words, repetition, apart for short texts and articles.

The measures follow Gopher (Rae et al. 2021) and ROOTS (Laurençon et al. 2022). Thresholds are the recipe's; each drop
says which bound and by how much. Reasons: ``length``, ``characters``, ``stop_words``, ``repetition``.
"""

from collections.abc import Callable, Iterator
from functools import cache, partial

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data_pipeline.curation.filters import repetition
from data_pipeline.curation.filters.verdict import VERDICT_SCHEMA
from data_pipeline.curation.filters.word_lists import FUNCTION_WORDS
from data_pipeline.curation.filters.words import LINKS, Counts, Vocabulary, Words
from tickertune.core.recipe import LanguageConfig, QualityConfig
from tickertune.core.recipe.curation import TextLimits

Measure = NDArray[np.float64]
Check = tuple[str, str, Callable[[], Measure], float | None, bool]
"""Reason, name of the bound, its measure, the bound, and whether it is an upper one."""

PUNCTUATION = r"[.,;:!?'\"()\-\u2018\u2019\u201c\u201d\u2013\u2014/]"
SPECIAL = r"[^\p{L}\p{M}\p{N}\s.,;:!?'\"()\-\u2018\u2019\u201c\u201d\u2013\u2014/&%$#@+*€£¥]"


_STOP_WORDS = Vocabulary(FUNCTION_WORDS["en"])


def quality_filter(
    documents: pl.DataFrame, texts: pl.Series, words: Words, config: QualityConfig, language: LanguageConfig
) -> pl.DataFrame:
    """Verdicts of the bounds: an article is judged by ``config.article``, all else by ``config.short``.

    Args:
        documents: Schema ``Document``: social posts are short texts, whatever their length.
        texts: Title and body of each.
        words: ``words_of`` the texts.
        config: The recipe's bounds.
        language: Tells the markets whose texts are English, where stop words are counted.
    """
    posts = (documents["category"] == "social").to_numpy()
    article = (words.counts >= config.article_words) & ~posts
    english = np.array([(language.keep.get(market) or [""])[0] == "en" for market in documents["market"]], dtype=bool)
    reason = pl.repeat(None, len(documents), dtype=pl.String, eager=True)
    detail = reason.clone()  # scatter writes in place
    for chosen, limits in ((article, config.article), (~article, config.short)):
        at = np.flatnonzero(chosen)
        if len(at):
            said = _judged(texts.gather(at), words.where(chosen), english[at], limits)
            reason.scatter(at, said["reason"])
            detail.scatter(at, said["detail"])
    return pl.DataFrame({"reason": reason, "detail": detail}, schema=VERDICT_SCHEMA)


def _judged(texts: pl.Series, words: Words, english: NDArray[np.bool_], limits: TextLimits) -> pl.DataFrame:
    reasons: list[str | None] = [None] * len(texts)
    details: list[str | None] = [None] * len(texts)
    open_ = np.ones(len(texts), dtype=np.bool_)
    for reason, name, measure, bound, upper in _checks(texts, words, english, limits):
        if bound is None:
            continue
        values = measure()
        broken = open_ & ((values > bound) if upper else (values < bound))
        for row in np.flatnonzero(broken):
            reasons[row], details[row] = reason, f"{name} {values[row]:.3g}, bound {bound:g}"
        open_ &= ~broken
    return pl.DataFrame({"reason": reasons, "detail": details}, schema=VERDICT_SCHEMA)


def _checks(texts: pl.Series, words: Words, english: NDArray[np.bool_], limits: TextLimits) -> Iterator[Check]:
    bare = texts.str.replace_all(LINKS, " ")
    count = words.counts.astype(np.float64)
    yield "length", "min_words", lambda: count, limits.min_words, False
    yield "length", "max_words", lambda: count, limits.max_words, True
    mean = partial(_per, words.sums(words.lengths), count)
    yield "length", "min_mean_word", mean, limits.min_mean_word, False
    yield "length", "max_mean_word", mean, limits.max_mean_word, True
    size = np.maximum(words.sums(words.lengths), 1)
    yield "characters", "max_special", lambda: _matches(bare, SPECIAL) / size, limits.max_special, True
    yield "characters", "max_digits", lambda: _matches(bare, "[0-9]") / size, limits.max_digits, True
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
    yield from _run_checks(words, size, limits)


def _run_checks(words: Words, size: Measure, limits: TextLimits) -> Iterator[Check]:
    """Bounds on runs of words. A run occurs at most as often as a shorter one within it: the shortest is counted once."""
    tops, again = sorted(limits.max_top_ngram.items()), sorted(limits.max_duplicate_ngrams.items())
    commonest = cache(partial(repetition.repeats, words))
    for n, bound in tops:
        most = partial(commonest, tops[0][0])
        yield "repetition", f"max_top_ngram {n}", partial(_top_ngram, words, most, size, n, bound), bound, True
    for n, bound in again:
        most = partial(commonest, again[0][0])
        yield "repetition", f"max_duplicate_ngrams {n}", partial(_duplicate_ngrams, words, most, n), bound, True


def _top_ngram(words: Words, most: Callable[[], Counts], size: Measure, n: int, bound: float) -> Measure:
    """``repetition.top_ngram`` where it may lie above the bound, 0 where it cannot, even with the longest words."""
    least = bound * size / (n * np.maximum(words.longest, 1))
    chosen = (most() > 1) & (most() > least)
    if chosen.any():
        chosen[chosen] = repetition.repeats(words.where(chosen), n) > np.maximum(least[chosen], 1)
    return _measured(partial(repetition.top_ngram, n=n), words, chosen)


def _duplicate_ngrams(words: Words, most: Callable[[], Counts], n: int) -> Measure:
    return _measured(partial(repetition.duplicate_ngrams, n=n), words, most() > 1)


def _measured(measure: Callable[[Words], Measure], words: Words, chosen: NDArray[np.bool_]) -> Measure:
    values = np.zeros(len(chosen))
    if chosen.any():
        values[chosen] = measure(words.where(chosen))
    return values


def _per(values: Measure, count: Measure) -> Measure:
    mean: Measure = values / np.maximum(count, 1)
    return mean


def _matches(texts: pl.Series, pattern: str) -> Measure:
    return texts.str.count_matches(pattern).to_numpy().astype(np.float64)


def _stop_words(words: Words, english: NDArray[np.bool_]) -> Measure:
    """English function words; infinitely many where the text need not be English."""
    count: Measure = np.where(english, words.found(_STOP_WORDS)[0], np.inf)
    return count
