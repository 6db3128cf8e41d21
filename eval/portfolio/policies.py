"""From a session's decisions to weights: sizing, side, the best k, budget and a limit on turnover.

Only what was known at the decision enters: the position that acts on the label, the stated probability, and the
trailing volatility that a sample carries. Returns are never looked at.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tickertune.core.recipe import PolicyConfig

Floats = NDArray[np.float64]
EQUAL = PolicyConfig()
"""Equal weights over the session's samples."""


def edges(predictions: pl.DataFrame) -> Floats:
    """How far each decision's stated probability is above chance: ``(p - 1/k) / (1 - 1/k)``, at least 0.

    1 where the predictor states none, so that a predictor without probabilities is as sure as can be; the probability
    itself where those of the other labels are not stated.

    Args:
        predictions: ``Prediction`` rows [n].
    """
    labels = predictions["logprobs"].list.len().to_numpy().astype(np.float64)
    chance = np.divide(1.0, labels, out=np.zeros_like(labels), where=labels > 1)
    stated = predictions["confidence"].cast(pl.Float64).fill_null(1.0).to_numpy()
    return np.asarray(np.clip((stated - chance) / (1 - chance), 0.0, 1.0))


def decision_weights(predictions: pl.DataFrame, session: NDArray[np.int64], policy: PolicyConfig) -> Floats:
    """Weight of each decision, as a fraction of its session's capital.

    Undecided samples, sides that are not acted on and, for ``sizing: volatility``, samples without a known volatility
    get 0 and leave their share in cash.

    Args:
        predictions: ``Prediction`` rows [n].
        session: Number of each row's session [n].
        policy: How to weigh them.

    Returns:
        Signed weights [n] whose absolute values sum to at most ``policy.gross`` in every session.
    """
    signed = np.where((predictions["outcome"] == "label").to_numpy(), predictions["position"].to_numpy(), 0.0)
    samples = np.bincount(session)
    if policy == EQUAL:
        return np.asarray(signed / samples[session])
    if policy.side != "both":
        signed = np.clip(signed, *((0.0, None) if policy.side == "long" else (None, 0.0)))
    edge = edges(predictions)
    share = np.ones(len(signed))
    if policy.sizing == "volatility":
        volatility = predictions["volatility"].cast(pl.Float64).fill_null(np.nan).to_numpy()
        share = np.divide(1.0, volatility, out=np.zeros(len(signed)), where=volatility > 0)
    kept = np.ones(len(signed), dtype=bool)
    if policy.top_k is not None:
        kept = _best(np.abs(signed) * edge, (signed != 0) & (share > 0), predictions, session, policy.top_k)
    if policy.sizing == "volatility":
        whole = np.bincount(session, weights=np.where(kept, share, 0.0) if policy.top_k else share)
        share = np.divide(share, whole[session], out=np.zeros_like(share), where=whole[session] > 0)
    else:
        fewest = samples if policy.top_k is None else np.minimum(samples, policy.top_k)
        share = share / fewest[session]
    sized = signed * edge if policy.sizing == "confidence" else signed
    return np.asarray(policy.gross * np.where(kept, sized * share, 0.0))


def _best(
    strength: Floats, candidate: NDArray[np.bool_], predictions: pl.DataFrame, session: NDArray[np.int64], k: int
) -> NDArray[np.bool_]:
    """Which k candidates of each session are strongest; of equals those that come first by instrument."""
    name = predictions["instrument_id"].rank("dense").to_numpy()
    order = np.lexsort((name, -strength, ~candidate, session))
    counts = np.bincount(session)
    place = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
    kept = np.zeros(len(order), dtype=bool)
    kept[order] = place < k
    return kept & candidate


def limited_change(held: Floats, target: Floats, limit: float, known: NDArray[np.bool_] | None = None) -> Floats:
    """Cut the changes from ``held`` to ``target`` in proportion, so that they sum to at most ``limit``.

    Args:
        held: Weights before, shape [..., instruments].
        target: Weights wished for, same shape.
        limit: Largest sum of absolute changes.
        known: Instruments that can be held on; the others are sold whatever it takes, and what that takes is not left
            for the rest. None: all.
    """
    change = target - held
    forced = np.zeros_like(change) if known is None else np.where(known, 0.0, change)
    free = change - forced
    wanted = np.abs(free).sum(axis=-1, keepdims=True)
    left = np.maximum(limit - np.abs(forced).sum(axis=-1, keepdims=True), 0.0)
    cut = np.where(wanted > left, left / np.where(wanted > 0, wanted, 1.0), 1.0)
    return np.asarray(held + forced + cut * free)


def limited_weights(weights: Floats, known: NDArray[np.bool_], horizon: int, limit: float) -> Floats:
    """Apply ``limited_change`` from session to session; a session's tranche replaces the one ``horizon`` before.

    Args:
        weights: Wished for, shape (sessions, instruments).
        known: Where a return is known, same shape: a name without one cannot be held on.
        horizon: Sessions that a tranche is held.
        limit: Largest sum of absolute changes of a tranche's weights.
    """
    held = np.zeros((horizon, weights.shape[1]))
    result = np.empty_like(weights)
    for session, target in enumerate(weights):
        place = session % horizon
        result[session] = held[place] = limited_change(held[place], target, limit, known[session])
    return result
