"""Prices and corporate actions, each with its true basis, a file each."""

from data_pipeline.sources.protocol import Source

SOURCES: tuple[Source, ...] = ()
