"""Facebook: posts of pages by the Graph API.

``updated_time`` also moves with a comment, so that it bounds the last change of the text from above: a post fetched
long afterwards counts as known no earlier. For the same reason ``until`` is not sent: the API holds it against
``updated_time`` and would leave out old posts with new comments.
"""

from typing import Any, ClassVar

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.parsing import Payload, expect_list, expect_object, read_json
from data_pipeline.sources.protocol import (
    Auth,
    Cursor,
    Mark,
    Parsed,
    RateLimit,
    RefusedResponse,
    Request,
    Response,
    Scope,
    Source,
    SourceInfo,
    Window,
)
from data_pipeline.sources.protocol.parsed import Refusal
from data_pipeline.sources.social.names import names
from data_pipeline.sources.times import UNKNOWN, iso

_API = "https://graph.facebook.com/v26.0"
_KEY = (Auth(place="query", name="access_token", env="FACEBOOK_ACCESS_TOKEN"),)
_FIELDS = "id,message,story,created_time,updated_time,permalink_url"
_SPENT = frozenset((4, 17, 32, 341, 613))
"""Error codes of spent call limits."""


class Post(Payload):
    """One post; a share without words has neither message nor story."""

    unused: ClassVar[frozenset[str]] = frozenset({"story"})

    id: str
    created_time: str
    updated_time: str | None = None
    message: str | None = None
    permalink_url: str | None = None


class Facebook(Source):
    """Messages that pages posted."""

    info = SourceInfo(
        name="facebook",
        title="Facebook pages",
        fingpt_row=24,
        category="social",
        market="US",
        modes=("range", "stream"),
        access="Graph API: own pages with their token, others only with the feature Page Public Content Access",
        accepts=("query", "urls"),
        credentials=("FACEBOOK_ACCESS_TOKEN",),
        rate=RateLimit(calls=200, seconds=3600, shared="facebook"),
        zone_rule="created_time and updated_time with their zone (+0000), to the second",
        poll_seconds=600,
        terms="Platform terms: the user's own token and an app review; content may not be redistributed.",
        licence="proprietary (Meta and the posts' authors)",
        evidence="documented",
        evidence_note="https://developers.facebook.com/docs/graph-api/reference/page/feed and "
        "https://developers.facebook.com/docs/graph-api/guides/error-handling",
        parser_version="facebook-1",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return the request for the posts of each page since the start of the window."""
        dates = {"since": window.since.isoformat(), "until": window.until.isoformat()}
        return [_request(page, int(window.since.timestamp()), {"page": page, **dates}) for page in _pages(scope)]

    def stream(self, cursor: Cursor, scope: Scope) -> list[Request]:
        """Return the request for the posts of each page since the newest one seen."""
        requests = []
        for page in _pages(scope):
            newest = cursor.at(page)
            context = {"page": page, "first": str(newest is None)}
            requests.append(_request(page, None if newest is None else int(newest.timestamp()), context))
        return requests

    def parse(self, response: Response) -> Parsed:
        """Read a page of posts; those without words are counted."""
        payload = expect_object(read_json(response), "the top")
        if "error" in payload:
            _refuse(payload["error"])
        out = Collector(self.info, response)
        posts = expect_list(payload.get("data"), "data")
        for address, item in out.items(Post, posts, "/data"):
            created = out.stamp(address, iso, item.created_time)
            updated = out.stamp(address, iso, item.updated_time) if item.updated_time else UNKNOWN
            if created is None or updated is None:
                continue
            out.mark(Mark(at=created.at), response.request.context.get("page", ""))
            if not out.in_window(created):
                continue
            if not (item.message or "").strip():
                out.parsed.counts["posts_without_words"] += 1
                continue
            out.document(
                address,
                native_id=item.id,
                title="",
                body=item.message or "",
                url=item.permalink_url,
                published=created,
                updated=updated if updated != created else UNKNOWN,
            )
        _follow(out, payload.get("paging"), bool(posts))
        return out.parsed


def _pages(scope: Scope) -> list[str]:
    return names(scope, "facebook.com", "")


def _request(page: str, since: int | None, context: dict[str, str]) -> Request:
    params = {"fields": _FIELDS, "limit": "100"}
    if since is not None:
        params["since"] = str(since)
    return Request(url=f"{_API}/{page}/posts", params=params, auth=_KEY, context=context)


def _follow(out: Collector, paging: Any, any_posts: bool) -> None:
    """Ask for the next page by its cursor: the address in ``paging.next`` holds the token."""
    request = out.response.request
    cursors = paging.get("cursors") if isinstance(paging, dict) and "next" in paging else None
    after = cursors.get("after") if isinstance(cursors, dict) else None
    if not any_posts or not isinstance(after, str) or not after or after == request.params.get("after"):
        return
    if request.context.get("first") != "True":
        out.parsed.follow.append(request.model_copy(update={"params": {**request.params, "after": after[:1000]}}))


def _refuse(error: Any) -> None:
    code = error.get("code") if isinstance(error, dict) else None
    message = error.get("message") if isinstance(error, dict) else error
    kind: Refusal = "content"
    if code in _SPENT:
        kind = "budget"
    elif isinstance(code, int) and (code in (10, 102, 190) or 200 <= code < 300):
        kind = "credentials"
    raise RefusedResponse(f"Facebook answered: {str(message)[:300]} (code {code!r:.20})", kind)


SOURCE = Facebook()
