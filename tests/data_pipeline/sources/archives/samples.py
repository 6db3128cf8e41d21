"""Samples of the web archives: recorded pages, and WARC files made around pages."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from data_pipeline.sources.archives import cc_news, page
from data_pipeline.sources.protocol import Cursor, Request, Scope, Window
from tests.data_pipeline.sources.archives.made_warc import compressed, press_release, record, small_warc
from tests.data_pipeline.sources.sample import FIXTURES, Sample

WINDOW = Window(since=datetime(2025, 6, 2, tzinfo=UTC), until=datetime(2025, 6, 4, tzinfo=UTC))
HTML = "shared:payloads/news_html/"
PAGES = {
    "BusinessInsider_2024_02_14": "https://www.businessinsider.com/every-dune-outfit-zendaya-wore-ranked-2024-2",
    "BusinessInsider_2025_04_01": "https://www.businessinsider.com/bariatric-surgery-weight-loss-changes-unexpected-2025-3",
    "CNBC_2023_04_28": "https://www.cnbc.com/2023/04/28/many-new-bitcoin-crypto-buyers-influenced-by-friends-why-to-be-cautious.html",
    "Reuters_2023_05_16": "https://www.reuters.com/business/aerospace-defense/nepal-says-no-proof-flydubai-plane-suffered-bird-strike-2023-04-25/",
    "Reuters_2024_03_07": "https://www.reuters.com/world/middle-east/israeli-tank-likely-scenario-fired-machine-gun-reporters-after-deadly-shelling-2024-03-07/",
}
"""Recorded pages and the addresses that they give as their own."""


def saved_on(name: str) -> datetime:
    """Return the end of the day on which a recorded page was saved, by its name."""
    return datetime.strptime(name[-10:], "%Y_%m_%d").replace(hour=23, tzinfo=UTC)


def page_sample(name: str) -> Sample:
    """Return the sample of one recorded page."""
    return Sample(
        page.SOURCE,
        Request(url=PAGES[name], expects="html"),
        f"{HTML}{name}.html.gz",
        {"documents": 1},
        fetched_at=saved_on(name),
        content_type="text/html",
        scope=Scope(urls=(PAGES[name],)),
    )


def recorded_warc(*names: str) -> bytes:
    """Return a WARC file of recorded pages, captured when they were saved."""
    return compressed(
        record(PAGES[name], page_sample(name).read(), f"{saved_on(name):%Y-%m-%dT%H:%M:%SZ}") for name in names
    )


@dataclass(frozen=True)
class MadeSample(Sample):
    """A sample whose answer is made when it is read."""

    make: Callable[[], bytes] = field(default=bytes)

    def read(self) -> bytes:
        return self.make()


def warc_request(hosts: str = "", offset: int = 0) -> Request:
    """Return a request for a slice, without a window."""
    url = "https://data.commoncrawl.org/crawl-data/CC-NEWS/2025/06/CC-NEWS-20250604115959-00414.warc.gz"
    return Request(url=url, expects="bytes", context={"kind": "warc", "hosts": hosts, "offset": str(offset)})


SAMPLES = [
    *(page_sample(name) for name in PAGES),
    Sample(
        page.SOURCE,
        Request(url="https://www.example.com/2025/06/northgate-widgets-lifts-outlook", expects="html"),
        "pages/press_release.html",
        {"documents": 1},
        content_type="text/html",
        scope=Scope(urls=("https://www.example.com/2025/06/northgate-widgets-lifts-outlook",)),
    ),
    Sample(
        cc_news.CC_NEWS,
        cc_news.CC_NEWS.plan(Cursor(), WINDOW, Scope(urls=("example.com",)))[0],
        "cc_news/warc.paths",
        {"follow": 5},
        content_type="binary/octet-stream",
        mode="range",
        scope=Scope(urls=("example.com",)),
    ),
    MadeSample(
        cc_news.CC_NEWS,
        warc_request("example.com"),
        "made/small.warc.gz",
        {"documents": 1},
        content_type="application/octet-stream",
        mode="range",
        scope=Scope(urls=("example.com",), path=FIXTURES / "cc_news" / "downloaded.warc.gz"),
        make=small_warc,
    ),
    MadeSample(
        cc_news.REUTERS,
        warc_request("reuters.com"),
        "made/reuters.warc.gz",
        {"documents": 2},
        content_type="application/octet-stream",
        mode="range",
        make=lambda: recorded_warc("Reuters_2023_05_16", "CNBC_2023_04_28", "Reuters_2024_03_07"),
    ),
    MadeSample(
        cc_news.CC_NEWS,
        warc_request(),
        "made/damaged.warc.gz",
        {"documents": 2, "quarantine": 1},
        content_type="application/octet-stream",
        mode="file",
        scope=Scope(urls=("example.com",)),
        make=lambda: _damaged(),
    ),
]


def _damaged() -> bytes:
    """Return three articles, the second of which lost some bytes."""
    parts = [compressed([record(f"https://www.example.com/{name}", _page_of(name))]) for name in ("a", "b", "c")]
    return parts[0] + parts[1][:400] + parts[1][420:] + parts[2]


def _page_of(name: str) -> bytes:
    return press_release().replace(b"/2025/06/northgate-widgets-lifts-outlook", f"/{name}".encode())
