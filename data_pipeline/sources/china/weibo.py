"""Weibo: posts found by a word, and the posts of named accounts, with the user's own session."""

import re
from datetime import datetime
from typing import Any

from data_pipeline.sources.china.answers import envelope
from data_pipeline.sources.china.cashtags import cashtags
from data_pipeline.sources.china.paging import older_page, stream_context, window_context
from data_pipeline.sources.china.stamps import weibo
from data_pipeline.sources.china.symbols import ZONE
from data_pipeline.sources.collector import Collector
from data_pipeline.sources.markup import plain_text
from data_pipeline.sources.parsing import Payload, clean_text, expect_list, read_json
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
from data_pipeline.sources.times import UNKNOWN, Stamp
from tickertune.core.errors import TickerTuneError

_SITE = "https://m.weibo.cn"
_SESSION = (Auth(place="cookie", name="SUB", env="WEIBO_SUB"),)
_ACCOUNT = re.compile(r"https://(?:m\.)?weibo\.(?:cn|com)/(?:u/)?(\d{5,12})/?")
_PAGES = 50
_LOGGED_OUT = -100


class _Answer(Payload):
    ok: int
    msg: str = ""
    data: dict[str, Any] | None = None
    unused = frozenset(("url", "errno"))


class _Card(Payload):
    mblog: Any = None
    card_group: Any = None
    unused = frozenset(("card_type",))


class _LongText(Payload):
    longTextContent: str


class Post(Payload):
    """One post; ``created_at`` and ``edit_at`` absolute with offset, or relative to the moment of the answer."""

    id: str
    created_at: str
    text: str = ""
    edit_at: str | None = None
    isLongText: bool = False
    longText: _LongText | None = None
    unused = frozenset(
        (
            "bid",
            "mid",
            "retweeted_status",
            "user",
            "source",
            "textLength",
            "reposts_count",
            "comments_count",
            "attitudes_count",
        )
    )


class Weibo(Source):
    """Newest-first pages of a search or of an account; a long post is taken from its own answer, whole."""

    info = SourceInfo(
        name="weibo",
        title="Weibo",
        fingpt_row=22,
        category="social",
        market="CN",
        modes=("range", "stream"),
        access="JSON of the mobile site with the user's own session cookie SUB: search by word (the site shows about 50 "
        "pages) and the posts of an account by its address https://m.weibo.cn/u/<number>",
        accepts=("query", "urls"),
        credentials=("WEIBO_SUB",),
        rate=RateLimit(calls=1, seconds=3),
        zone=ZONE,
        zone_rule="absolute with offset, or relative to the answer (minutes, hours, yesterday 12:30) in Beijing time",
        poll_seconds=120,
        terms="Needs the user's own session and binds him to Weibo's terms; personal data of the authors; no block is "
        "circumvented.",
        licence="proprietary (the authors; Weibo's terms)",
        evidence="documented",
        evidence_note="https://github.com/dataabc/weibo-crawler and https://m.weibo.cn/",
        parser_version="weibo-1",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return the newest page of the search and of each account; older pages follow back to the window's start."""
        return [_page(list_, {**window_context(window), "list": list_, "page": "1"}) for list_ in _lists(scope)]

    def stream(self, cursor: Cursor, scope: Scope) -> list[Request]:
        """Return the newest page of the search and of each account."""
        return [_page(list_, stream_context(cursor, list_, list=list_, page="1")) for list_ in _lists(scope)]

    def parse(self, response: Response) -> Parsed:
        """Read a page of cards, or the whole text of one post."""
        out = Collector(self.info, response)
        answer = envelope(out, _Answer, read_json(response))
        if answer.ok == _LOGGED_OUT:
            raise RefusedResponse("Weibo asks for a login: the session has ended", "credentials")
        if answer.ok != 1 and "没有内容" in answer.msg:
            return out.parsed
        if answer.ok != 1 or answer.data is None:
            raise RefusedResponse(f"Weibo answered {answer.ok}: {answer.msg}")
        if "post" in response.request.context:
            self._whole(out, answer.data)
        else:
            self._cards(out, answer.data)
        return out.parsed

    def _cards(self, out: Collector, data: dict[str, Any]) -> None:
        context = out.response.request.context
        stamps: list[Stamp] = []
        head = ""
        for address, item in out.items(Post, _posts(out, expect_list(data.get("cards"), "data.cards")), "/data/cards"):
            head = head or item.id
            stamp = self._stamped(out, address, item.created_at, out.response.fetched_at)
            if stamp is None:
                continue
            stamps.append(stamp)
            if not out.in_window(stamp):
                continue
            if item.isLongText and item.longText is None and item.id.isascii() and item.id.isdigit():
                out.parsed.follow.append(_whole_request(item, out.response.fetched_at, context["list"]))
                out.parsed.counts["long_posts"] += 1
                continue
            markup = item.longText.longTextContent if item.longText else item.text
            self._document(out, address, item.id, markup, stamp, item.edit_at or "", out.response.fetched_at)
        older = older_page(out, stamps, head, _PAGES)
        if older is not None:
            out.parsed.follow.append(_page(context["list"], older))

    def _whole(self, out: Collector, data: dict[str, Any]) -> None:
        context = out.response.request.context
        item = envelope(out, _LongText, data)
        seen = datetime.fromisoformat(context["seen"])
        address = f"{out.response.url}#/data"
        stamp = self._stamped(out, address, context["created_at"], seen)
        if stamp is not None:
            self._document(out, address, context["post"], item.longTextContent, stamp, context["edit_at"], seen)

    def _document(
        self, out: Collector, address: str, post: str, markup: str, stamp: Stamp, edited: str, seen: datetime
    ) -> None:
        updated = self._stamped(out, address, edited, seen) if edited else UNKNOWN
        if updated is None:
            return
        text = plain_text(markup)
        out.document(
            address,
            native_id=post,
            title="",
            body=text,
            url=f"{_SITE}/status/{post}",
            language="zh",
            published=stamp,
            updated=updated,
            cashtags=cashtags(text),
        )
        out.mark(Mark(at=stamp.at), out.response.request.context["list"])

    def _stamped(self, out: Collector, address: str, text: str, seen: datetime) -> Stamp | None:
        return out.stamp(address, weibo, text, seen)


def _lists(scope: Scope) -> list[str]:
    """Return the container ids of the search and of the accounts."""
    found = [f"100103type=61&q={scope.query}&t="] if scope.query else []
    for address in scope.urls:
        account = _ACCOUNT.fullmatch(address)
        if account is None:
            raise TickerTuneError(f"'{address}' is no Weibo account", "Name it as https://m.weibo.cn/u/<number>")
        found.append(f"107603{account[1]}")
    return found


def _posts(out: Collector, cards: list[Any]) -> list[Any]:
    """Return the raw posts of the cards and of their groups; other cards (accounts, advice) are counted."""
    posts: list[Any] = []
    for index, raw in enumerate(cards):
        card = out.validate(_Card, raw, f"{out.response.url}#/data/cards/{index}/card")
        if card is None:
            continue
        inner = card.card_group if isinstance(card.card_group, list) else []
        found = [raw["mblog"] for raw in inner if isinstance(raw, dict) and raw.get("mblog") is not None]
        posts += [card.mblog] if card.mblog is not None else found
        out.parsed.counts["cards_without_post"] += card.mblog is None and not found
    return posts


def _page(list_: str, context: dict[str, str]) -> Request:
    params = {"containerid": list_, "page": context["page"]}
    if list_.startswith("100103"):
        params["page_type"] = "searchall"
    return Request(url=f"{_SITE}/api/container/getIndex", params=params, auth=_SESSION, context=context)


def _whole_request(item: Post, seen: datetime, list_: str) -> Request:
    stamps = {"created_at": clean_text(item.created_at), "edit_at": clean_text(item.edit_at or "")}
    return Request(
        url=f"{_SITE}/statuses/extend",
        params={"id": item.id},
        auth=_SESSION,
        context={**stamps, "post": item.id, "list": list_, "seen": seen.isoformat()},
    )


SOURCE = Weibo()
