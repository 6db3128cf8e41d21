"""The plain RSS publishers, a row each."""

from typing import Any

from data_pipeline.sources.feeds.publisher import FeedPublisher
from data_pipeline.sources.protocol import RateLimit, SourceInfo

_DOW_JONES = "https://feeds.content.dowjones.io/public/rss"
_CNBC = "https://www.cnbc.com/id/{}/device/rss/rss.html"
_WORDPRESS = "https://wordpress.org/documentation/article/wordpress-feeds/"


def _info(name: str, title: str, **facts: Any) -> SourceInfo:
    """Return the facts of a row; what is named here holds unless the row says otherwise."""
    common = {
        "category": "news",
        "market": "US",
        "modes": ("range", "stream"),
        "rate": RateLimit(calls=1, seconds=2),
        "robots": True,
        "zone_rule": "RFC 822 dates with a zone; a stamp without one is unknown",
        "poll_seconds": 300,
        "max_bytes": 16 << 20,
        "evidence": "documented",
        "parser_version": "rss-2",
    }
    return SourceInfo.model_validate({"name": name, "title": title, **common, **facts})


ROWS: tuple[FeedPublisher, ...] = (
    FeedPublisher(
        _info(
            "seeking_alpha",
            "Seeking Alpha",
            fingpt_row=3,
            access="RSS headlines, also by symbol; range: what the feed still lists; older: the source cc_news filtered "
            "to seekingalpha.com, which holds little of this pay-walled site",
            accepts=("symbols",),
            terms="The feed states: personal, non-commercial use only; articles are behind a pay-wall and not fetched.",
            licence="proprietary (Seeking Alpha and its authors)",
            evidence_note="https://seekingalpha.com/page/feeds",
        ),
        feeds={"market_currents": "https://seekingalpha.com/market_currents.xml"},
        symbol_feed="https://seekingalpha.com/api/sa/combined/{symbol}.xml",
        symbol_elements=("sa:symbol",),
    ),
    FeedPublisher(
        _info(
            "penny_stocks",
            "Penny Stocks",
            fingpt_row=4,
            access="RSS (WordPress); range: what the feed still lists",
            terms="Free to read; no licence to republish is stated.",
            licence="proprietary (PennyStocks.com)",
            evidence_note=_WORDPRESS,
        ),
        feeds={"news": "https://pennystocks.com/feed/"},
    ),
    FeedPublisher(
        _info(
            "marketwatch",
            "MarketWatch",
            fingpt_row=5,
            access="RSS headlines and summaries; range: what the feed still lists; older: the source cc_news filtered "
            "to www.marketwatch.com",
            terms="Dow Jones allows personal, non-commercial use of its feeds; articles are not fetched.",
            licence="proprietary (Dow Jones)",
            evidence_note="https://www.marketwatch.com/rss/",
        ),
        feeds={
            name: f"{_DOW_JONES}/mw_{name}" for name in ("topstories", "realtimeheadlines", "marketpulse", "bulletins")
        },
    ),
    FeedPublisher(
        _info(
            "talkmarkets",
            "TalkMarkets",
            fingpt_row=8,
            access="RSS; range: what the feed still lists",
            terms="Free to read; the articles belong to their contributors.",
            licence="proprietary (TalkMarkets and its contributors)",
            evidence_note="https://talkmarkets.com/rss",
        ),
        feeds={"news": "https://talkmarkets.com/rss"},
    ),
    FeedPublisher(
        _info(
            "gurufocus",
            "GuruFocus",
            fingpt_row=10,
            access="RSS, thousands of items at once; range: what the feed still lists; the API needs a subscription",
            terms="Free feed for personal use; the API and the full articles need a subscription and are not fetched.",
            licence="proprietary (GuruFocus)",
            poll_seconds=900,
            evidence_note="https://www.gurufocus.com/rss.php",
        ),
        feeds={"news": "https://www.gurufocus.com/rss.php"},
    ),
    FeedPublisher(
        _info(
            "investorplace",
            "InvestorPlace",
            fingpt_row=11,
            access="RSS (WordPress); range: what the feed still lists",
            terms="Free to read; no licence to republish is stated.",
            licence="proprietary (InvestorPlace Media)",
            evidence_note=_WORDPRESS,
        ),
        feeds={"news": "https://investorplace.com/feed/"},
    ),
    FeedPublisher(
        _info(
            "cnbc",
            "CNBC",
            fingpt_row=19,
            access="RSS headlines and summaries; range: what the feed still lists; older: the source cc_news filtered "
            "to www.cnbc.com; by word: cnbc_search",
            terms="CNBC offers its feeds for personal, non-commercial use; advertising in them is set aside.",
            licence="proprietary (CNBC)",
            evidence_note="https://www.cnbc.com/rss-feeds/",
        ),
        feeds={
            "top_news": _CNBC.format(100003114),
            "finance": _CNBC.format(10000664),
            "economy": _CNBC.format(20910258),
        },
    ),
    FeedPublisher(
        _info(
            "pr_newswire",
            "PR Newswire",
            market="global",
            access="RSS of all releases; range: what the feed still lists (about a day)",
            terms="Free to read; releases may be quoted with their source; tickers stand in the text only.",
            licence="proprietary (the issuers, through Cision)",
            evidence_note="https://www.prnewswire.com/rss/",
        ),
        feeds={"releases": "https://www.prnewswire.com/rss/news-releases-list.rss"},
    ),
    FeedPublisher(
        _info(
            "globenewswire",
            "GlobeNewswire",
            market="global",
            access="RSS of public companies with tickers and the time of the last change; range: what the feed still lists",
            zone_rule="RFC 822 dates to the minute, with GMT",
            terms="Free to read; releases may be quoted with their source.",
            licence="proprietary (the issuers, through Notified)",
            evidence_note="https://www.globenewswire.com/rss/list",
        ),
        feeds={
            "public_companies": "https://www.globenewswire.com/RssFeed/orgclass/1/feedTitle/"
            "GlobeNewswire%20-%20News%20about%20Public%20Companies"
        },
    ),
)
