"""Sentences that every data card carries."""

CUTOFF_NOTE = (
    "Base model cutoff: this data set knows no base model. A model may have read about outcomes of sessions before "
    "its training cutoff, so a score there may be memory."
)
