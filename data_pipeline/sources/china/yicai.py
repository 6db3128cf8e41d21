"""Yicai (China Business Network): the newest articles."""

from data_pipeline.sources.china.paging import older_page, stream_context
from data_pipeline.sources.china.stamps import beijing
from data_pipeline.sources.china.symbols import ZONE
from data_pipeline.sources.collector import Collector
from data_pipeline.sources.markup import plain_text
from data_pipeline.sources.parsing import Payload, expect_list, read_json
from data_pipeline.sources.protocol import (
    Cursor,
    Mark,
    Parsed,
    RateLimit,
    Request,
    Response,
    Scope,
    Source,
    SourceInfo,
    Window,
)
from data_pipeline.sources.times import UNKNOWN

_SITE = "https://www.yicai.com"
_PAGES = 20


class Article(Payload):
    """One article; ``CreateDate`` (published) and ``LastDate`` (changed) in naive Beijing time."""

    NewsTitle: str
    url: str
    CreateDate: str
    LastDate: str = ""
    NewsNotes: str | None = ""
    AppID: int | None = None
    unused = frozenset(
        (
            "NewsID",
            "NewsAuthor",
            "NewsSource",
            "CreaterName",
            "ChannelID",
            "ChannelName",
            "NewsType",
            "originPic",
            "VideoUrl",
            "ShareUrl",
            "OuterUrl",
            "pubDate",
        )
    )


class Yicai(Source):
    """The list of newest articles: headline and introduction."""

    info = SourceInfo(
        name="yicai",
        title="Yicai",
        fingpt_row=15,
        category="news",
        market="CN",
        modes=("stream",),
        access="public JSON of the site's front page, without a key: headline and introduction, not the full text",
        rate=RateLimit(calls=1, seconds=2),
        zone=ZONE,
        zone_rule="naive Beijing time to the second, written as ISO 8601",
        poll_seconds=120,
        terms="Undocumented public interface of the site: for own use, at a low rate.",
        licence="proprietary (Yicai Media Group)",
        evidence="documented",
        evidence_note="https://github.com/DIYgod/RSSHub (routes/yicai)",
        parser_version="yicai-1",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return nothing: the interface takes no dates."""
        return []

    def stream(self, cursor: Cursor, scope: Scope) -> list[Request]:
        """Return the newest page."""
        return [_request(stream_context(cursor, page="1"))]

    def parse(self, response: Response) -> Parsed:
        """Read a page of articles."""
        out = Collector(self.info, response)
        stamps, head = [], ""
        for address, item in out.items(Article, expect_list(read_json(response), "the top"), ""):
            head = head or item.url
            stamp = out.stamp(address, beijing, item.CreateDate)
            changed = out.stamp(address, beijing, item.LastDate) if item.LastDate else UNKNOWN
            if stamp is None or changed is None:
                continue
            stamps.append(stamp)
            later = changed.at is not None and stamp.at is not None and changed.at > stamp.at
            out.document(
                address,
                native_id=item.url,
                title=plain_text(item.NewsTitle),
                body=plain_text(item.NewsNotes or ""),
                url=_address(item),
                language="zh",
                published=stamp,
                updated=changed if later else UNKNOWN,
            )
            out.mark(Mark(at=stamp.at))
        context = older_page(out, stamps, head, _PAGES)
        if context is not None:
            out.parsed.follow.append(_request(context))
        return out.parsed


def _address(item: Article) -> str:
    """Return the article's address; subscribers' articles (``AppID`` 0) stand below ``/vip``."""
    if item.url.startswith("http"):
        return item.url
    return f"{_SITE}{'/vip' if item.AppID == 0 else ''}{item.url}"


def _request(context: dict[str, str]) -> Request:
    params = {"page": context["page"], "pagesize": "25"}
    return Request(url=f"{_SITE}/api/ajax/getlatest", params=params, context=context)


SOURCE = Yicai()
