"""Terms of an answer's form, by hand."""

import pytest

from tests.training.rewards.made import THREE, TWO, batch, said, term
from tickertune.core.recipe import TermsConfig
from training.rewards.batch import Outcome
from training.rewards.terms import Settings

UP = Outcome("up", 1.0, 0.02)
PROMPT = "Arvane (ARVF), 2023-03-13 09:00\n<news>\nFri 18:00 Reuters: Arvane wins record orders of 12 plants\nMon 08:00 AP: Arvane loses a lawsuit in Leeds\n</news>"  # fmt: skip
GOOD = '- Demand for plants grows "wins record orders" (source: Reuters)'
RISK = '- There is legal risk "loses a lawsuit in Leeds" (source: Mon 08:00)'


def settings(**terms: object) -> Settings:
    return Settings(terms=TermsConfig.model_validate(terms))


def test_format_is_paid_for_exactly_one_answer() -> None:
    texts = [TWO.answer("up"), f"{TWO.answer('up')}.", f"{TWO.answer('up')} {TWO.answer('down')}", "up", ""]
    assert term("format", batch(TWO, texts, UP)) == [1, 1, -1, -1, -1]


def test_format_of_a_tagged_reply() -> None:
    whole = said(TWO, "up", "Move: up by 1%", reasoning="because")
    texts = [
        whole,
        whole + "\nand more",
        whole.replace("<think>", ""),
        said(TWO, "sideways"),
        TWO.answer("up"),
        whole * 2,
    ]
    assert term("format", batch(TWO, texts, UP, tagged=True)) == [1, -1, -1, -1, -1, -1]


@pytest.mark.parametrize(
    ("scores", "value"),
    [
        ("down 1, flat 2, up 3", 0),
        ("flat 2, up 2", 0),  # among the highest
        ("flat 3, up 2", -1),
        ("down 3", -1),  # the answer has no score
        ("up 3, up 1", -1),
        ("up high", -1),
    ],
)
def test_consistency(scores: str, value: float) -> None:
    assert term("consistency", batch(THREE, [said(THREE, "up", f"Scores: {scores}")], UP, tagged=True)) == [value]


def test_no_scores_are_consistent_with_everything() -> None:
    assert term("consistency", batch(THREE, [said(THREE, "up"), "what"], UP, tagged=True)) == [0, 0]


def test_length_is_paid_for_different_words_of_correct_answers() -> None:
    reply = TWO.answer("up")  # 8 different words
    ten = settings(length={"words": 10})
    texts = [reply, f"{reply} and so on", f"{reply} up up up", TWO.answer("down"), "so long a text with nothing"]
    # 2 * 8 / 10; full at 11 words; repetition adds nothing; wrong and unread answers get none
    assert term("length", batch(TWO, texts, UP), ten) == pytest.approx([1.6, 2, 1.6, 0, 0])


def section(title: str, words: int, *, claim: bool = True, first: str = "w") -> str:
    """A section of so many different words."""
    body = " ".join(f"{title}{first}{number}" for number in range(words))
    return f"## {title}\n{'- ' if claim else ''}{body}"


def structure(*parts: str, **config: object) -> float:
    reply = said(TWO, "up", reasoning="\n".join(parts))
    return term("structure", batch(TWO, [reply], UP, tagged=True), settings(structure=config))[0]


def test_structure_values() -> None:
    six = [section(f"part{number}", 12) for number in range(6)]
    assert structure(*six) == pytest.approx(1.0)  # 0.6 * 1 + 0.4 * 1
    assert structure(*six[:3]) == pytest.approx(0.76)  # 0.6 * 3/5 + 0.4
    assert structure(*six, section("a", 12), section("b", 12), section("c", 12)) == pytest.approx(0.76)  # 9: 1 - 2/5
    bare = [section(f"part{number}", 12, claim=False) for number in range(6)]
    assert structure(*bare) == pytest.approx(0.8)  # 0.6 + 0.4 * 0.5
    assert structure() == 0


def test_sections_with_nothing_of_their_own_do_not_count() -> None:
    assert structure(*["## Title"] * 6) == 0
    assert structure(*[f"## Title {number}" for number in range(6)]) == 0
    assert structure(*[section(f"t{number}", 5) for number in range(6)]) == 0
    once = section("same", 12)
    again = [once.replace("## same", f"## other{number}") for number in range(5)]
    assert structure(once, *again) == pytest.approx(0.6 / 5 + 0.4 / 6), "one of six says something new"


def evidence(*lines: str, **config: object) -> float:
    reply = said(TWO, "up", reasoning="\n".join(lines))
    made = batch(TWO, [reply], UP, tagged=True, prompts=[PROMPT])
    return term("evidence", made, settings(evidence=config))[0]


def test_evidence_is_the_share_of_proven_claims() -> None:
    assert evidence(GOOD, RISK) == 1.0
    assert evidence(GOOD, RISK, "- The price has to rise", "- Everyone knows it") == 0.5
    assert evidence() == 0
    assert evidence(GOOD, least_claims=4) == 0.25


@pytest.mark.parametrize(
    "line",
    [
        '- Demand for plants grows "wins huge orders" (source: Reuters)',  # not what the prompt says
        '- Demand for plants grows "wins Record orders" (source: Reuters)',  # not word for word
        '- Demand for plants grows "wins record orders"',  # no source
        '- Demand for plants grows "wins record orders" (source: AP)',  # the source of another line
        '- Demand for plants grows "wins record orders" (source: Bloomberg)',
        '- Demand for plants grows "wins record orders" (source: re)',
        '- Demand for plants grows "wins record orders" (source: orders)',  # the quote is no source of itself
        '- Demand for plants grows "wins" (source: Reuters)',  # too short a quote
        '- Demand for plants grows "" (source: Reuters)',
        '- "wins record orders" (source: Reuters)',  # no claim
        '- : , "wins record orders", - (source: Reuters).',  # marks are no words
        '- Demand for plants grows "You judge how a stock moves" (source: system)',  # instructions are no evidence
    ],
)
def test_what_proves_nothing(line: str) -> None:
    assert evidence(line) == 0
    assert evidence(GOOD, line) == 0.5


def test_one_quote_proves_one_claim() -> None:
    assert evidence(GOOD, GOOD.replace("grows", "rises")) == 0.5


def test_evidence_is_judged_by_the_replys_own_prompt() -> None:
    reply = said(TWO, "up", reasoning=GOOD)
    made = batch(TWO, [reply, reply], UP, tagged=True, prompts=[PROMPT, "Tue 09:00 nothing"])
    assert term("evidence", made) == [1, 0]
