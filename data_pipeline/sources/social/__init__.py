"""Social posts by official API, a file each."""

from data_pipeline.sources.protocol import Source
from data_pipeline.sources.social import facebook, reddit, stocktwits, x

SOURCES: tuple[Source, ...] = (facebook.SOURCE, reddit.SOURCE, stocktwits.SOURCE, x.SOURCE)
