from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.curation.filters.decontamination import contaminated
from tickertune.core.recipe import DecontaminationConfig

LONG = "operating profit rose to eur 13.1 mn from eur 8.7 mn in the corresponding period of last year said the group"
TITLE = "Acme wins the rail order after nine months of talks"


def found(training: list[str], evaluation: list[str], **settings_: object) -> dict[str, tuple[str, str, float]]:
    text = {"text": pl.String}
    ours = pl.DataFrame({"row_id": [str(n) for n in range(len(training))], "text": training}, schema_overrides=text)
    names = [f"t{n}" for n in range(len(evaluation))]
    theirs = pl.DataFrame({"text_id": names, "text": evaluation}, schema_overrides={"text_id": pl.String, **text})
    ours, theirs = ours.cast({"row_id": pl.String}), theirs.with_columns(set=pl.lit("test"))
    table = contaminated(ours, theirs, DecontaminationConfig.model_validate(settings_))
    return {row: (text, how, size) for row, _, text, how, size in table.rows()}


def test_a_long_run_in_common_is_contamination_whatever_stands_around_it() -> None:
    run = " ".join(LONG.split()[:13])
    assert found([f"Helsinki: {run.upper()}, it added."], [LONG]) == {"0": ("t0", "ngram", 13)}
    assert found([" ".join(LONG.split()[:12]) + " and then other things happened to the firm"], [LONG]) == {}


def test_short_texts_are_compared_by_shorter_runs_and_the_shortest_as_wholes() -> None:
    assert found([f"BREAKING {TITLE} http://t.example/x"], [TITLE])["0"][1] == "ngram"
    assert found(["Acme beats the street"], ["Acme beats the street"]) == {"0": ("t0", "near_duplicate", 1.0)}
    assert found(["Acme beats the street and lifts its outlook again"], ["Acme beats the street"]) == {}


def test_an_edited_copy_is_found_by_its_word_pairs() -> None:
    words = TITLE.split()
    edited = " ".join([*words[:5], "big", *words[5:]])
    assert found([edited], [TITLE], near_duplicate_threshold=0.7)["0"][:2] == ("t0", "near_duplicate")
    assert found([edited], [TITLE], near_duplicate_threshold=0.95) == {}


def test_other_texts_and_empty_sets_are_clean() -> None:
    assert found(["Fed holds rates", ""], [TITLE, LONG]) == {}
    assert found([], [TITLE]) == {}
    assert found([TITLE], []) == {}


texts = st.lists(st.lists(st.sampled_from(["a", "b", "c", "d", "e"]), min_size=1, max_size=9).map(" ".join), max_size=6)


@settings(deadline=None)
@given(texts, texts, st.sampled_from([0.3, 0.5, 0.7, 1.0]))
def test_no_pair_at_the_threshold_is_overlooked(training: list[str], evaluation: list[str], threshold: float) -> None:
    def pairs(text: str) -> set[tuple[str, ...]]:
        words = text.split()
        return {(one, two) for one, two in pairwise(words)} or {(words[0],)}

    hits = found(training, evaluation, near_duplicate_threshold=threshold, short_ngram=10)
    expected = {
        str(at)
        for at, text in enumerate(training)
        for other in evaluation
        if len(pairs(text) & pairs(other)) / len(pairs(text) | pairs(other)) >= threshold - 1e-9
    }
    assert set(hits) == expected


@pytest.mark.parametrize("copies", [1, 3])
def test_one_row_is_reported_once(copies: int) -> None:
    assert len(found([TITLE], [TITLE] * copies)) == 1
