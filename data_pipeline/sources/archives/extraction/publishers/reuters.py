"""Reuters. Recorded pages: 2023-05-16 (paragraphs are p elements) and 2024-03-07 (they are div elements)."""

from datetime import date

from lxml.etree import XPath

from data_pipeline.sources.archives.extraction.publishers.layout import Layout, Publisher

_HINTS = XPath('//*[contains(@class, "article-body__content")]//span[normalize-space() = ", opens new tab"]')
"""Read aloud by screen readers after a link."""

PUBLISHER = Publisher(
    name="Reuters",
    hosts=("reuters.com",),
    layouts=(
        Layout(
            body=XPath(
                '//div[contains(@class, "article-body__content")]/*[(self::p and starts-with(@data-testid, "paragraph-"))'
                ' or ((self::h2 or self::h3) and @data-testid="Heading")]'
            ),
            drop=_HINTS,
            # The day before the first recorded page with the next layout: the true day lies in the ten months before.
            valid_until=date(2024, 3, 6),
        ),
        Layout(
            body=XPath(
                '//div[contains(@class, "article-body__content")]/*[(self::div'
                ' and starts-with(@data-testid, "paragraph-")) or ((self::h2 or self::h3) and @data-testid="Heading")]'
            ),
            drop=_HINTS,
        ),
    ),
    title_meta="og:title",
)
