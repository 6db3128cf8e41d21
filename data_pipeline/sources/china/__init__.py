"""Chinese news, posts, filings, a file each."""

from data_pipeline.sources.protocol import Source

SOURCES: tuple[Source, ...] = ()
