"""Published data sets that the user supplies as files, a file each."""

from data_pipeline.sources.protocol import Source

SOURCES: tuple[Source, ...] = ()
