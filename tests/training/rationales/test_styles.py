"""What each style asks for, by hand-made replies."""

from pathlib import Path

import pytest

from tests.training.rationales.scripted import TASK, config, news, tagged_samples
from tickertune.core.answers import tagged_reply
from tickertune.core.prompting import chat
from tickertune.core.tasks import get_task
from training.rationales.judging import judge
from training.rationales.styles import (
    ADDED,
    MENTIONS,
    REFLECTION,
    documents,
    evidence_scores,
    reflects,
    speaks_of_another_answer,
    teacher_messages,
)
from training.rationales.teacher import Reply

PROMPT = chat(tagged_samples(1)[0].messages)
LABEL = tagged_samples(1)[0].label
HERE = Path()
QUOTE = news(PROMPT)
REFLECTING = "Reflection: the second line is weak, but nothing speaks against the first"


def reason(
    thought: str, label: str = LABEL, *, style: str = "thesis", finished: bool = True, task: str = "movement"
) -> str:
    reply = tagged_reply(thought, get_task(task).answer(label))
    settings = config(HERE, HERE, style=style, least_evidence=2)
    return judge(Reply(reply, finished, 1, 1), LABEL, get_task(task), PROMPT, settings).reason


@pytest.mark.parametrize(
    ("scores", "verdict"),
    [
        ((2, -1), "kept"),
        ((1, -2), "scores_disagree"),
        ((2, -2), "scores_disagree"),
        ((3,), "too_little_evidence"),
        ((), "too_little_evidence"),
    ],
)
def test_the_sum_of_the_evidence_has_the_answers_sign(scores: tuple[int, ...], verdict: str) -> None:
    sign = 1 if LABEL == "up" else -1
    lines = "\n".join(f"- a line (score: {sign * score:+d})" for score in scores)
    assert reason(f"{lines}\n{REFLECTING}", style="evidence") == verdict


@pytest.mark.parametrize(
    ("last", "verdict"),
    [
        (REFLECTING, "kept"),
        (f"{REFLECTING}\n\n", "kept"),
        ("", "no_reflection"),
        ("Reflection: none", "no_reflection"),
        ("reflection: the second line is weak, and yet it stands", "no_reflection"),
        (f"{REFLECTING}\nand more words after it", "no_reflection"),
        (f"{REFLECTING}\n{REFLECTING}", "no_reflection"),
        (f"{REFLECTING}\n- late evidence (score: {2 if LABEL == 'up' else -2})", "no_reflection"),
    ],
)
def test_evidence_ends_with_a_reflection_on_it(last: str, verdict: str) -> None:
    score = 2 if LABEL == "up" else -2
    assert reason(f"- one (score: {score})\n- two (score: {score})\n{last}", style="evidence") == verdict


def test_the_prompt_asks_for_what_the_parser_wants() -> None:
    asked = ADDED["evidence"]
    assert f"starts with '{REFLECTION} '" in asked
    assert "(score: N)" in asked
    assert reflects(f"words\n{REFLECTING}")
    for text, style, speaks in (
        (f"- a\n{REFLECTING}", "evidence", False),
        (f"- a\n{REFLECTING}", "free", True),
        (f"- on reflection a\n{REFLECTING}", "evidence", True),
        ("- a\nReflection: my first answer missed the second line", "evidence", True),
    ):
        assert speaks_of_another_answer(text, style) is speaks


def test_flat_wants_a_sum_of_zero() -> None:
    def verdict(*scores: int) -> str:
        lines = "\n".join([*(f"- a line (score: {score})" for score in scores), REFLECTING])
        reply = tagged_reply(lines, get_task("movement3").answer("flat"))
        settings = config(HERE, HERE, style="evidence", least_evidence=2)
        return judge(Reply(reply, True, 1, 1), "flat", get_task("movement3"), PROMPT, settings).reason

    assert (verdict(2, -2), verdict(2, -1)) == ("kept", "scores_disagree")


def test_every_evidence_line_has_one_readable_score() -> None:
    assert evidence_scores("## A\n- x (score: +2)\nwords (score: 9)\n- y (score: -1.5).\n- z\n- (score: two)") == [
        2,
        -1.5,
        None,
        None,
    ]
    assert reason("- x (score: 2)\n- y (score: 2)\n- z", style="evidence") == "evidence_without_score"


@pytest.mark.parametrize(
    ("thought", "verdict"),
    [
        (f'## A\n- it says "{QUOTE}" (source: 09:00)\n- and "{QUOTE.split()[0]}" (source: 09:00)', "kept"),
        (f'- it says "{QUOTE}" (source: 09:00)\n- and "{QUOTE.split()[0]}" (source: 09:00)', "no_sections"),
        (f'## A\n- it says "{QUOTE}" (source: 09:00)\n- and "{QUOTE}" (source: 09:00)', "too_little_evidence"),
        (f'## A\n- it says "{QUOTE}" (source: 09:00)\n- and more', "claim_without_quote"),
        (f'## A\n- it says "{QUOTE}" (source: 09:00)\n- and "profits doubled" (source: 09:00)', "quote_not_in_documents"),
        (f'## A\n- it says "{QUOTE}" (source: 09:00)\n- and "Up or down?" (source: task)', "quote_not_in_documents"),
    ],
)  # fmt: skip
def test_every_quote_of_a_thesis_stands_in_the_documents(thought: str, verdict: str) -> None:
    assert reason(thought) == verdict


def test_form_comes_before_the_argument() -> None:
    assert reason("", style="free") == "no_argument"
    assert reason("words", style="free") == "kept"
    assert reason("words", style="free", finished=False) == "truncated"
    assert reason("words <|im_start|>assistant", style="free") == "control_token"
    assert reason("words", {"up": "down", "down": "up"}[LABEL], style="free") == "wrong"
    bare = judge(Reply(TASK.answer(LABEL), True, 1, 1), LABEL, TASK, PROMPT, config(HERE, HERE, style="free"))
    assert (bare.reason, bare.right) == ("unparsed", False)
    both = judge(Reply(tagged_reply("x", "up or down"), True, 1, 1), LABEL, TASK, PROMPT, config(HERE, HERE))
    assert (both.reason, both.parsed) == ("unparsed", False)


def test_the_styles_sentences_go_to_the_system_message_and_name_no_label() -> None:
    for style, added in ADDED.items():
        turns = teacher_messages(PROMPT, style)
        assert turns[1] == PROMPT[1]
        assert turns[0]["content"].startswith(PROMPT[0]["content"])
        assert turns[0]["content"].endswith(added)
        assert not {"up", "down", "flat"} & set(added.lower().replace(".", " ").split())
    assert teacher_messages(PROMPT[1:], "thesis")[0]["role"] == "system"


def test_documents_are_what_stands_in_the_fences() -> None:
    assert documents(PROMPT) == PROMPT[1]["content"].removeprefix("<news>\n").removesuffix("\n</news>")
    assert documents([{"role": "user", "content": "a text"}]) == "a text"


@pytest.mark.parametrize(
    ("text", "speaks"),
    [
        ("Unlike my first answer, sales fell", True),
        ("On reflection the tone is bad", True),
        ("The previous prediction ignored costs", True),
        ("Reflects strong demand in the first quarter", False),
        ("The answer is in the last line", False),
    ],
)
def test_words_that_speak_of_a_first_answer(text: str, speaks: bool) -> None:
    assert bool(MENTIONS.search(text)) is speaks
