"""Social posts by official API, a file each."""

from data_pipeline.sources.protocol import Source

SOURCES: tuple[Source, ...] = ()
