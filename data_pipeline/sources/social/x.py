"""X (Twitter) API v2: posts by search, from the full archive by date and the recent week as they come.

An edited post is a new post with the ids of all its versions, oldest first. The first id names the document and, by
the time in it, dates it; the version's own ``created_at`` is then when this text was written. A retweet repeats the
text of another: counted, and given as the post that it is; ``-is:retweet`` in a query leaves retweets out, as the
queries made of symbols do.
"""

from datetime import datetime, timedelta
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
from data_pipeline.sources.social.snowflake import snowflake_time
from data_pipeline.sources.times import UNKNOWN, Stamp, iso

_API = "https://api.x.com/2/tweets/search"
_KEY = (Auth(place="header", name="Authorization", env="X_BEARER_TOKEN", template="Bearer {}"),)
_FIELDS = "created_at,lang,entities,edit_history_tweet_ids,referenced_tweets,note_tweet,conversation_id,author_id"
_ALMOST = timedelta(microseconds=999_999)
"""Makes cutting to the second a rounding up, so that the end of the window is covered."""
_SPENT = ("credits", "usage-cap", "usagecap")
_REFUSED = ("client-forbidden", "unauthorized", "not-authorized", "unsupported-authentication")


class Tag(Payload):
    """A cashtag in the text."""

    unused: ClassVar[frozenset[str]] = frozenset({"start", "end"})

    tag: str


class Entities(Payload):
    """What X found in the text."""

    unused: ClassVar[frozenset[str]] = frozenset({"urls", "hashtags", "mentions", "annotations"})

    cashtags: tuple[Tag, ...] = ()


class Note(Payload):
    """The whole of a text that is longer than 280 characters."""

    text: str
    entities: Entities = Entities()


class Reference(Payload):
    """A post that this one repeats, quotes or answers."""

    type: str
    """retweeted, quoted or replied_to."""
    id: str


class Post(Payload):
    """One version of one post."""

    unused: ClassVar[frozenset[str]] = frozenset(
        ("author_id", "conversation_id", "in_reply_to_user_id", "public_metrics", "possibly_sensitive", "source",
         "reply_settings", "attachments", "context_annotations", "geo", "withheld", "edit_controls", "display_text_range")
    )  # fmt: skip

    id: str
    text: str
    created_at: str
    lang: str | None = None
    edit_history_tweet_ids: tuple[str, ...] = ()
    entities: Entities = Entities()
    referenced_tweets: tuple[Reference, ...] = ()
    note_tweet: Note | None = None


class X(Source):
    """Posts that match the cashtag of a symbol, or the user's query."""

    info = SourceInfo(
        name="x",
        title="X (Twitter)",
        fingpt_row=20,
        category="social",
        market="US",
        modes=("range", "stream"),
        access="API v2, pay per use: every post that a search returns is charged; full archive by date, last week live",
        accepts=("symbols", "query"),
        credentials=("X_BEARER_TOKEN",),
        rate=RateLimit(calls=60, seconds=900, shared="x"),
        zone_rule="created_at in UTC, to the second; an edited post's first version by the time in its id",
        poll_seconds=120,
        terms="Developer agreement: deleted posts must be removed, text may not be redistributed, only ids.",
        licence="proprietary (X and the posts' authors)",
        evidence="documented",
        evidence_note="https://docs.x.com/x-api/posts/search/introduction and "
        "https://docs.x.com/x-api/fundamentals/edit-posts",
        parser_version="x-1",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return a request to the full archive for each symbol and the query."""
        dates = {"since": window.since.isoformat(), "until": window.until.isoformat()}
        times = {"start_time": _second(window.since), "end_time": _second(window.until + _ALMOST)}
        return [
            Request(
                url=f"{_API}/all",
                params={"query": query, **times, "max_results": "500", "tweet.fields": _FIELDS},
                auth=_KEY,
                context={"stream": stream, **dates},
            )
            for stream, query in _queries(scope)
        ]

    def stream(self, cursor: Cursor, scope: Scope) -> list[Request]:
        """Return a request to the recent week for each symbol and the query, after the largest id seen.

        X refuses a ``since_id`` older than a week: after a longer pause collect the gap by date.
        """
        requests = []
        for stream, query in _queries(scope):
            params = {"query": query, "max_results": "100", "tweet.fields": _FIELDS}
            newest = cursor.serial(stream)
            if newest is not None:
                params["since_id"] = str(newest)
            context = {"stream": stream, "first": str(newest is None)}
            requests.append(Request(url=f"{_API}/recent", params=params, auth=_KEY, context=context))
        return requests

    def parse(self, response: Response) -> Parsed:
        """Read a page of posts."""
        payload = expect_object(read_json(response), "the top")
        if "data" not in payload:
            _refuse_errors(payload)
        out = Collector(self.info, response)
        stream = response.request.context.get("stream", "")
        meta = payload.get("meta")
        posts = expect_list(payload.get("data", []), "data")
        for address, item in out.items(Post, posts, "/data"):
            versions = item.edit_history_tweet_ids or (item.id,)
            created = out.stamp(address, iso, item.created_at, "UTC")
            first = created if versions[0] == item.id else out.stamp(address, snowflake_time, versions[0])
            if created is None or first is None:
                continue
            if item.id.isascii() and item.id.isdigit() and len(item.id) < 20:
                out.mark(Mark(at=created.at, serial=int(item.id)), stream)
            if not out.in_window(created):  # a version belongs to the window in which it was written
                continue
            self._post(out, address, item, first, created)
        _follow(out, meta if isinstance(meta, dict) else {}, bool(posts))
        return out.parsed

    @staticmethod
    def _post(out: Collector, address: str, item: Post, first: Stamp, created: Stamp) -> None:
        versions = item.edit_history_tweet_ids or (item.id,)
        out.parsed.counts["retweets"] += any(found.type == "retweeted" for found in item.referenced_tweets)
        tags = [*item.entities.cashtags, *(item.note_tweet.entities.cashtags if item.note_tweet else ())]
        out.document(
            address,
            native_id=versions[0],
            title=item.note_tweet.text if item.note_tweet else item.text,
            url=f"https://x.com/i/web/status/{item.id}",
            published=first,
            updated=created if versions[0] != item.id else UNKNOWN,
            symbols=[(found.tag, "entities.cashtags") for found in tags],
            language=None if item.lang in ("und", "zxx") else item.lang,
        )


def _queries(scope: Scope) -> list[tuple[str, str]]:
    """Return (stream, query) for each symbol and for the user's query."""
    found = [(symbol, f"${symbol} -is:retweet") for symbol in scope.symbols]
    return [*found, ("query", scope.query)] if scope.query else found


def _second(moment: datetime) -> str:
    """Return a time as X wants it: UTC to the second."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _follow(out: Collector, meta: dict[str, Any], any_posts: bool) -> None:
    """Ask for the next page; the first look at a stream takes one page, since each post is charged."""
    request = out.response.request
    token = meta.get("next_token")
    if not any_posts or not isinstance(token, str) or token == request.params.get("next_token"):
        return
    if request.context.get("first") != "True":
        out.parsed.follow.append(request.model_copy(update={"params": {**request.params, "next_token": token[:200]}}))


def _refuse_errors(payload: dict[str, Any]) -> None:
    """Refuse an answer that is an error; one without posts is none."""
    errors = payload.get("errors")
    problems = (
        [payload, *(error for error in errors if isinstance(error, dict))] if isinstance(errors, list) else [payload]
    )
    for problem in problems:
        if "title" not in problem and "detail" not in problem:
            continue
        said = f"{problem.get('title')} {problem.get('type')}".lower()
        reason = f"X answered: {str(problem.get('detail') or problem.get('title'))[:300]}"
        if any(word in said for word in _SPENT):
            raise RefusedResponse(reason, "budget")
        if any(word in said for word in _REFUSED):
            raise RefusedResponse(reason, "credentials")
        raise RefusedResponse(reason)
    if "meta" not in payload:
        raise RefusedResponse(f"expected data or meta, got {sorted(payload)[:10]}")


SOURCE = X()
