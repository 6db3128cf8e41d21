"""Batch inference: a file of texts or prompts in, a file of decisions out."""

from eval.inference.batch import Options, Outcome, infer

__all__ = ["Options", "Outcome", "infer"]
