import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.portfolio import backtest
from eval.portfolio.policies import EQUAL, decision_weights, edges, limited_change, limited_weights
from tests.eval.test_portfolio import prediction, table
from tickertune.core.recipe import PolicyConfig


def sure(
    symbol: str, position: float, confidence: float | None, volatility: float | None = 0.02, day: int = 0
) -> pl.DataFrame:
    row = prediction(symbol, day, position, 0.01)
    stated = [] if confidence is None else np.log([confidence, 1 - confidence]).tolist()
    return table(row.model_copy(update={"confidence": confidence, "logprobs": stated, "volatility": volatility}))


def weights(*frames: pl.DataFrame, **policy: object) -> list[float]:
    rows = pl.concat(frames)
    session = (rows["session"].rank("dense") - 1).cast(pl.Int64).to_numpy()
    return decision_weights(rows, session, PolicyConfig.model_validate(policy)).tolist()


THREE = (sure("A", 1.0, 0.9), sure("B", -1.0, 0.6), sure("C", 1.0, 0.5))


def test_equal_weights_share_the_capital_by_samples() -> None:
    assert weights(*THREE) == pytest.approx([1 / 3, -1 / 3, 1 / 3])
    assert weights(*THREE, gross=1.5) == pytest.approx([0.5, -0.5, 0.5])


def test_confidence_counts_from_chance_on() -> None:
    assert weights(*THREE, sizing="confidence") == pytest.approx([0.8 / 3, -0.2 / 3, 0.0])
    assert edges(pl.concat([sure("A", 1.0, None)])).tolist() == [1.0]


def test_volatility_shares_are_one_over_volatility_and_unknown_ones_stay_in_cash() -> None:
    frames = (sure("A", 1.0, 0.9, 0.01), sure("B", -1.0, 0.9, 0.03), sure("C", 1.0, 0.9, None))
    assert weights(*frames, sizing="volatility") == pytest.approx([0.75, -0.25, 0.0])


def test_the_best_k_share_the_capital_alone_and_ties_go_by_name() -> None:
    assert weights(*THREE, top_k=2) == pytest.approx([0.5, -0.5, 0.0])
    equal = (sure("B", 1.0, 0.7), sure("A", -1.0, 0.7), sure("C", 0.0, 0.99))
    assert weights(*equal, top_k=1) == pytest.approx([0.0, -1.0, 0.0])
    assert weights(sure("A", 1.0, 0.9), sure("B", 0.0, 0.9), top_k=5) == pytest.approx([0.5, 0.0])


def test_a_side_that_is_not_acted_on_stays_in_cash() -> None:
    assert weights(*THREE, side="long") == pytest.approx([1 / 3, 0, 1 / 3])
    assert weights(*THREE, side="short", top_k=1) == pytest.approx([0, -1, 0])


def test_sessions_do_not_mix() -> None:
    later = sure("A", 1.0, 0.9, day=1)
    assert weights(*THREE, later, top_k=1) == pytest.approx([1, 0, 0, 1])


policies = st.fixed_dictionaries(
    {
        "sizing": st.sampled_from(["equal", "confidence", "volatility"]),
        "side": st.sampled_from(["both", "long", "short"]),
        "top_k": st.one_of(st.none(), st.integers(1, 6)),
        "gross": st.floats(0.1, 3),
    }
)


@given(policies, st.integers(0, 2**32 - 1))
def test_the_budget_holds_and_the_order_of_rows_does_not_matter(policy: dict, seed: int) -> None:  # type: ignore[type-arg]
    generator = np.random.default_rng(seed)
    frames = [
        sure(
            name,
            float(generator.choice([-1, 0, 1])),
            round(float(generator.uniform(0.5, 1)), 1),
            0.01 + generator.random() / 10,
            day,
        )
        for day in range(3)
        for name in "ABCDE"[: generator.integers(1, 6)]
    ]
    rows = pl.concat(frames)
    order = generator.permutation(len(rows))

    def by_sample(frame: pl.DataFrame) -> dict[str, float]:
        session = (frame["session"].rank("dense") - 1).cast(pl.Int64).to_numpy()
        found = decision_weights(frame, session, PolicyConfig(**policy))
        for at in np.unique(session):
            assert np.abs(found[session == at]).sum() <= policy["gross"] + 1e-12
        return dict(zip(frame["sample_id"], found.tolist(), strict=True))

    assert by_sample(rows) == pytest.approx(by_sample(rows[order.tolist()]))


def test_changes_are_cut_in_proportion_and_forced_sales_come_first() -> None:
    held, target = np.array([0.5, 0.0, 0.3]), np.array([0.0, 0.5, 0.0])
    assert limited_change(held, target, 10).tolist() == target.tolist()
    assert limited_change(held, target, 0.65) == pytest.approx([0.25, 0.25, 0.15])
    known = np.array([True, True, False])
    assert limited_change(held, target, 0.5, known) == pytest.approx([0.4, 0.1, 0.0])
    assert limited_change(held, target, 0.1, known) == pytest.approx([0.5, 0.0, 0.0])


@given(st.integers(1, 4), st.floats(0.05, 2), st.integers(0, 2**32 - 1))
def test_a_limit_on_turnover_is_kept_by_every_tranche(horizon: int, limit: float, seed: int) -> None:
    wished = np.random.default_rng(seed).normal(0, 0.3, (12, 4))
    found = limited_weights(wished, np.ones(wished.shape, dtype=bool), horizon, limit)
    before = np.vstack([np.zeros((horizon, 4)), found[:-horizon]])
    assert (np.abs(found - before).sum(axis=1) <= limit + 1e-9).all()


def test_the_book_trades_less_under_a_limit() -> None:
    rows = table(*(prediction("A", day, (-1.0) ** day, 0.01) for day in range(6)))
    free = backtest(rows, hedged=False, policy=EQUAL)
    bound = backtest(rows, hedged=False, policy=PolicyConfig(max_turnover=0.5))
    assert free.turnover[1:-1].tolist() == [2, 2, 2, 2]
    assert bound.turnover[:-1].max() <= 0.5 + 1e-12


def test_returns_that_follow_do_not_enter_a_weight() -> None:
    rows = pl.concat(THREE)
    other = rows.with_columns(
        ret_raw=-pl.col("ret_raw") + 9, ret_excess=pl.lit(3.0), ret_scaled=pl.lit(-2.0), gold=pl.lit("down")
    )
    for sizing in ("equal", "confidence", "volatility"):
        policy, session = PolicyConfig(sizing=sizing, top_k=2), np.zeros(3, dtype=np.int64)
        assert decision_weights(rows, session, policy).tolist() == decision_weights(other, session, policy).tolist()
