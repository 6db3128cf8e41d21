"""Where a data set's documents and prices come from."""

from datetime import date

from data_pipeline.acquisition import collected
from data_pipeline.sources import SourceData
from data_pipeline.sources import load_source as load_from_files
from tickertune.core.recipe import CollectedSourceConfig, SourceConfig


def load_source(config: SourceConfig, since: date, until: date) -> SourceData:
    """Load documents and bars for [since, until) from a store, or from what the source of that kind reads itself."""
    if isinstance(config, CollectedSourceConfig):
        return collected.load(config, since, until)
    return load_from_files(config, since, until)
