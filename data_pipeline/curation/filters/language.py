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

import polars as pl

from data_pipeline.curation.filters.verdict import verdicts
from data_pipeline.curation.filters.word_lists import ENGLISH_NEWS, FUNCTION_WORDS
from data_pipeline.curation.filters.words import hashed, words_of
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
UNTELLING = frozenset(
    [
        "is",
        "do",
        "over",
        "no",
        "in",
        "of",
        "to",
        "at",
        "for",
        "by",
        "we",
        "will",
        "was",
        "so",
        "as",
        "on",
        "an",
        "me",
        "has",
        "he",
        "all",
        "not",
        "now",
        "or",
        "who",
        "it",
    ]
)
"""English words that are also words of another language."""

_WORD_SETS = {language: frozenset(words.split()) for language, words in FUNCTION_WORDS.items()}
_ENGLISH = frozenset(FUNCTION_WORDS["en"].split()) | frozenset(ENGLISH_NEWS.split())
_TELLING = _ENGLISH - UNTELLING
_WORDS = re.compile(r"(?<![$#@\w])[^\W\d_]+(?:'[^\W\d_]+)?")
_NOT_WORDS = re.compile(r"(?i)(?:https?://|www\.|\bt\.co/)\S*|[$#@]\w+")
_NOT_LETTERS = re.compile(r"\S*\d\S*|[^\w\s'\u2019-]|_")


def language_filter(
    documents: pl.DataFrame, texts: pl.Series, config: LanguageConfig
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Judge documents of the markets that ``config.keep`` names.

    Args:
        documents: Schema ``Document``.
        texts: Title and body of each.
        config: The recipe's block.

    Returns:
        The documents, with ``language`` set to what was found where ``langid`` judged; and verdicts with reason
        ``language``.

    Raises:
        TickerTuneError: The detector does not know a language that stays.
    """
    known = CANDIDATES if config.detector == "langid" else tuple(FUNCTION_WORDS)
    if unknown := sorted({code for codes in config.keep.values() for code in codes} - set(known)):
        raise TickerTuneError(
            f"curation.language: the detector {config.detector} does not know {', '.join(unknown)}",
            f"Keep languages among {', '.join(known)}",
        )
    keep = [config.keep.get(market) or [] for market in documents["market"]]
    if config.detector == "words":
        declared = documents["language"].to_list()
        foreign = [
            bool(stays) and all(is_foreign(text, told, code) for code in stays)
            for text, told, stays in zip(texts, declared, keep, strict=True)
        ]
        details = [f"declared {told or 'none'}" if out else None for told, out in zip(declared, foreign, strict=True)]
        return documents, verdicts("language", pl.Series(details, dtype=pl.String))
    found = languages(texts, keep, config.min_letters)
    details = [
        f"found {language}" if stays and language and language not in stays else None
        for language, stays in zip(found, keep, strict=True)
    ]
    named = documents.with_columns(language=pl.coalesce(pl.Series(found, dtype=pl.String), pl.col("language")))
    return named, verdicts("language", pl.Series(details, dtype=pl.String))


def languages(texts: pl.Series, keep: list[list[str]], min_letters: int = 12) -> list[str | None]:
    """Name each text's language (ISO 639-1); None where the market is not judged or the letters are too few.

    Args:
        texts: n texts.
        keep: Languages that stay, by text; they get the benefit of the doubt. None: the text is not judged.
        min_letters: Fewer Latin letters say nothing.
    """
    words = words_of(texts)
    english = words.found(hashed(pl.Series(sorted(_TELLING))))
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


def is_foreign(text: str, declared: str | None, expected: str) -> bool:
    """Whether a text is in another language than ``expected``, by its letters and its function words.

    A declared language is not enough: the platform's detector calls many short English tweets Indonesian or
    Haitian ("$AAPL bullish"). So the text itself must speak against the expected language: most letters are of
    another script, or the function words of another language outnumber the expected one's by two. One is
    enough where that language is the declared one.

    Args:
        text: Title and body.
        declared: Language code that the source gave, if any.
        expected: A language of the function-word table.
    """
    bare = _NOT_WORDS.sub(" ", text)
    letters = [character for character in bare if character.isalpha()]
    if sum(character > "\u024f" for character in letters) * 2 > len(letters):
        return True
    words = [word.lower() for word in _WORDS.findall(bare)]
    found = {language: sum(word in known for word in words) for language, known in _WORD_SETS.items()}
    home = found.pop(expected)
    return any(count >= home + (1 if language == declared else 2) for language, count in found.items())
