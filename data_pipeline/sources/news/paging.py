"""What the news APIs share: spans of a window, the names of streams, and pages that end."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.parsing import clean_text, content_id
from data_pipeline.sources.protocol import Cursor, Mark, RefusedResponse, Request, Window
from data_pipeline.sources.protocol.parsed import Refusal
from data_pipeline.sources.times import Stamp, zone_info

LIVE = "live"
"""Stream of the newest news. Ranges are marked apart from it: a range of last week must not move the live cursor past
news that was not fetched yet."""
MAX_PAGES = 1000
"""Pages of one request; a vendor that never ends is left there."""


def utc_text(moment: datetime) -> str:
    """Return an aware time as ``2025-06-02T00:00:00Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def second_after(moment: datetime) -> datetime:
    """Return the first whole second that is not before ``moment``: for the end of an interval told in seconds."""
    return (moment + timedelta(microseconds=999_999)).replace(microsecond=0)


def window_context(window: Window, **more: str) -> dict[str, str]:
    """Return the context by which ``parse`` keeps to the window."""
    return {"since": window.since.isoformat(), "until": window.until.isoformat(), **more}


def live_context(cursor: Cursor, stream: str = LIVE, **more: str) -> dict[str, str]:
    """Return the context of a stream request; ``after`` is how far the stream came, where it ever ran."""
    at = cursor.at(stream)
    return {"stream": stream, **({"after": at.isoformat()} if at else {}), **more}


def time_spans(window: Window, step: timedelta) -> Iterator[tuple[datetime, datetime]]:
    """Yield [since, until) parts of the window, none longer than ``step``."""
    since = window.since
    while since < window.until:
        until = min(since + step, window.until)
        yield since, until
        since = until


def day_spans(window: Window, days: int, zone: str) -> Iterator[tuple[date, date]]:
    """Yield spans of at most ``days`` dates, both ends included, that cover the window in ``zone`` and in UTC.

    A vendor seldom says in which zone the dates of its query are; both readings are covered, and what lies outside
    the window is left out by ``in_window``.
    """
    last_moment = window.until - timedelta(microseconds=1)
    zones = (UTC, zone_info(zone))
    day = min(window.since.astimezone(each).date() for each in zones)
    last = max(last_moment.astimezone(each).date() for each in zones)
    while day <= last:
        end = min(day + timedelta(days=days - 1), last)
        yield day, end
        day = end + timedelta(days=1)


def refusal(vendor: str, message: Any, kind: Refusal) -> RefusedResponse:
    """Return the error for an answer in which the vendor says no."""
    return RefusedResponse(f"{vendor} answered: {clean_text(str(message))[:300]}", kind)


def mark_live(out: Collector, at: datetime | None, serial: int | None = None) -> None:
    """Mark how far the request's stream came; a range marks the source as a whole."""
    out.mark(Mark(at=at, serial=serial), out.response.request.context.get("stream", ""))


def reaches_back(out: Collector, stamps: Sequence[Stamp]) -> bool:
    """Whether older pages are wanted still: not all of the page lies before the window or before the stream's mark.

    A stream that never ran wants its newest page alone. One old item among new ones does not end a list.
    """
    context = out.response.request.context
    floor = context.get("since") or context.get("after")
    if floor is None:
        return False
    moments = [stamp.at for stamp in stamps if stamp.at is not None]
    return not moments or max(moments) >= datetime.fromisoformat(floor)


def follow_page(out: Collector, raw: Sequence[Any], params: dict[str, str], *, most: int = MAX_PAGES) -> None:
    """Ask for the next page, unless this one is empty, repeats the one before, or is the last allowed one.

    Args:
        out: Collector of this page.
        raw: The page's items as they came.
        params: What the next page changes in the request's parameters.
        most: Number of pages of one request that the vendor serves.
    """
    request = out.response.request
    number = int(request.context.get("page", "1"))
    print_of_page = content_id(repr(raw))
    if not raw or print_of_page == request.context.get("page_before"):
        return
    if number >= most:
        out.parsed.counts["cut_by_vendor"] += 1
        return
    context = {**request.context, "page": str(number + 1), "page_before": print_of_page}
    out.parsed.follow.append(
        Request(
            url=request.url, params={**request.params, **params}, headers=request.headers, auth=request.auth,
            expects=request.expects, context=context,
        )
    )  # fmt: skip
