"""Business Insider. Recorded pages: 2024-02-14 (a slide show) and 2025-04-01."""

from datetime import date

from lxml.etree import XPath

from data_pipeline.sources.archives.extraction.publishers.layout import Layout, Publisher

PUBLISHER = Publisher(
    name="Business Insider",
    hosts=("businessinsider.com",),
    layouts=(
        Layout(
            body=XPath(
                '//div[contains(@class, "content-lock-content")]/*[self::p or self::h2 or self::h3]'
                '|//ul[@class="summary-list"]/li'
                '|//div[contains(@class, "slide-layout")]/p'
                '|//h2[contains(@class, "slide-title-text")]'
            ),
            # The day before the first recorded page with the next layout: the true day lies in the year before.
            valid_until=date(2025, 3, 31),
        ),
        Layout(
            body=XPath(
                '//*[contains(@class, "post-summary-bullets")]//li'
                '|//section[contains(@class, "post-body-content")]/*[self::p or self::h2 or self::h3 or self::ul]'
            ),
        ),
    ),
    title_meta="og:title",
)
