"""The evaluator's speed, each measurement in a process of its own on one core.

    python scripts/bench/evaluation.py [--jobs scoring inference judging] [--json] [--check] [--rounds 3]

``scoring`` puts label scores beside lm-evaluation-harness and a plain loop (extra ``bench``; prompts from TICKERTUNE_DATA), ``inference`` puts ``tickertune infer`` beside vLLM alone,
``judging`` times intervals and a backtest. Rates are by processor time. ``--check`` exits with 1 where a target is missed: few-shot scores 15 times as fast as the harness on
vLLM and 10 times as fast as on transformers, with the same labels (without shots prompts share little: those ratios are told, beside what counting allows, and not held to these targets);
inference at .95 of vLLM's pace; 10,000 resamples of 100,000 decisions in a second; 20 years of 500 stocks in five.
"""

import sys

import harness

if __name__ == "__main__":
    sys.exit(harness.main(__file__, __doc__ or "", ("scoring", "inference", "judging"), 3))
