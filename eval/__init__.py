"""Evaluation: score checkpoints and baselines, with intervals, a backtest and a report."""
