"""News by official API or public JSON, a file each."""

from data_pipeline.sources.news import finnhub

from data_pipeline.sources.protocol import Source

SOURCES: tuple[Source, ...] = (finnhub.SOURCE,)
