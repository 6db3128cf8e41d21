"""Replies read: labels, statements, answer blocks; and nothing that a reply holds can stop the reading."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tickertune.core.answers import (
    MAX_CHARS,
    read_move,
    read_position,
    read_probability,
    read_reply,
    read_scores,
    tagged_reply,
)
from tickertune.core.tasks import get_task

TWO, THREE, SENTIMENT = get_task("movement"), get_task("movement3"), get_task("sentiment")


@pytest.mark.parametrize(
    ("text", "move"),
    [
        ("Markets upset; down by 2-3%", -0.025),
        ("Up by 2-3%", 0.025),
        ("up by more than 5%", 0.05),
        ("will not rise but fall by 2%", -0.02),
        ("up first, then down by 1.5%", -0.015),
        ("a 2% fall", -0.02),
        ("a gain of 3 per cent", 0.03),
        ("-2%", -0.02),
        ("\u22122%", -0.02),
        ("+1.5%", 0.015),
        ("-2 to -3%", -0.025),
        ("-1% to +1%", 0.0),
        ("0%", 0.0),
        ("down 2%, so down 2%", -0.02),
        ("2-3%", None),
        ("setup of 2%", None),  # "up" only as a whole word
        ("upbeat by 2%", None),
        ("will not rise by 2%", None),
        ("no rise of 2%", None),
        ("it won't fall by 2%", None),
        ("up by -2%", None),
        ("down by +2%", None),
        ("up 1%, down 2%", None),
        ("up by 2", None),
        ("", None),
    ],
)
def test_stated_returns(text: str, move: float | None) -> None:
    assert read_move(text) == (None if move is None else pytest.approx(move))


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("It did not go up", None),
        ("It didn't go up", None),
        ("neither up nor down", None),
        ("not up but down", "down"),
        ("Not unexpectedly, it went up", "up"),
        ("Markets upset; down", "down"),
        ("up, down", None),
    ],
)
def test_a_denied_label_is_not_named(text: str, label: str | None) -> None:
    assert TWO.parse(text).label == label


def test_no_is_an_answer_of_its_own() -> None:
    headline = get_task("headline")
    assert headline.parse(headline.answer("no")).label == "no"


@pytest.mark.parametrize(
    ("text", "value"),
    [("70%", 0.7), ("0.7", 0.7), ("1", 1.0), ("100 %", 1.0), ("0%", 0.0), ("70", None), ("-10%", None), ("101%", None),
     ("about 70%", None), ("", None), ("%", None), (".", None), ("nan", None), ("\u0663%", 0.03)],
)  # fmt: skip
def test_probabilities(text: str, value: float | None) -> None:
    assert read_probability(text) == value


@pytest.mark.parametrize(
    ("text", "value"), [("0.5", 0.5), ("-1", -1), ("+.25", 0.25), ("\u22120.5", -0.5), ("1.01", None), ("long", None), ("inf", None)]
)  # fmt: skip
def test_positions(text: str, value: float | None) -> None:
    assert read_position(text) == value


@pytest.mark.parametrize(
    ("text", "scores"),
    [
        ("down 2, up 7", {"down": 2, "up": 7}),
        ("Down: 2, UP = 7.5", {"down": 2, "up": 7.5}),
        ("up -1", {"up": -1}),
        ("up 7, up 2", {}),
        ("sideways 3", {}),
        ("up", {}),
        ("", {}),
    ],
)
def test_scores(text: str, scores: dict[str, float]) -> None:
    assert read_scores(text, TWO.labels) == scores


def test_a_tagged_reply() -> None:
    reasons = "## Demand\n- Orders are growing"
    text = tagged_reply(
        f"{reasons}\n",
        THREE.answer("up"),
        ["Scores: up 3, flat 2", "Move: up by 2-3%", "Probability: 60%", "Position: 0.4"],
    )
    answer = read_reply(THREE, text, tagged=True)
    assert answer.formatted
    assert answer.reasoning == reasons
    decision = answer.decision
    assert (decision.label, decision.confidence, decision.position) == ("up", 0.6, 0.4)
    assert decision.move == pytest.approx(0.025)
    assert decision.scores == {"up": 3, "flat": 2}


@pytest.mark.parametrize(
    ("text", "outcome", "label"),
    [
        ("<answer>\nup\n</answer>", "label", "up"),
        ("<think>down</think><answer>up</answer>", "label", "up"),
        ("up", "unparsed", None),
        ("", "abstained", None),
        ("<answer></answer>", "unparsed", None),
        ("<answer>up</answer><answer>up</answer>", "unparsed", None),
        ("<answer>up", "unparsed", None),
        ("<answer>up or down</answer>", "unparsed", None),
        ("<answer>up\nPosition: -1</answer>", "unparsed", None),
        ("<answer>up\nPosition: 0.5\nPosition: 0.6</answer>", "unparsed", None),
    ],
)
def test_answer_blocks(text: str, outcome: str, label: str | None) -> None:
    answer = read_reply(TWO, text, tagged=True)
    assert (answer.decision.outcome, answer.decision.label) == (outcome, label)
    assert not answer.formatted


def test_a_cut_reply_is_truncated() -> None:
    assert read_reply(TWO, "<think>so far", tagged=True, finished=False).decision.outcome == "truncated"
    assert read_reply(TWO, "", tagged=True, finished=False).decision.outcome == "truncated"


def test_positions_of_a_task_without_a_market_are_refused() -> None:
    text = tagged_reply("", SENTIMENT.answer("positive"), ["Position: 1"])
    assert read_reply(SENTIMENT, text, tagged=True).decision.outcome == "unparsed"


def test_a_plain_reply_may_state_a_return() -> None:
    assert read_reply(TWO, TWO.answer("up") + " by 2%").decision.move == pytest.approx(0.02)
    assert read_reply(get_task("forecaster"), "Prediction: Down by 2-3%").decision.move == pytest.approx(-0.025)


@settings(deadline=None)
@given(
    st.text(alphabet='<>/thinkanswer#- "()sourceup:dow0123456789.%+,\n\u2212', max_size=400),
    st.booleans(),
    st.booleans(),
)
def test_any_text_is_read(text: str, tagged: bool, finished: bool) -> None:
    answer = read_reply(THREE, text, tagged=tagged, finished=finished)
    assert (answer.decision.outcome == "label") == (answer.decision.label is not None)
    assert answer.reasoning in text


@pytest.mark.parametrize("part", ["- 1", "up not ", "2-3 to ", "<answer>", "up 1%, ", "1.", "<think>", "Scores: "])
def test_reading_takes_linear_time(part: str) -> None:
    """Eight times the text takes far less than 64 times as long; and what is too long is not read."""

    def seconds(size: int) -> float:
        best = float("inf")
        for turn in range(3):  # each with a text of its own, since wordings are remembered
            block = f"{size}.{turn} {part * (size // len(part))}"
            text = f"<think>\n{block}\n</think>\n<answer>\n{block}\n</answer>"
            begun = time.process_time()
            for tagged in (True, False):
                read_reply(TWO, text, tagged=tagged)
            best = min(best, time.process_time() - begun)
        return best

    assert seconds(20_000) < 30 * max(seconds(2_500), 1e-4)
    assert read_reply(TWO, f"up{' ' * MAX_CHARS}").decision.outcome == "unparsed"
