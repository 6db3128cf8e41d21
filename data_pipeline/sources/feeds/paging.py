"""Lists of the newest items, page by page back to a window's start or to where a stream came."""

from collections.abc import Sequence
from datetime import datetime

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.protocol import Cursor, Mark, Window
from data_pipeline.sources.times import Stamp


def window_context(window: Window) -> dict[str, str]:
    """Return the request context of a range."""
    return {"since": window.since.isoformat(), "until": window.until.isoformat()}


def stream_context(cursor: Cursor, stream: str = "") -> dict[str, str]:
    """Return the request context of a stream: ``after`` is how far it came, absent on the first look."""
    after = cursor.at(stream)
    return {"stream": stream, **({"after": after.isoformat()} if after else {})}


def mark_stream(out: Collector, stamp: Stamp) -> None:
    """Mark how far a stream came. A range marks nothing: it would move the stream past news that it did not fetch."""
    stream = out.response.request.context.get("stream")
    if stream is not None and stamp.at is not None:
        out.mark(Mark(at=stamp.at), stream)


def wants_older(out: Collector, times: Sequence[datetime], *, is_last: bool) -> bool:
    """Whether the page before this one is wanted: this one does not lie before the window or the stream's mark.

    A stream without a mark reads one page. Single old items do not end a list.

    Args:
        out: Collector of this page.
        times: Times of the page's items that could be read; a page without any ends the list.
        is_last: Whether this is the last page that is asked for; wanting more is then counted.
    """
    context = out.response.request.context
    floor = context.get("since") or context.get("after")
    if floor is None or not times or max(times) < datetime.fromisoformat(floor):
        return False
    if is_last:
        out.parsed.counts["page_limit_reached"] += 1
    return not is_last
