"""Seats and draws: shares, no prompt twice in a step, passes, and the joining of small buckets."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tickertune.core.errors import TickerTuneError
from training.curriculum.order import Cell, Stretch, laid_out, seats, stretches_of


@settings(deadline=None)
@given(
    weights=st.lists(st.integers(1, 50), min_size=1, max_size=6),
    totals=st.lists(st.integers(1, 16), min_size=1, max_size=40),
)
def test_every_step_holds_its_shares(weights: list[int], totals: list[int]) -> None:
    shares = [weight / sum(weights) for weight in weights]
    given_out = seats(shares, totals)
    for row, total in zip(given_out, totals, strict=True):
        assert sum(row) == total
        assert all(abs(count - share * total) < 1 for count, share in zip(row, shares, strict=True))


def test_fractions_take_turns() -> None:
    assert seats([0.5, 0.5], [3, 3, 3, 3]) == [[2, 1], [1, 2], [2, 1], [1, 2]]
    assert [sum(step[place] for step in seats([1 / 3] * 3, [2] * 6)) for place in range(3)] == [4, 4, 4]


@settings(deadline=None)
@given(
    sizes=st.lists(st.integers(4, 30), min_size=1, max_size=4),
    steps=st.integers(1, 20),
    per_step=st.integers(1, 4),
    seed=st.integers(0, 9),
)
def test_no_step_holds_a_row_twice_and_passes_are_whole(sizes: list[int], steps: int, per_step: int, seed: int) -> None:
    starts = [sum(sizes[:place]) for place in range(len(sizes))]
    rows = [list(range(start, start + size)) for start, size in zip(starts, sizes, strict=True)]
    places = seats([size / sum(sizes) for size in sizes], [per_step] * steps)
    cells = [
        Cell(str(place), [step[place] for step in places], [Stretch(steps, part)]) for place, part in enumerate(rows)
    ]
    order = laid_out(cells, steps, seed)
    assert order == laid_out(cells, steps, seed)
    assert len(order) == steps * per_step
    for step in range(steps):
        assert len(set(order[step * per_step : (step + 1) * per_step])) == per_step
    for part in rows:
        uses = Counter(dict.fromkeys(part, 0))
        uses.update(row for row in order if row in uses)
        assert max(uses.values()) - min(uses.values()) <= 1, "none comes again before all have come"


def test_seeds_differ() -> None:
    cells = [Cell("all", [4] * 5, [Stretch(5, range(20))])]
    assert laid_out(cells, 5, 0) != laid_out(cells, 5, 1)


def test_stretches_follow_each_other() -> None:
    cells = [Cell("all", [2] * 6, [Stretch(2, range(4)), Stretch(6, range(4, 12))])]
    order = laid_out(cells, 6, 0)
    assert set(order[:4]) == set(range(4))
    assert set(order[4:]) == set(range(4, 12))


def test_too_small_a_stretch_is_refused() -> None:
    with pytest.raises(TickerTuneError, match="Step 1 takes 3 prompts of class 'up', and the curriculum has 2 for it"):
        laid_out([Cell("class 'up'", [3], [Stretch(1, [0, 1])])], 1, 0)


def test_buckets_share_the_steps_by_their_rows() -> None:
    assert stretches_of([[0, 1, 2], [], [3, 4, 5, 6, 7, 8]], 6, 2) == [
        Stretch(2, [0, 1, 2]),
        Stretch(6, [3, 4, 5, 6, 7, 8]),
    ]


def test_small_buckets_join_the_next_and_the_last_one_the_one_before() -> None:
    assert stretches_of([[0], [1, 2], [3]], 4, 2) == [Stretch(4, [0, 1, 2, 3])]
    assert stretches_of([[0], [1], [2]], 4, 2) == [Stretch(4, [0, 1, 2])]
    assert stretches_of([[0], [], [1, 2, 3]], 4, 2) == [Stretch(4, [0, 1, 2, 3])]
    assert stretches_of([[0]], 4, 2) == [Stretch(4, [0])]
