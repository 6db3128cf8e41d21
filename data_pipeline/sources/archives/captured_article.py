"""From a capture to a document: what the archive saw, and when."""

from data_pipeline.sources.archives.capture import Capture
from data_pipeline.sources.archives.extraction import extract
from data_pipeline.sources.collector import FUTURE_TOLERANCE, Collector
from data_pipeline.sources.protocol import RefusedResponse, Response
from data_pipeline.sources.times import UNKNOWN, Stamp, iso

_HTML = ("text/html", "application/xhtml+xml")


def add_article(out: Collector, address: str, capture: Capture) -> None:
    """Add the article of a capture to what was parsed, or set it aside.

    An article that does not say when it was published belongs to the window in which it was captured.
    """
    if capture.status != 200 or capture.content_type.partition(";")[0].strip().lower() not in _HTML:
        out.parsed.counts["other_answers"] += 1
        return
    seen = out.stamp(address, iso, capture.date)
    if seen is None:
        return
    raw = capture.body[:100_000]
    if capture.truncated or seen.at is None:
        out.set_aside(address, f"the crawler cut the page ({capture.truncated})", raw)
        return
    headers = {"content-type": capture.content_type}
    outer = out.response
    page = Response(outer.request, capture.url, 200, headers, capture.body, outer.fetched_at, outer.mode)
    try:
        article = extract(page, capture.url, seen.at)
    except RefusedResponse as refusal:
        out.set_aside(address, refusal.reason, raw)
        return
    if not article.body:
        out.set_aside(address, "no article text found", raw)
        return
    published = _before(out, article.published, seen)
    if out.in_window(published if published.at is not None else seen):
        out.document(
            address,
            native_id=article.url,
            title=article.title,
            body=article.body,
            url=article.url,
            language=article.language,
            published=published,
            updated=_before(out, article.updated, seen),
            vendor_seen=seen,
        )


def _before(out: Collector, stamp: Stamp, seen: Stamp) -> Stamp:
    """Return the stamp, or an unknown one where the page claims a time after it was captured: counted, not believed."""
    if stamp.at is not None and seen.at is not None and stamp.at > seen.at + FUTURE_TOLERANCE:
        out.parsed.counts["stamps_after_capture"] += 1
        return UNKNOWN
    return stamp
