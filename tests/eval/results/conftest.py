"""Answers of a made setting."""

from collections.abc import Sequence

import polars as pl

from eval.results import Answer, LabelScores, Setting
from eval.results.store import hash_of, raw_results

SETTING = Setting("model", "fake", "float32", LabelScores((5, 6)))


def rows_of(places: Sequence[int], shift: float = 0.0) -> pl.DataFrame:
    """Answers of samples s0, s1 …: log-probabilities that tell the sample apart."""
    return raw_results(
        [f"s{place}" for place in places],
        [hash_of([1, place]) for place in places],
        [Answer([-1.0 - place - shift, -2.0], [], [], []) for place in places],
    )
