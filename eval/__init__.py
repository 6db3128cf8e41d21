"""Evaluation: score checkpoints and baselines, with intervals, a backtest and a report."""

from tickertune.core.startup import prepare

prepare()  # before any module of this package imports torch
