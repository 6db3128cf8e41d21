"""Duplicates against what the simulated market planted, one-word edits beside look-alikes among it."""

import polars as pl
import pytest

from scripts.measure_duplicates import DUPLICATES, TARGET, judge, score


@pytest.fixture(scope="module")
def judged() -> pl.DataFrame:
    return judge(0)


def test_planted_duplicates_are_found(judged: pl.DataFrame) -> None:
    *kinds, whole = score(judged)[0]
    assert {one.kind for one in kinds} == set(DUPLICATES)
    assert whole.recall >= TARGET
    assert [one.kind for one in kinds if one.recall < 0.98] == []


def test_what_is_dropped_was_planted_or_has_the_same_words(judged: pl.DataFrame) -> None:
    drops = score(judged)[1]
    assert drops.judged > 300
    assert drops.precision >= TARGET


def test_look_alikes_stay(judged: pl.DataFrame) -> None:
    drops = score(judged)[1]
    assert drops.look_alikes > 150
    assert drops.look_alikes_dropped == 0


def test_a_copy_that_was_kept_and_a_document_dropped_for_nothing_lower_the_scores(judged: pl.DataFrame) -> None:
    turned = judged.with_columns(dropped=~pl.col("dropped"), chance=False)
    scores, drops = score(turned)
    assert scores[-1].recall < 0.01
    assert drops.precision < TARGET
    assert drops.look_alikes_dropped > 150


def test_copies_go_in_favour_of_what_they_repeat(judged: pl.DataFrame) -> None:
    copies = judged.filter("duplicate", "dropped")
    assert (copies["survivor"] == copies["original"]).mean() >= 0.93
