import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.voting import answer_pattern, ballots_of
from eval.voting.ballots import NONE, OUTCOMES, margin
from tests.eval.voting.made import TASK, ballots
from tickertune.core.answers import read_reply, tagged_reply
from tickertune.core.decision import Decision
from tickertune.core.errors import TickerTuneError
from tickertune.core.tasks import TASKS, ChoiceTask, LabelTask

UP = TASK.answer("up")


def test_replies_in_prose_are_read_and_counted() -> None:
    made = ballots([[UP, "Well, it could go up or down.", "The stock went down.", "", "No idea"]])
    assert made.labels.tolist() == [[1, NONE, 0, NONE, NONE]]
    assert [OUTCOMES[place] for place in made.outcomes[0]] == ["label", "unparsed", "label", "abstained", "unparsed"]
    assert np.isnan(made.confidence).all()


def test_a_cut_reply_without_a_label_is_truncated() -> None:
    made = ballots([["After this news", UP]], finished=[[False, False]])
    assert [OUTCOMES[place] for place in made.outcomes[0]] == ["truncated", "label"]


@pytest.mark.parametrize(
    ("form", "labels"), [("auto", [1, 1, NONE]), ("tagged", [1, NONE, NONE]), ("plain", [1, 1, NONE])]
)
def test_the_form_says_how_replies_are_read(form: str, labels: list[int]) -> None:
    """The third names both labels, one of them outside of its answer block, twice."""
    texts = [
        tagged_reply("good news", UP),
        UP,
        tagged_reply("it went down", UP) + tagged_reply("", TASK.answer("down")),
    ]
    made = ballots_of(TASK, [texts], [[True] * 3], [[1] * 3], form=form)  # type: ignore[arg-type]
    assert made.labels.tolist() == [labels]


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ({"up": 6.0, "down": 2.0}, 0.5),
        ({"up": 2.0, "down": 6.0}, 0.0),
        ({"up": 3.0, "down": -1.0}, 1.0),
        ({"up": 3.0}, None),
        ({"down": 3.0, "flat": 1.0}, None),
        ({"up": 0.0, "down": 0.0}, None),
        ({}, None),
        (None, None),
    ],
)
def test_the_margin_of_stated_scores(scores: dict[str, float] | None, expected: float | None) -> None:
    assert margin(Decision(outcome="label", label="up", scores=scores)) == expected
    assert margin(Decision(outcome="unparsed", scores=scores)) is None


def test_prompts_with_different_numbers_of_replies_are_refused() -> None:
    with pytest.raises(TickerTuneError, match=r"different numbers of replies \(1, 2\)"):
        ballots_of(TASK, [[UP], [UP, UP]], [[True], [True, True]], [[1], [1, 1]])


@pytest.mark.parametrize("task", [task for task in TASKS.values() if isinstance(task, LabelTask)], ids=lambda t: t.name)
@pytest.mark.parametrize("tagged", [False, True])
def test_the_pattern_matches_the_answers_and_they_are_read(task: ChoiceTask, tagged: bool) -> None:
    pattern = answer_pattern(task, tagged=tagged)
    for label in task.labels:
        answer = task.answer(label)
        reply = tagged_reply("Some (good) news.\n- it says", answer) if tagged else answer
        assert re.fullmatch(pattern, reply)
        assert read_reply(task, reply, tagged=tagged).decision.label == label
        assert not re.fullmatch(pattern, f"{reply} indeed")


@given(st.text(max_size=60))
def test_what_matches_the_pattern_is_always_read(text: str) -> None:
    if re.fullmatch(answer_pattern(TASK), text):
        assert read_reply(TASK, text).decision.outcome == "label"
    assert re.fullmatch(answer_pattern(TASK), UP)
