"""Which language a text is in, and whether it stays.

Two ways. ``words`` (the default) drops what its letters or its function words speak against; it knows nine
languages. ``langid`` asks py3langid, a naive Bayes model over byte n-grams, and corrects it where it is weak: a
headline of five words, three of them the foreign name of a company. Tickers, numbers and links are taken off first,
and each plain English word weighs against a foreign verdict as much as a factor e^2.5 in probability. Texts that are
full of English words are not asked about at all, which is most of them.

Both judge one text at a time. Measured in docs/filters.md.
"""

import math
import re
from functools import lru_cache
from typing import Any

import numpy as np
import polars as pl

from data_pipeline.curation.filters.verdict import verdicts
from data_pipeline.curation.filters.word_lists import ENGLISH_NEWS, FUNCTION_WORDS
from data_pipeline.curation.filters.words import NOT_WORDS, Vocabulary, Words
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import LanguageConfig

CANDIDATES = (
    "en", "de", "fr", "es", "pt", "it", "nl", "sv", "da", "no", "fi", "pl", "cs", "ro", "hu", "tr", "id", "vi", "ru", "uk",
    "el", "ar", "he", "hi", "th", "zh", "ja", "ko",
)  # fmt: skip
"""Languages of financial news. The fewer a model may choose from, the less often a name leads it astray."""
WORD_WEIGHT = 2.5
MARGIN = 1.0
"""Logarithm of how much likelier than the languages that stay another one must be."""
CLEAR_WORDS, CLEAR_SHARE = 3, 0.15
"""Telling English words, and their share of all words, from which a text is English without asking."""
HEAD_CHARS = 300
"""Characters that are enough to tell a language by."""
UNTELLING = "is do over no in of to at for by we will was so as on an me has he all not now or who it"
"""English words that are also words of another language."""

_LANGUAGES = tuple(FUNCTION_WORDS)
_FUNCTION_WORDS = Vocabulary(*FUNCTION_WORDS.values())
_TELLING = (frozenset(FUNCTION_WORDS["en"].split()) | frozenset(ENGLISH_NEWS.split())) - frozenset(UNTELLING.split())
_TELLING_WORDS = Vocabulary(" ".join(_TELLING))
_LETTER, _FOREIGN_LETTER = r"\p{L}", r"[\p{L}&&[^\x00-\x{24f}]]"
_NOT_WORDS = re.compile(NOT_WORDS)
_NOT_LETTERS = re.compile(r"\S*\d\S*|[^\w\s'\u2019-]|_")


def language_filter(
    documents: pl.DataFrame, texts: pl.Series, words: Words, config: LanguageConfig
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Judge documents of the markets that ``config.keep`` names.

    Args:
        documents: Schema ``Document``.
        texts: Title and body of each.
        words: ``words_of`` the texts.
        config: The recipe's block.

    Returns:
        The documents, with ``language`` set to what was found where ``langid`` judged; and verdicts with reason
        ``language``.

    Raises:
        TickerTuneError: The detector does not know a language that stays.
    """
    known = CANDIDATES if config.detector == "langid" else _LANGUAGES
    if unknown := sorted({code for codes in config.keep.values() for code in codes} - set(known)):
        raise TickerTuneError(
            f"curation.language: the detector {config.detector} does not know {', '.join(unknown)}",
            f"Keep languages among {', '.join(known)}",
        )
    keep = [config.keep.get(market) or [] for market in documents["market"]]
    if config.detector == "words":
        out = foreign(texts, words, documents["language"], keep)
        declared = pl.concat_str(pl.lit("declared "), pl.col("language").fill_null("none"))
        return documents, verdicts("language", documents.select(pl.when(out).then(declared)).to_series())
    found = languages(texts, words, keep, config.min_letters)
    details = [
        f"found {language}" if stays and language and language not in stays else None
        for language, stays in zip(found, keep, strict=True)
    ]
    named = documents.with_columns(language=pl.coalesce(pl.Series(found, dtype=pl.String), pl.col("language")))
    return named, verdicts("language", pl.Series(details, dtype=pl.String))


def foreign(texts: pl.Series, words: Words, declared: pl.Series, keep: list[list[str]]) -> pl.Series:
    """Whether texts are in none of the languages that stay, by their letters and their function words.

    A declared language is not enough: the platform's detector calls many short English tweets Indonesian or
    Haitian ("$AAPL bullish"). So the text itself must speak against the languages that stay: most letters are of
    another script than the Latin one, or the function words of another language outnumber theirs by two. One is enough where that
    language is the declared one.

    Args:
        texts: Title and body of n documents.
        words: ``words_of`` the texts.
        declared: Language code that the source gave, if any.
        keep: Languages of the function-word table that stay, by text; none: the text is not judged.
    """
    counts = words.found(_FUNCTION_WORDS)
    lead = np.where(declared.to_numpy()[None] == np.array(_LANGUAGES, dtype=object)[:, None], 1, 2)
    over = np.zeros((len(_LANGUAGES), len(texts)), dtype=np.bool_)
    for row in range(len(_LANGUAGES)):
        others = counts >= counts[row] + lead
        others[row] = False
        over[row] = others.any(axis=0)
    script = _other_script(texts).to_numpy()
    groups: dict[tuple[str, ...], int] = {}
    group = np.array([groups.setdefault(tuple(stays), len(groups)) for stays in keep], dtype=np.int64)
    out = np.zeros(len(texts), dtype=np.bool_)
    for stays, number in groups.items():
        if stays:
            against = over[[_LANGUAGES.index(code) for code in stays]].all(axis=0)
            out |= (group == number) & (script | against)
    return pl.Series(out)


def _other_script(texts: pl.Series) -> pl.Series:
    """Whether more than half of a text's letters are no Latin ones; links, tags and mentions do not count."""
    some = texts.str.contains(_FOREIGN_LETTER)
    bare = texts.filter(some).str.replace_all(NOT_WORDS, " ")
    most = bare.str.count_matches(_FOREIGN_LETTER) * 2 > bare.str.count_matches(_LETTER)
    return some.scatter(some.arg_true(), most)


def languages(texts: pl.Series, words: Words, keep: list[list[str]], min_letters: int = 12) -> list[str | None]:
    """Name each text's language (ISO 639-1); None where the market is not judged or the letters are too few.

    Args:
        texts: n texts.
        words: ``words_of`` the texts.
        keep: Languages that stay, by text; they get the benefit of the doubt. None: the text is not judged.
        min_letters: Fewer Latin letters say nothing.
    """
    english = words.found(_TELLING_WORDS)[0]
    clear = (english >= CLEAR_WORDS) & (english >= CLEAR_SHARE * words.counts)
    return [
        None if not stays else "en" if plainly else _named(text, stays, min_letters)
        for text, stays, plainly in zip(texts, keep, clear.tolist(), strict=True)
    ]


def _named(text: str, stays: list[str], min_letters: int) -> str | None:
    head = " ".join(_NOT_LETTERS.sub(" ", _NOT_WORDS.sub(" ", text[: 3 * HEAD_CHARS])).split())[:HEAD_CHARS]
    letters = sum(map(str.isalpha, head))
    if not letters or (letters < min_letters and head.isascii()):
        return None
    scores: dict[str, float] = dict(_identifier().rank(head))
    telling = sum(word in _TELLING for word in head.lower().split())
    best, at_home = max(scores, key=lambda code: scores[code]), max(stays, key=lambda code: scores.get(code, 0.0))
    if best in stays:
        return best
    bonus = WORD_WEIGHT * telling if "en" in stays else 0.0
    odds = math.log(max(scores[best], 1e-9)) - math.log(max(scores.get(at_home, 0.0), 1e-9))
    return best if odds - bonus > MARGIN else at_home


@lru_cache(maxsize=1)
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(CANDIDATES)
    return identifier
