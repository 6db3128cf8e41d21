"""CNBC. Recorded page: 2023-04-28."""

from lxml.etree import XPath

from data_pipeline.sources.archives.extraction.publishers.layout import Layout, Publisher

PUBLISHER = Publisher(
    name="CNBC",
    hosts=("cnbc.com",),
    layouts=(
        Layout(
            body=XPath(
                '//div[contains(@class, "ArticleBody-articleBody")]/div[@class="group"]'
                "/*[self::p or self::h2 or self::h3 or self::ul or self::ol or self::blockquote]"
                '|//div[contains(@class, "ArticleBody-articleBody")]/*[self::h2 or self::h3]'
            ),
            drop=XPath(
                '//*[contains(@class, "RelatedContent-") or contains(@class, "AddToWatchlistButton-")'
                ' or contains(@class, "InlineVideo-") or contains(@class, "InlineImage-")]'
            ),
        ),
    ),
    zone="America/New_York",
    title_meta="og:title",
)
