"""News pages out of web archives, a file each."""

from data_pipeline.sources.protocol import Source

SOURCES: tuple[Source, ...] = ()
