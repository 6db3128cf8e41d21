"""InvestorBench: news and filings of one asset a file, by day, as a machine summarised them.

An object of days; each has ``news``, for companies ``10k`` and ``10q``, and a price. The dates of the filings are their
filing dates in New York (Microsoft's 10-K of 2020-07-30 was accepted after the close), so a day's text is known from the
end of that day in New York. News of weekends is missing or stands at another day: for companies the days are sessions.

The texts are summaries by a language model that knew later years, and may say what it knew. Each news text ends in
the model's own verdict, "(Sentiment: positive)": cut off. The price (one a day, of unstated basis) is not read.
"""

import re
from pathlib import PurePosixPath
from typing import Any, ClassVar

from pydantic import Field

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.datasets.file_source import FileSource, file_path
from data_pipeline.sources.datasets.reading import unpacked
from data_pipeline.sources.parsing import Payload, content_id, expect_object, read_json
from data_pipeline.sources.protocol import Parsed, Response, SourceInfo
from data_pipeline.sources.times import day
from tickertune.core.document import Category

_VERDICT = re.compile(r"\s*\(\s*sentiment\s*:[^()]*\)\s*\Z", re.IGNORECASE)
_COINS = frozenset(("btc", "eth"))


class Day(Payload):
    """What stands at one day."""

    unused: ClassVar[frozenset[str]] = frozenset({"prices"})

    news: tuple[Any, ...]
    annual: tuple[Any, ...] = Field(default=(), alias="10k")
    quarterly: tuple[Any, ...] = Field(default=(), alias="10q")


class InvestorBench(FileSource):
    """News and filing summaries of the file's asset."""

    kind = "json"
    layout: ClassVar[str] = "SYMBOL.json (or .json.zst)"
    info = SourceInfo(
        name="investorbench",
        title="InvestorBench",
        category="dataset",
        market="US",
        modes=("file",),
        access="JSON files of the public repository felis33/INVESTOR-BENCH",
        needs=("path",),
        zone="America/New_York",
        zone_rule="a date alone, of New York",
        max_bytes=256 << 20,
        terms="The data set may be used under MIT; texts are machine summaries of articles of others.",
        licence="MIT (the collection's)",
        evidence="recorded",
        evidence_note="investorbench/msft.json.zst, jnj.json.zst, btc.json.zst",
        parser_version="investorbench-1",
    )

    def wants(self, path: PurePosixPath) -> bool:
        """A file an asset."""
        return path.name.endswith((".json", ".json.zst"))

    def parse(self, response: Response) -> Parsed:
        """Read the texts of every day, without price and verdict."""
        days: dict[str, Any] = expect_object(read_json(unpacked(self.info, response)), "the top")
        out = Collector(self.info, response)
        symbol = file_path(response.request).name.partition(".")[0]
        seen: set[str] = set()
        for date, value in days.items():
            address = f"{response.url}#/{date}"
            item = out.validate(Day, value, address)
            stamp = out.stamp(address, day, date, self.info.zone) if item is not None else None
            if item is None or stamp is None or not out.in_window(stamp):
                continue
            parts: dict[str, tuple[Category, tuple[Any, ...]]] = {
                "news": ("news", item.news),
                "10k": ("filing", item.annual),
                "10q": ("filing", item.quarterly),
            }
            for part, (category, texts) in parts.items():
                for number, text in enumerate(texts):
                    where = f"{address}/{part}/{number}"
                    out.parsed.counts["items"] += 1
                    if not isinstance(text, str):
                        out.set_aside(where, f"expected a text, got {type(text).__name__}", text)
                        continue
                    native_id = content_id(symbol, date, part, text)
                    if native_id in seen:
                        out.parsed.counts["repeated"] += 1
                        continue
                    seen.add(native_id)
                    out.document(
                        where,
                        native_id=native_id,
                        title="",
                        body=_VERDICT.sub("", text),
                        published=stamp,
                        symbols=[(symbol, "file name")],
                        language="en",
                        market="global" if symbol in _COINS else None,
                        category=category,
                    )
        return out.parsed


SOURCE = InvestorBench()
