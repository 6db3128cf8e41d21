"""Terms of answer and outcome, by hand."""

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from eval.pnl import pnl
from tests.training.rewards.made import FIVE, FORECASTER, THREE, TWO, batch, said, term
from tickertune.core.recipe import PnlConfig, TermsConfig
from tickertune.core.tasks import TASKS, get_task
from training.rewards.batch import Outcome
from training.rewards.terms import TERMS, Settings

SILENT = ["who knows", "", "up or down", "not up"]


def paid_by(
    cut_points: list[float] | None = None, *, scaled: bool = True, pnl: PnlConfig | None = None, **terms: object
):
    return Settings(pnl or PnlConfig(), TermsConfig.model_validate(terms), cut_points or [], scaled)


def test_accuracy_values() -> None:
    assert term("accuracy", batch(TWO, [TWO.answer("up"), TWO.answer("down"), *SILENT], Outcome("up"))) == [
        2, -1.5, -2, -2, -2, -2
    ]  # fmt: skip


def test_neighbouring_class_near_the_boundary_is_almost_right() -> None:
    cuts = paid_by([-0.4, 0.4])
    near = Outcome("up", ret_scaled=0.5, volatility=0.02)  # 0.1 volatilities, 0.2 percentage points, above the cut
    far = Outcome("up", ret_scaled=0.7, volatility=0.02)  # 0.6 percentage points above

    def paid(label: str, outcome: Outcome, chosen: Settings = cuts, task=THREE) -> float:
        return term("accuracy", batch(task, [task.answer(label)], outcome), chosen)[0]

    assert paid("flat", near) == 1.8
    assert paid("flat", far) == -1.5
    assert paid("down", near) == -1.5, "two classes away"
    assert paid("flat", near, paid_by()) == -1.5, "boundaries unknown"
    assert paid("down", Outcome("up", 0.001, 0.02), paid_by([0.0]), TWO) == -1.5, "two classes only"


def test_boundaries_in_fractions_are_compared_with_the_return_itself() -> None:
    """RETuning's label cuts the plain return at 3%."""
    cuts = paid_by([-0.03, 0.03], scaled=False)
    for move, value in ((0.031, 1.8), (0.035, 1.8), (0.0351, -1.5)):  # 0.1, 0.5 and 0.51 points above 3%
        assert term("accuracy", batch(THREE, [THREE.answer("flat")], Outcome("up", move=move)), cuts) == [value]


def test_class_bonus_by_stage() -> None:
    texts = [THREE.answer(label) for label in ("down", "flat", "up")] + ["nothing"]
    early = paid_by()
    late = paid_by(class_bonus={"move": 2.0, "hold": 1.0})
    for truth, first, then in (
        ("down", [4, 0, 0, 0], [2, 0, 0, 0]),
        ("flat", [0, 0, 0, 0], [0, 1, 0, 0]),
        ("up", [0, 0, 4, 0], [0, 0, 2, 0]),
    ):
        assert term("class_bonus", batch(THREE, texts, Outcome(truth)), early) == first
        assert term("class_bonus", batch(THREE, texts, Outcome(truth)), late) == then


def test_retuning_sums() -> None:
    """Format + accuracy + class bonus + magnitude + consistency, for a rise of 4%."""
    truth = Outcome("up", move=0.04)
    replies = {
        # 1 + 2 + 4 + 1 (|3.5 - 4| = 0.5 points) + 0
        said(THREE, "up", "Scores: down 1, flat 2, up 6", "Move: up by 3-4%"): 8.0,
        # 1 - 1.5 + 0 + 0.5 (|0.5 - 4| = 3.5 points) - 1 (up scores highest)
        said(THREE, "flat", "Scores: down 1, flat 2, up 6", "Move: up by 0-1%"): -1.0,
        # 1 - 1.5 + 0 - 2 (wrong sign, and 4% is large) + 0
        said(THREE, "down", "Move: down by 1%"): -2.5,
        # 1 + 2 + 4 - 2 (a number without a sign) + 0
        said(THREE, "up", "Move: 3%"): 5.0,
        # -1 - 2 + 0 - 2 + 0
        "It rises by 4%.": -5.0,
    }
    made = batch(THREE, list(replies), truth, tagged=True)
    names = ("format", "accuracy", "class_bonus", "magnitude", "consistency")
    sums = np.sum([term(name, made, paid_by([-0.03, 0.03], scaled=False)) for name in names], axis=0)
    assert sums.tolist() == list(replies.values())


@pytest.mark.parametrize(
    ("stated", "true", "value"),
    [
        ("up by 2%", 0.025, 1.0),  # 0.5 points
        ("up by 2%", 0.03, 0.5),  # 1 point: not less than one
        ("up by 1%", 0.055, 0.5),  # 4.5 points
        ("up by 1%", 0.08, 0.3),  # 7 points, right side
        ("down by 4%", 0.02, 0.1),  # 6 points, wrong side of a small move
        ("down by 1%", 0.02, 0.5),  # 3 points: near, though on the wrong side of a small move
        ("down by 0.1%", 0.0305, -2.0),  # wrong sign of a large move
        ("0%", 0.004, 1.0),
        ("0%", 0.06, 0.1),  # no side is not the right side
        ("4%", 0.04, -2.0),  # no sign
        ("up by 1%, down by 3%", 0.01, -2.0),  # two returns
    ],
)
def test_magnitude_values(stated: str, true: float, value: float) -> None:
    reply = said(TWO, "up", f"Move: {stated}")
    assert term("magnitude", batch(TWO, [reply], Outcome("up", move=true), tagged=True)) == [value]


def test_magnitude_of_a_forecaster_is_its_bin() -> None:
    made = batch(FORECASTER, [FORECASTER.answer("U3"), FORECASTER.answer("D5+")], Outcome("U2", move=0.018))
    assert term("magnitude", made) == [1.0, 0.1]  # |2.5 - 1.8| = 0.7 points; |-5 - 1.8| = 6.8 points, wrong side


def test_magnitude_without_a_return_is_missing_and_without_a_label_the_worst() -> None:
    assert math.isnan(term("magnitude", batch(TWO, [said(TWO, "up", "Move: up by 1%")], Outcome("up"), tagged=True))[0])
    assert term("magnitude", batch(TWO, ["up by 1%, down by 1%"], Outcome("up", move=0.01))) == [-2]


TRADING_R1 = """
 1.00  0.75 -1.25 -2.00 -2.25
 0.75  1.00 -0.75 -1.50 -2.00
-1.50 -1.00  1.00 -1.00 -1.50
-1.75 -1.25 -0.75  1.00  0.75
-2.00 -1.50 -1.25  0.75  1.00
"""
"""Rows: strong sell, sell, hold, buy, strong buy were answered; columns: the truth."""


def test_decision_matrix_as_published() -> None:
    texts = [FIVE.answer(label) for label in FIVE.labels]
    columns = [term("decision_matrix", batch(FIVE, [*texts, "hm"], Outcome(truth))) for truth in FIVE.labels]
    rows = [[float(cell) for cell in line.split()] for line in TRADING_R1.strip().splitlines()]
    assert np.array(columns).T.tolist() == [*rows, [-1.5] * 5]


def test_decision_matrix_is_the_recipes() -> None:
    own = paid_by(decision_matrix={"rows": [[1, -2], [-3, 1]], "unparsed": -4})
    texts = [TWO.answer("down"), TWO.answer("up"), "hm"]
    assert term("decision_matrix", batch(TWO, texts, Outcome("down")), own) == [1, -3, -4]


def test_brier_and_log_score_of_two_labels() -> None:
    texts = [said(TWO, "up", f"Probability: {text}") for text in ("70%", "0.7", "100%", "0%")]
    right, wrong = (batch(TWO, texts, Outcome(truth), tagged=True) for truth in ("up", "down"))
    assert term("brier", right) == pytest.approx([-0.09, -0.09, 0, -1])  # -(1 - 0.7)^2
    assert term("brier", wrong) == pytest.approx([-0.49, -0.49, -1, 0])  # -0.7^2
    bound = math.log(0.01)
    assert term("log_score", right) == pytest.approx([math.log(0.7), math.log(0.7), math.log(0.99), bound])
    assert term("log_score", wrong) == pytest.approx([math.log(0.3), math.log(0.3), bound, math.log(0.99)])


def test_brier_of_three_labels_shares_the_rest() -> None:
    made = batch(THREE, [said(THREE, "up", "Probability: 60%")], Outcome("up"), tagged=True)
    assert term("brier", made) == pytest.approx([-0.12])  # (0.4^2 + 0.2^2 + 0.2^2) / 2
    made = batch(THREE, [said(THREE, "up", "Probability: 60%")], Outcome("flat"), tagged=True)
    assert term("brier", made) == pytest.approx([-0.52])  # (0.6^2 + 0.8^2 + 0.2^2) / 2
    assert term("log_score", made) == pytest.approx([math.log(0.2)])


@pytest.mark.parametrize("text", ["", "Probability: high", "Probability: 140%", "Probability: 70%\nProbability: 60%"])
def test_no_readable_probability_is_paid_as_the_worst(text: str) -> None:
    made = batch(TWO, [said(TWO, "up", text)], Outcome("up"), tagged=True)
    assert term("brier", made) == [-1]
    assert term("log_score", made) == pytest.approx([math.log(0.01)])


@settings(deadline=None)
@example(chance=0.9375, stated=1.0, classes=FIVE)
@given(chance=st.floats(0, 1), stated=st.floats(0, 1), classes=st.sampled_from([TWO, THREE, FIVE]))
def test_scoring_rules_are_proper(chance: float, stated: float, classes) -> None:
    """Saying the chance of the label is never worse in expectation than saying anything else."""

    def expected(name: str, value: float) -> float:
        text = said(classes, "up", f"Probability: {value:.6f}")
        truths = [Outcome(label) for label in classes.labels]
        values = term(name, batch(classes, [text] * len(truths), truths, tagged=True))
        rest = (1 - chance) / (len(truths) - 1)
        return sum(chance * v if t.label == "up" else rest * v for v, t in zip(values, truths, strict=True))

    for name in ("brier", "log_score"):
        assert expected(name, stated) <= expected(name, chance) + 1e-5


def test_pnl_by_hand() -> None:
    config = paid_by(pnl=PnlConfig(cost_bps=5, clip=3, loss_aversion=1.5))
    outcome = Outcome("up", ret_scaled=1.2, volatility=0.02)
    cost = 0.05  # two sides of 5 basis points over a volatility of 2%: 0.001 / 0.02
    texts = [TWO.answer("up"), TWO.answer("down"), "up and down"]
    # 1.2 - 0.05; 1.5 * (-1.2 - 0.05); the clip, 1.5 * -3
    assert term("pnl", batch(TWO, texts, outcome), config) == pytest.approx([1.15, -1.875, -4.5])
    assert term("pnl", batch(THREE, [THREE.answer("flat")], outcome), config) == [0]
    assert term("pnl", batch(TWO, texts[:1], Outcome("up", 9.0, 0.02)), config) == pytest.approx([3 - cost])


def test_a_stated_size_scales_return_and_cost() -> None:
    config = paid_by(pnl=PnlConfig(cost_bps=5, clip=3))
    outcome = Outcome("up", ret_scaled=1.2, volatility=0.02)
    texts = [
        said(TWO, "up", "Position: 0.5"),  # 0.5 * 1.2 - 0.5 * 0.05
        said(TWO, "down", "Position: -0.2"),  # -0.2 * 1.2 - 0.2 * 0.05
        said(TWO, "up", "Position: 0"),
        said(TWO, "up", "Position: 2"),  # no position: unparsed
        said(TWO, "up", "Position: -0.5"),  # opposes its label: unparsed
    ]
    assert term("pnl", batch(TWO, texts, outcome, tagged=True), config) == pytest.approx([0.575, -0.25, 0, -3, -3])


@settings(deadline=None)
@given(
    ret=st.floats(-50, 50),
    volatility=st.floats(1e-4, 1),
    label=st.sampled_from(THREE.labels),
    cost=st.floats(0, 200),
    clip=st.floats(0.1, 10),
    aversion=st.floats(1, 3),
    silent=st.sampled_from(SILENT),
)
def test_silence_never_beats_a_loss(
    ret: float, volatility: float, label: str, cost: float, clip: float, aversion: float, silent: str
) -> None:
    config = paid_by(pnl=PnlConfig(cost_bps=cost, clip=clip, loss_aversion=aversion))
    made = batch(THREE, [silent, THREE.answer(label)], Outcome("up", ret, volatility, 0.01))
    for name in ("format", "accuracy", "class_bonus", "magnitude", "pnl"):
        nothing, something = term(name, made, config)
        assert nothing <= something, name


BOUNDS = {
    "format": (-1, 1), "accuracy": (-2, 2), "class_bonus": (0, 4), "magnitude": (-2, 1), "consistency": (-1, 0),
    "length": (0, 2), "structure": (0, 1), "evidence": (0, 1), "decision_matrix": (-2.25, 1), "pnl": (-3, 3),
    "brier": (-1, 0), "log_score": (math.log(0.01), 0), "sharpe": (-3, 3), "cvar": (-3, 3), "utility": (-3, 3),
}  # fmt: skip
"""Of the three portfolio terms: the pnl that they start from."""


@settings(deadline=None)
@given(
    text=st.text(max_size=200)
    | st.builds(
        lambda label, p, m, reasons: said(FIVE, label, f"Probability: {p}%", f"Move: {m}%", reasoning=reasons),
        st.sampled_from(FIVE.labels), st.integers(-5, 120), st.floats(-90, 90), st.text(max_size=120),
    ),
    truth=st.sampled_from(FIVE.labels),
    ret=st.floats(-100, 100),
    tagged=st.booleans(),
)  # fmt: skip
def test_every_term_is_bounded_whatever_is_said(text: str, truth: str, ret: float, tagged: bool) -> None:
    assert BOUNDS.keys() == TERMS.keys()
    made = batch(FIVE, [text], Outcome(truth, ret, 0.02), tagged=tagged, prompts=["Tue 09:00 some news"])
    for name, (low, high) in BOUNDS.items():
        (value,) = term(name, made)
        assert low <= value <= high, name


@settings(deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=2, max_size=6).map(sorted), st.sampled_from([-1.0, -0.5, 0.0, 0.5, 1.0]))
def test_pnl_rises_with_a_return_on_the_positions_side(returns: list[float], size: float) -> None:
    """Monotone: a long position never earns less from a higher return, a short one never more."""
    label = "up" if size > 0 else "down"
    texts = [said(TWO, label, f"Position: {size}")] * len(returns)
    outcomes = [Outcome("up", ret, 0.02) for ret in returns]
    values = term("pnl", batch(TWO, texts, outcomes, tagged=True))
    assert values == sorted(values, reverse=size < 0)


@pytest.mark.parametrize("name", [name for name, task in TASKS.items() if name.startswith("movement")])
def test_several_labels_in_one_answer_are_unparsed(name: str) -> None:
    task = get_task(name)
    for first in task.labels:
        for second in task.labels:
            if first == second:
                continue
            texts = [
                f"{task.answer(first)} or {second}",
                f"{second}, {first}",
                f"{task.answer(first)}. {task.answer(second)}",
            ]
            assert term("accuracy", batch(task, texts, Outcome(first))) == [-2] * 3
            tagged = [said(task, first) + said(task, second), said(task, f"{first} / {second}")]
            assert term("accuracy", batch(task, tagged, Outcome(first), tagged=True)) == [-2] * 2


def test_values_of_the_demos_terms_are_pinned() -> None:
    """Format, accuracy and pnl as the demo's recipe weighs them: 0.25, 0.25 and 1."""
    texts = [TWO.answer("up"), TWO.answer("down"), "up", "nothing", "up down"]
    made = batch(TWO, texts, Outcome("up", 0.8, 0.025))
    cost = 2 * 5e-4 / 0.025  # 0.04
    earned = [pnl(position, 0.8, 0.025, 5.0) for position in (1.0, -1.0, 1.0, None, None)]
    assert earned == pytest.approx([0.8 - cost, -0.8 - cost, 0.8 - cost, -3, -3])
    assert term("format", made) == [1, 1, -1, -1, -1]
    assert term("accuracy", made) == [2, -1.5, 2, -2, -2]
    assert term("pnl", made) == pytest.approx(earned)
    total = 0.25 * np.array(term("format", made)) + 0.25 * np.array(term("accuracy", made)) + term("pnl", made)
    # 0.25 + 0.5 + 0.76; 0.25 - 0.375 - 0.84; -0.25 + 0.5 + 0.76; -0.25 - 0.5 - 3, twice
    assert total == pytest.approx([1.51, -0.965, 1.01, -3.75, -3.75])
