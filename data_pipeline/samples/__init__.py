"""Samples: from what was known at a decision time to prompts, answers and targets."""
