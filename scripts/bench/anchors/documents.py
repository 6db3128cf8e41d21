"""Made documents of a given length, with planted near copies, for the programs that curate."""

import random
from datetime import UTC, datetime, timedelta

import polars as pl

from tickertune.core.document import Document
from tickertune.core.table import schema_of

EDITED = (0.0, 0.005, 0.01, 0.02, 0.03, 0.04)
"""Shares of words that a copy exchanges."""
COPIED = 0.2
SENTENCE = 18
"""Words of a sentence."""
FUNCTION_WORDS = [
    "the",
    "of",
    "and",
    "to",
    "in",
    "a",
    "that",
    "is",
    "for",
    "on",
    "with",
    "as",
    "by",
    "at",
    "from",
    "has",
    "its",
    "was",
    "be",
    "are",
    "it",
    "an",
    "will",
]


def documents(count: int, words: int, seed: int = 0) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return documents (schema ``Document``) and the planted pairs (``copy``, ``original``, ``edited``).

    Words are drawn by Zipf's law from 20,000 made ones, a third of them English function words, in sentences. A copy comes within two days of
    its original. Documents are an hour's hundredth apart, so that the days grow with their number.
    """
    rng = random.Random(seed)
    vocabulary = ["".join(rng.choices("abcdefghijklmnoprstuvwyz", k=rng.randint(3, 9))) for _ in range(20_000)]
    weights = [1 / (rank + 3) for rank in range(len(vocabulary))]
    texts: list[list[str]] = []
    pairs: list[tuple[str, str, float]] = []
    recent = 2 * 24 * 100
    for number in range(count):
        if number > 20 and rng.random() < COPIED:
            original = rng.randrange(max(0, number - recent), number)
            edited = rng.choice(EDITED)
            text = list(texts[original])
            for place in rng.sample(range(len(text)), round(edited * len(text))):
                text[place] = rng.choices(vocabulary, weights)[0]
            pairs.append((_id(number), _id(original), edited))
        else:
            rare = rng.choices(vocabulary, weights, k=words)
            text = [rng.choice(FUNCTION_WORDS) if rng.random() < 1 / 3 else word for word in rare]
        texts.append(text)
    planted = pl.DataFrame(pairs, schema=["copy", "original", "edited"], orient="row")
    return _frame([_prose(text) for text in texts]), planted


def _id(number: int) -> str:
    return f"doc-{number:08d}"


def _prose(words: list[str]) -> str:
    sentences = (words[start : start + SENTENCE] for start in range(0, len(words), SENTENCE))
    return " ".join(" ".join(part).capitalize() + "." for part in sentences)


def _frame(texts: list[str]) -> pl.DataFrame:
    start = datetime(2025, 1, 1, tzinfo=UTC)
    times = [start + timedelta(hours=number / 100) for number in range(len(texts))]
    schema = schema_of(Document)
    fixed = {
        "revision": 0, "source": "made", "category": "news", "market": "US", "licence": "none", "redistributable": True,
        "title": "", "time_quality": "exact", "availability": "lag", "raw_sha256": "0" * 64, "parser_version": "made-1",
    }  # fmt: skip
    frame = pl.DataFrame(
        {"doc_id": [_id(number) for number in range(len(texts))], "body": texts, "available_at": times}
    )
    frame = frame.with_columns(
        *(pl.lit(value).alias(name) for name, value in fixed.items()),
        published_at="available_at",
        symbols=pl.lit(pl.Series([[]], dtype=schema["symbols"])).first(),
    )
    return frame.select(
        (pl.col(name) if name in frame.columns else pl.lit(None).alias(name)).cast(dtype)
        for name, dtype in schema.items()
    )
