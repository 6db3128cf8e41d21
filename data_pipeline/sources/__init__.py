"""Sources: a file each, from the outside world (or a seed) to tables of nouns."""

from data_pipeline.sources.base import QUARANTINE_SCHEMA, SourceData, load_source

__all__ = ["QUARANTINE_SCHEMA", "SourceData", "load_source"]
