from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.statistics import block_length, bootstrap_sums, days_needed, holm, interval, p_above_zero, widened, widening


def naive_sums(day_sums: np.ndarray, block: int, draws: int, seed: int) -> np.ndarray:
    """Draw rows one by one, with the same generator."""
    days = len(day_sums)
    starts = np.random.default_rng(seed).integers(days, size=(draws, -(-days // block)))
    result = []
    for row in starts:
        chosen = [(start + step) % days for start in row for step in range(block)][:days]
        result.append(sum(day_sums[day] for day in chosen))
    return np.array(result)


@given(st.integers(2, 9), st.integers(1, 4), st.integers(0, 5))
def test_weighted_sums_equal_drawing_row_by_row(days: int, block: int, seed: int) -> None:
    table = np.random.default_rng(9).normal(size=(days, 3))
    drawn = bootstrap_sums(table, block, 20, seed)
    if days <= block:
        assert drawn is None
    else:
        assert drawn is not None
        np.testing.assert_allclose(drawn, naive_sums(table, block, 20, seed))


def test_chunks_do_not_change_the_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    table = np.random.default_rng(0).normal(size=(7, 2))
    whole = bootstrap_sums(table, 2, 50, 3)
    monkeypatch.setattr("eval.statistics._CHUNK_CELLS", 40)
    chunked = bootstrap_sums(table, 2, 50, 3)
    assert whole is not None
    assert chunked is not None
    np.testing.assert_allclose(chunked, whole)


def test_tables_that_are_stacked_are_drawn_alike_and_equal_ones_sum_alike() -> None:
    """Columns of one product may be summed in another order than their neighbours; an interval must not come of that."""
    table = np.random.default_rng(0).normal(size=(41, 13))
    drawn = bootstrap_sums(np.stack([table, 2 * table, table]), 2, 50, 3)
    assert drawn is not None
    assert drawn.shape == (3, 50, 13)
    np.testing.assert_array_equal(drawn[0], drawn[2])
    np.testing.assert_array_equal(drawn[1], 2 * drawn[0])
    np.testing.assert_allclose(drawn[0], naive_sums(table, 2, 50, 3))


def test_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    generator = np.random.default_rng(0)
    hits = 0
    for seed in range(200):
        days = generator.normal(size=(40, 1)) + 0.3
        drawn = bootstrap_sums(days, 1, 400, seed)
        assert drawn is not None
        low, high = interval(drawn[:, 0] / 40)
        hits += low <= 0.3 <= high
    assert 0.89 <= hits / 200 <= 0.99


@given(st.integers(3, 500), st.integers(1, 60))
def test_draws_are_never_narrowed_and_more_sessions_need_less(sessions: int, horizon: int) -> None:
    block = block_length(1, horizon)
    factors = [widening(length, block, horizon) for length in (sessions + block, 10 * (sessions + block))]
    assert factors[0] > factors[1] >= 1
    draws = np.array([-1.0, 0.0, 4.0])
    np.testing.assert_allclose(widened(draws, 1.0, factors[0]) - 1, factors[0] * (draws - 1))


def test_windows_that_overlap_are_covered_as_often_as_they_should() -> None:
    generator = np.random.default_rng(0)
    sessions, horizon = 250, 15
    block = block_length(1, horizon)
    factor = widening(sessions, block, horizon)
    hits = {"widened": 0, "plain": 0, "single sessions": 0}
    for seed in range(300):
        shocks = generator.normal(size=sessions + horizon - 1)
        days = np.convolve(shocks, np.ones(horizon), mode="valid")[:, None]
        drawn, alone = (bootstrap_sums(days, length, 300, seed) for length in (block, 1))
        assert drawn is not None
        assert alone is not None
        value = float(days.sum())
        for name, draws in (
            ("widened", widened(drawn[:, 0], value, factor)), ("plain", drawn[:, 0]), ("single sessions", alone[:, 0])
        ):  # fmt: skip
            low, high = interval(draws)
            hits[name] += low <= 0 <= high
    assert 0.91 <= hits["widened"] / 300 <= 0.99
    assert hits["single sessions"] / 300 < 0.6 < hits["plain"] / 300 < hits["widened"] / 300


def test_blocks_widen_the_interval_where_days_hang_together() -> None:
    generator = np.random.default_rng(0)
    shocks = generator.normal(size=404)
    days = np.convolve(shocks, np.ones(5), mode="valid").astype(np.float64)[:, None]
    widths = []
    for block in (1, 10):
        drawn = bootstrap_sums(days, block, 1000, 0)
        assert drawn is not None
        low, high = interval(drawn[:, 0])
        widths.append(high - low)
    assert widths[1] > 1.5 * widths[0]


def test_pairing_removes_what_two_predictors_share() -> None:
    generator = np.random.default_rng(0)
    shared = generator.normal(size=60)
    drawn = bootstrap_sums(np.stack([shared, shared + 0.01 * generator.normal(size=60)], axis=1), 1, 1000, 0)
    assert drawn is not None
    assert np.std(drawn[:, 1] - drawn[:, 0]) < 0.05 * np.std(drawn[:, 0])


def test_p_value_under_the_null_is_rarely_small() -> None:
    generator = np.random.default_rng(1)
    small = 0
    for seed in range(200):
        drawn = bootstrap_sums(generator.normal(size=(60, 1)), 1, 400, seed)
        assert drawn is not None
        small += p_above_zero(drawn[:, 0]) < 0.05
    assert small <= 22
    assert p_above_zero(np.ones(99)) == 0.01
    assert p_above_zero(-np.ones(99)) == 1.0


def test_holm_by_hand() -> None:
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03}) == pytest.approx({"a": 0.03, "b": 0.06, "c": 0.06})
    assert holm({}) == {}


@given(st.dictionaries(st.text(max_size=2), st.floats(0, 1), min_size=1, max_size=6))
def test_holm_never_lowers_a_value_and_keeps_the_order(values: dict[str, float]) -> None:
    adjusted = holm(values)
    assert list(adjusted) == list(values)
    assert all(values[name] <= adjusted[name] <= 1 for name in values)
    ordered = sorted(values, key=lambda name: values[name])
    assert all(adjusted[first] <= adjusted[second] for first, second in pairwise(ordered))


def test_blocks_span_two_horizons_where_windows_overlap() -> None:
    assert [block_length(1, 1), block_length(3, 1), block_length(1, 5), block_length(20, 5)] == [1, 3, 10, 20]


def test_the_days_needed_give_four_in_five_periods_a_verdict() -> None:
    generator = np.random.default_rng(0)
    needed = round(days_needed(0.25, 0.25 - 1.96 / 10, 0.25 + 1.96 / 10, 100))
    means = 0.25 + generator.normal(size=(4000, needed)).mean(axis=1)
    assert np.mean(means - 1.96 / np.sqrt(needed) > 0) == pytest.approx(0.8, abs=0.02)
    assert days_needed(0.0, -1.0, 1.0, 10) == float("inf")
