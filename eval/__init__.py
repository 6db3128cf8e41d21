"""Evaluation: score checkpoints and baselines, with intervals, a backtest and a report."""

from tickertune.core.threads import share_cores

share_cores()  # before any module of this package imports torch
