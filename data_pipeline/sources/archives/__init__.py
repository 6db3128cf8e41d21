"""News pages out of web archives and by address, a file each."""

from data_pipeline.sources.archives import cc_news, page
from data_pipeline.sources.protocol import Source

SOURCES: tuple[Source, ...] = (cc_news.CC_NEWS, cc_news.REUTERS, page.SOURCE)
