"""Rules for the pages of single publishers, a file each, with dated layouts so that old pages still parse."""

from data_pipeline.sources.archives.extraction.publishers import business_insider, cnbc, reuters
from data_pipeline.sources.archives.extraction.publishers.layout import Layout, Publisher

__all__ = ["PUBLISHERS", "Layout", "Publisher", "publisher_of"]

PUBLISHERS = (business_insider.PUBLISHER, cnbc.PUBLISHER, reuters.PUBLISHER)
_BY_HOST = {host: publisher for publisher in PUBLISHERS for host in publisher.hosts}


def publisher_of(host: str) -> Publisher | None:
    """Return the publisher whose host or subdomain ``host`` is; None where there are no rules for it."""
    labels = host.lower().split(".")
    return next(
        (_BY_HOST[name] for start in range(len(labels)) if (name := ".".join(labels[start:])) in _BY_HOST), None
    )
