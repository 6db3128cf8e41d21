"""Lists of the newest items, page by page: how far to go back, and when to stop."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.parsing import clean_text
from data_pipeline.sources.protocol import Cursor, Window
from data_pipeline.sources.times import Stamp


def window_context(window: Window, **more: str) -> dict[str, str]:
    """Return the request context of a range."""
    return {"since": window.since.isoformat(), "until": window.until.isoformat(), **more}


def stream_context(cursor: Cursor, stream: str = "", **more: str) -> dict[str, str]:
    """Return the request context of a stream: ``after`` is how far it has come, absent on the first look."""
    after = cursor.at(stream)
    return {"stream": stream, **({"after": after.isoformat()} if after else {}), **more}


def older_page(out: Collector, stamps: Iterable[Stamp], head: str, limit: int) -> dict[str, str] | None:
    """Return the context of the next older page of a newest-first list, or None where the list has been read.

    It ends at an empty page, at one that lies before the window or the cursor as a whole (single old items stay pinned
    to the top of a list), at one that repeats the page before it, and at ``limit``, which is counted. A stream without
    a cursor reads one page.

    Args:
        out: The collector of this page.
        stamps: Times of the page's items.
        head: Id of the page's first item, empty for an empty page.
        limit: Pages that the vendor serves at most.
    """
    context: Mapping[str, str] = out.response.request.context
    floor = context.get("since") or context.get("after")
    head = clean_text(head)[:200]
    page = int(context.get("page", "1"))
    latest = [stamp.latest for stamp in stamps if stamp.latest is not None]
    if floor is None or not head or head == context.get("head"):
        return None
    if latest and max(latest) < datetime.fromisoformat(floor):
        return None
    if page >= limit:
        out.parsed.counts["page_limit_reached"] += 1
        return None
    return {**context, "page": str(page + 1), "head": head}
