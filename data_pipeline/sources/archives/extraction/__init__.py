"""HTML page to article: JSON-LD and meta elements, rules of publishers, and a general fallback."""

from data_pipeline.sources.archives.extraction.article import Article, extract, host_of

__all__ = ["Article", "extract", "host_of"]
