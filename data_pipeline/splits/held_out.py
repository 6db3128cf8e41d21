"""Held-out tickers: instruments that no training sample is about, as RETuning reports them (OOD_Stock)."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tickertune.core.errors import TickerTuneError, did_you_mean
from tickertune.core.files import sha256_text
from tickertune.core.recipe import HeldOutConfig

HELD_OUT = "held_out"
"""A held-out ticker at the validation's dates: in no split, for the choice of a checkpoint may not see it."""
_MOVES = {"train": "ood_stock", "validation": HELD_OUT, "test": "ood_both"}


def hold_out(
    name: NDArray[np.str_], instrument_ids: Sequence[str], instruments: pl.DataFrame, config: HeldOutConfig
) -> NDArray[np.str_]:
    """Move the samples of held-out instruments from ``train`` to ``ood_stock`` and from ``test`` to ``ood_both``.

    A share is drawn by the hash of the seed and the instrument's id, one by one: neither other instruments nor later
    data change who is held out.

    Args:
        name: Split of each sample, or the reason for none.
        instrument_ids: Instrument of each sample.
        instruments: Symbol spans, for symbols named in the recipe.
        config: Who is held out.

    Returns:
        A copy of ``name``.

    Raises:
        TickerTuneError: A named instrument is not in the universe.
    """
    named = _named(config.instruments, instruments)
    held = {
        instrument
        for instrument in set(instrument_ids)
        if instrument in named or _draw(config.seed, instrument) < config.share
    }
    flags = np.array([instrument in held for instrument in instrument_ids], dtype=bool)
    moved = name.copy()
    for split, target in _MOVES.items():
        moved[flags & (name == split)] = target
    return moved


def _named(wanted: Sequence[str], instruments: pl.DataFrame) -> set[str]:
    """Ids of the instruments that ``wanted`` names, by id or by a symbol that they ever had."""
    known = set(instruments["instrument_id"]) | set(instruments["symbol"])
    for name in wanted:
        if name not in known:
            raise TickerTuneError(
                f"split.held_out names '{name}', which is no instrument of the source{did_you_mean(name, known)}",
                "Name symbols or instrument ids of the source",
            )
    hit = pl.col("instrument_id").is_in(wanted) | pl.col("symbol").is_in(wanted)
    return set(instruments.filter(hit)["instrument_id"])


def _draw(seed: int, instrument_id: str) -> float:
    """Uniform number in [0, 1) of an instrument."""
    return int(sha256_text(f"{seed}:{instrument_id}")[:13], 16) / 16**13
