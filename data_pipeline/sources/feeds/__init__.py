"""RSS and Atom feeds, and pages, a file each; plain publishers are rows of one table."""

from data_pipeline.sources.feeds import alliance_news, cnbc_search, rss, the_fly, tipranks
from data_pipeline.sources.feeds.table import ROWS
from data_pipeline.sources.protocol import Source

SOURCES: tuple[Source, ...] = (
    *ROWS,
    alliance_news.SOURCE,
    cnbc_search.SOURCE,
    rss.SOURCE,
    the_fly.SOURCE,
    tipranks.SOURCE,
)
