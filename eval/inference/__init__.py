"""Batch inference: texts or prompts in, decisions out; a file, a data set, or a file that still grows."""

from eval.inference.batch import Options, Outcome, infer
from eval.inference.following import follow

__all__ = ["Options", "Outcome", "follow", "infer"]
