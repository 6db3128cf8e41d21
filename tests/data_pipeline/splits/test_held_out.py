"""Held-out tickers."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.splits import hold_out
from tests.data_pipeline.made import instruments
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import HeldOutConfig

IDS = [f"I{number}" for number in range(40)]
SPLITS = ("train", "validation", "test", "purged")


def held(ids: list[str], **config: Any) -> list[str]:
    name = np.array([SPLITS[at % 4] for at in range(len(ids))], dtype="U16")
    return hold_out(name, ids, instruments(IDS), HeldOutConfig(**config)).tolist()


def test_a_held_out_ticker_is_neither_trained_on_nor_validated() -> None:
    after = held(["I1", "I1", "I1", "I1", "I2", "I2", "I2", "I2"], instruments=["I1"])
    assert after == ["ood_stock", "held_out", "ood_both", "purged", "train", "validation", "test", "purged"]


@given(st.floats(0.01, 0.9), st.integers(0, 5), st.sets(st.sampled_from(IDS), min_size=1))
def test_who_is_held_out_depends_on_no_other_ticker(share: float, seed: int, some: set[str]) -> None:
    everyone = held([name for name in IDS for _ in range(4)], share=share, seed=seed)
    alone = held([name for name in sorted(some) for _ in range(4)], share=share, seed=seed)
    expected = [split for name in sorted(some) for split in everyone[4 * IDS.index(name) :][:4]]
    assert alone == expected


def test_the_share_is_about_kept_and_the_seed_changes_who() -> None:
    first, second = (held(IDS, share=0.4, seed=seed) for seed in (0, 1))
    changed = sum(name not in SPLITS for name in first[::4])
    assert 1 <= changed <= 8
    assert first != second


def test_an_unknown_ticker_is_named() -> None:
    with pytest.raises(TickerTuneError, match=r"held_out names 'I1x'.*did you mean"):
        held(["I1"], instruments=["I1x"])


def test_a_block_that_holds_nobody_out_is_refused() -> None:
    with pytest.raises(ValueError, match="holds nobody out"):
        HeldOutConfig()
