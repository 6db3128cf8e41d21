from collections.abc import Callable
from types import ModuleType

import pytest


def test_shares_of_hand_counted_lengths(script: Callable[[str], ModuleType]) -> None:
    """Rows of 40 hold 40 and 20 + 10 + 10; pairs of like length cost 2 x 10 and 2 x 40."""
    bound = script("packing_bound")
    found = bound.shares([10, 40, 10, 20], 2, 40)
    assert (found["packed"], found["grouped"]) == (1.0, 1.25)
    assert 1.25 <= found["padded"] <= 1.5  # 40 beside 10 and 20 beside 10 is the dearest order
    assert found["bound"] == found["padded"]
    assert bound.shares([10, 40, 10, 20], 1, 40)["padded"] == 1.0
    assert bound.shares([30, 30, 30], 3, 40)["bound"] == pytest.approx(0.75)
