"""Samples of the Chinese sources."""

from datetime import UTC, datetime

from data_pipeline.sources.china import (
    cctv,
    cninfo,
    eastmoney,
    eastmoney_announcements,
    eastmoney_digest,
    guba,
    sina,
    sina_hq,
    tushare,
    weibo,
    xueqiu,
    yicai,
)
from data_pipeline.sources.protocol import Cursor, Request, Scope, Source, Window
from tests.data_pipeline.sources.sample import FIXTURES, Sample

WINDOW = Window(since=datetime(2025, 6, 2, tzinfo=UTC), until=datetime(2025, 6, 5, tzinfo=UTC))
SEEN = datetime(2025, 6, 4, 2, tzinfo=UTC)
"""10:00 of the fourth of June in Beijing."""
STOCK = Scope(symbols=("600519.SH",))
RECORDED = "shared:payloads/sina_eastmoney"


def window_request(source: Source, scope: Scope | None = None, index: int = 0) -> Request:
    """Return one of the requests that the source plans for the window."""
    return source.plan(Cursor(), WINDOW, scope or Scope())[index]


def newest_request(source: Source, scope: Scope | None = None, index: int = 0) -> Request:
    """Return one of the requests of the source's stream."""
    return source.stream(Cursor(), scope or Scope())[index]


def item_request(name: str) -> Request:
    """Return the request of an item of the evening news of 2025-06-03."""
    context = {
        "since": WINDOW.since.isoformat(),
        "until": WINDOW.until.isoformat(),
        "page": "item",
        "day": "2025-06-03",
    }
    return Request(url=f"https://tv.cctv.com/2025/06/03/{name}.shtml", expects="html", context=context)


POSTS = Scope(query="示例酒业", urls=("https://m.weibo.cn/u/1700000001",))
LONG_POST = Request(
    url="https://m.weibo.cn/statuses/extend",
    params={"id": "5170000000000003"},
    context={
        "post": "5170000000000003",
        "created_at": "昨天 12:30",
        "edit_at": "",
        "list": "1076031700000001",
        "seen": SEEN.isoformat(),
    },
)
PAGE = {"fetched_at": SEEN, "content_type": "text/html"}
SAMPLES = [
    Sample(
        sina.SOURCE,
        window_request(sina.SOURCE, index=1),
        "sina/roll_20250603.json",
        {"documents": 3, "follow": 1},
        SEEN,
    ),
    Sample(eastmoney.SOURCE, newest_request(eastmoney.SOURCE), "eastmoney/fast_news.json", {"documents": 3}, SEEN),
    Sample(
        eastmoney.SOURCE,
        newest_request(eastmoney.SOURCE, STOCK, 1),
        "eastmoney/search_600519.jsonp",
        {"documents": 2},
        SEEN,
        scope=STOCK,
    ),
    Sample(yicai.SOURCE, newest_request(yicai.SOURCE), "yicai/latest.json", {"documents": 2}, SEEN),
    Sample(cctv.SOURCE, window_request(cctv.SOURCE, index=1), "cctv/day_20250603.html", {"follow": 2}, **PAGE),
    Sample(cctv.SOURCE, newest_request(cctv.SOURCE), "cctv/programme.html", {"follow": 1}, **PAGE),
    Sample(cctv.SOURCE, item_request("VIDEaaaa"), "cctv/item_dated.html", {"documents": 1}, **PAGE),
    Sample(cctv.SOURCE, item_request("VIDEbbbb"), "cctv/item_undated.html", {"documents": 1}, **PAGE),
    Sample(tushare.SOURCE, window_request(tushare.SOURCE, index=10), "tushare/news_sina.json", {"documents": 3}, SEEN),
    Sample(tushare.SOURCE, newest_request(tushare.SOURCE, index=9), "tushare/major_news.json", {"documents": 2}, SEEN),
    Sample(
        weibo.SOURCE,
        newest_request(weibo.SOURCE, POSTS),
        "weibo/search.json",
        {"documents": 2, "follow": 1},
        SEEN,
        scope=POSTS,
    ),
    Sample(weibo.SOURCE, LONG_POST, "weibo/extend.json", {"documents": 1}, SEEN, scope=POSTS),
    Sample(
        xueqiu.SOURCE,
        newest_request(xueqiu.SOURCE, STOCK),
        "xueqiu/status_SH600519.json",
        {"documents": 2},
        SEEN,
        scope=STOCK,
    ),
    Sample(
        guba.SOURCE, newest_request(guba.SOURCE, STOCK), "guba/list_600519.html", {"documents": 3}, scope=STOCK, **PAGE
    ),
    Sample(
        cninfo.SOURCE,
        window_request(cninfo.SOURCE, index=3),
        "cninfo/announcements.json",
        {"documents": 3, "follow": 1},
        SEEN,
    ),
    Sample(
        cninfo.SOURCE, window_request(cninfo.SOURCE, STOCK), "cninfo/szse_stock.json", {"follow": 1}, SEEN, scope=STOCK
    ),
    Sample(
        eastmoney_announcements.SOURCE,
        window_request(eastmoney_announcements.SOURCE, STOCK),
        "eastmoney_announcements/page.json",
        {"documents": 3, "follow": 1},
        SEEN,
        scope=STOCK,
    ),
    *(
        Sample(
            eastmoney_digest.SOURCE,
            Request(url=f"file:///digests/{name}"),
            f"{folder}/{name}",
            {"documents": count},
            datetime(2025, 11, 1, 12, tzinfo=UTC),
            mode="file",
            scope=Scope(path=FIXTURES / "eastmoney_digest"),
        )
        for folder, name, count in (
            (RECORDED, "announcement_data_600519.json", 5),
            (RECORDED, "announcement_data_000858.json", 2),
            ("eastmoney_digest", "announcement_data_600519.json", 1),
        )
    ),
    *(
        Sample(
            sina_hq.SOURCE,
            Request(url=f"https://hq.sinajs.cn/list={codes}", expects="text"),
            f"{RECORDED}/{name}",
            expected,
            fetched_at,
            content_type="application/javascript",
            scope=Scope(symbols=("000001.SZ", "162411.SZ")),
        )
        for codes, name, expected, fetched_at in (
            ("sz000001", "doc_1.txt", {"bars": 1}, datetime(2008, 1, 11, 8, tzinfo=UTC)),
            (
                "sz162411,sz160923",
                "sina_hq_test.txt",
                {"bars": 1, "quarantine": 1},
                datetime(2019, 3, 12, 8, tzinfo=UTC),
            ),
        )
    ),
]
