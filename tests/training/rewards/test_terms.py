import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickertune.core.decision import Decision
from tickertune.core.recipe.grpo import PnlConfig
from tickertune.core.tasks import get_task
from training.rewards.terms import Outcome, accuracy_term, format_term, pnl_term

TWO, THREE = get_task("movement"), get_task("movement3")
SILENT = [Decision(outcome="unparsed"), Decision(outcome="abstained"), Decision(outcome="truncated")]


def said(label: str) -> Decision:
    return Decision(outcome="label", label=label)


def test_format_is_paid_for_exactly_one_answer() -> None:
    assert format_term(TWO, TWO.answer("up")) == 1
    assert format_term(TWO, f"{TWO.answer('up')}.") == 1
    assert format_term(TWO, f"{TWO.answer('up')} {TWO.answer('down')}") == -1
    assert format_term(TWO, "up") == -1
    assert format_term(TWO, "") == -1


def test_accuracy_values() -> None:
    assert accuracy_term(TWO, said("up"), Outcome("up")) == 2
    assert accuracy_term(TWO, said("down"), Outcome("up")) == -1.5
    assert [accuracy_term(TWO, silent, Outcome("up")) for silent in SILENT] == [-2, -2, -2]


def test_neighbouring_class_near_the_boundary_is_almost_right() -> None:
    cuts = [-0.4, 0.4]
    near = Outcome("up", ret_scaled=0.5, volatility=0.02)  # 0.1 volatilities, 0.2 percentage points, above the cut
    far = Outcome("up", ret_scaled=0.7, volatility=0.02)  # 0.6 percentage points above
    assert accuracy_term(THREE, said("flat"), near, cuts) == 1.8
    assert accuracy_term(THREE, said("flat"), far, cuts) == -1.5
    assert accuracy_term(THREE, said("down"), near, cuts) == -1.5, "two classes away"
    assert accuracy_term(THREE, said("flat"), near) == -1.5, "boundaries unknown"
    assert accuracy_term(TWO, said("down"), Outcome("up", 0.001, 0.02), [0.0]) == -1.5, "two classes only"


def test_pnl_by_hand() -> None:
    config = PnlConfig(cost_bps=5, clip=3, loss_aversion=1.5)
    outcome = Outcome("up", ret_scaled=1.2, volatility=0.02)
    cost = 2 * 5e-4 / 0.02
    assert pnl_term(TWO, said("up"), outcome, config) == pytest.approx(1.2 - cost)
    assert pnl_term(TWO, said("down"), outcome, config) == pytest.approx(1.5 * (-1.2 - cost))
    assert pnl_term(THREE, said("flat"), outcome, config) == 0
    assert pnl_term(TWO, said("up"), Outcome("up", 9.0, 0.02), config) == pytest.approx(3 - cost)
    assert pnl_term(TWO, said("up"), Outcome("up"), config) is None


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
    ret: float, volatility: float, label: str, cost: float, clip: float, aversion: float, silent: Decision
) -> None:
    config = PnlConfig(cost_bps=cost, clip=clip, loss_aversion=aversion)
    outcome = Outcome("up", ret, volatility)
    nothing, something = pnl_term(THREE, silent, outcome, config), pnl_term(THREE, said(label), outcome, config)
    assert nothing is not None
    assert something is not None
    assert nothing <= something
    assert accuracy_term(THREE, silent, outcome) < accuracy_term(THREE, said(label), outcome)
