"""Labels of smoothed prices: Trading-R1's signal, the next moving average, and how much of the past they hold."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from data_pipeline.labels.prices import Matrix, PricePanel
from data_pipeline.labels.sessions import Indices
from data_pipeline.labels.spec import LabelSpec
from data_pipeline.labels.timeline import Timeline

MIN_PAIRS = 30
"""Samples from which a correlation is worth printing."""


def exponential_mean(values: Matrix, span: int) -> Matrix:
    """Recursive exponential mean along each row, weight 2 / (span + 1) on the newest value.

    It looks back alone. Where a value is missing the mean is unknown, and it goes on from the last one after that.
    """
    weight = 2 / (span + 1)
    state = np.full(len(values), np.nan)
    mean = np.full_like(values, np.nan)
    for column in range(values.shape[1]):
        value = values[:, column]
        known = ~np.isnan(value)
        state = np.where(known, np.where(np.isnan(state), value, weight * value + (1 - weight) * state), state)
        mean[:, column] = np.where(known, state, np.nan)
    return mean


def smoothed_signal(panel: PricePanel, spec: LabelSpec, timeline: Timeline, volatility: Matrix) -> Matrix:
    """Trading-R1's continuous target: ``sum_i w_i (E[t + h_i] / E[t] - 1) / v``.

    E is the exponential mean of total-return closes, t the entry's session and v the volatility of one session that
    was known at the decision. Instrument x decision; NaN where a price is missing.
    """
    assert spec.ema_span is not None
    mean = exponential_mean(panel.close, spec.ema_span)
    start = np.take(mean, timeline.entry, axis=1)
    signal = np.zeros_like(start)
    for ahead, weight in zip(spec.ema_horizons, spec.ema_weights, strict=True):
        signal = signal + weight * (np.take(mean, timeline.entry + ahead, axis=1) / start - 1) / volatility
    return signal


def average_change(panel: PricePanel, timeline: Timeline, window: int) -> Matrix:
    """Relative change of the mean of ``window`` closes, from the last close known at the decision to the exit's close."""
    mean = np.full_like(panel.close, np.nan)
    if panel.close.shape[1] >= window:
        mean[:, window - 1 :] = sliding_window_view(panel.close, window, axis=1).sum(axis=2) / window
    known = timeline.last_close.clip(min=0)
    change = np.take(mean, timeline.exit, axis=1) / np.take(mean, known, axis=1) - 1
    change[:, timeline.last_close < 0] = np.nan
    return np.asarray(change)


def trailing_correlations(
    panel: PricePanel,
    timeline: Timeline,
    row: Indices,
    decision: Indices,
    target: NDArray[np.float64],
    spans: tuple[int, ...],
) -> dict[int, float]:
    """Correlation of a target with the close-to-close return of the sessions before it, by their number.

    A label that looks forward alone has none of a random walk's past in it; what shows here a model could score by
    reading the past moves in its prompt.

    Args:
        panel: Total-return prices.
        timeline: The decisions.
        row: Row of the panel, by sample.
        decision: Row of the timeline, by sample.
        target: The target, by sample; NaN is left out.
        spans: Numbers of sessions. The returns end at the last close known at the decision.

    Returns:
        Correlations; one of fewer than ``MIN_PAIRS`` samples is left out.
    """
    found = {}
    last = timeline.last_close[decision]
    for span in spans:
        inside = last - span >= 0
        past = np.full(len(target), np.nan)
        past[inside] = panel.close[row[inside], last[inside]] / panel.close[row[inside], last[inside] - span] - 1
        both = ~(np.isnan(past) | np.isnan(target))
        if both.sum() >= MIN_PAIRS:
            found[span] = float(np.corrcoef(past[both], target[both])[0, 1])
    return found
