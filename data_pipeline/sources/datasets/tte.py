"""Trade the Event (Zhou et al., ACL 2021), the EDT data set: company news of 2020-2021 and event detection texts.

``Trading_benchmark/evaluate_news.json`` holds 303,893 press releases of PR Newswire and Business Wire. Each carries its
own answer in ``labels``: prices up to three days later. Of them only the ticker is read, which a machine found in the
article's text (other users of the set report wrong ones). ``pub_time`` is to the minute and was "adjusted" by the
authors in a way they do not describe; they compare it with 4 pm Eastern, so a stamp without a zone is New York's.

``Event_detection/{train,dev}.txt`` hold a word and its event tag a line, ``Domain_adaptation/{train,dev}.txt`` plain
text; an empty line ends an article. They carry no dates, and the tags are not read (see ``sentences``).
"""

import io
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, ClassVar

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.datasets.file_source import FileSource, file_path
from data_pipeline.sources.datasets.reading import json_items, unpacked
from data_pipeline.sources.datasets.sentences import Sentences
from data_pipeline.sources.parsing import Payload, clean_text, content_id
from data_pipeline.sources.protocol import Parsed, RefusedResponse, Response, SourceInfo
from data_pipeline.sources.times import Stamp, iso

NEWS, EVENTS, PLAIN = "evaluate_news.json", "Event_detection", "Domain_adaptation"


class Release(Payload):
    """One press release. ``labels`` is an object, empty where no ticker was found."""

    title: str
    text: str
    pub_time: str
    labels: Any = None


class Tte(FileSource):
    """Press releases with their tickers, and the undated texts of both other parts."""

    layout: ClassVar[str] = f"Trading_benchmark/{NEWS}, {EVENTS}/*.txt and {PLAIN}/*.txt"
    info = SourceInfo(
        name="tte",
        title="Trade the Event (EDT)",
        fingpt_row=31,
        category="dataset",
        market="US",
        modes=("file",),
        access="files behind a link of the repository Zhihan1996/TradeTheEvent; the user supplies them",
        needs=("path",),
        zone="America/New_York",
        zone_rule="pub_time to the minute, in New York where it names no zone; the other parts carry no dates",
        max_bytes=2 << 30,
        terms="The repository states no licence: ask its authors; releases belong to their publishers.",
        licence="unstated; releases belong to their publishers",
        evidence="file",
        evidence_note="https://github.com/Zhihan1996/TradeTheEvent/blob/master/data/README.md",
        parser_version="tte-2",
    )

    def wants(self, path: PurePosixPath) -> bool:
        """The files of the three parts."""
        return path.name == NEWS or (path.suffix == ".txt" and bool({EVENTS, PLAIN} & {*path.parts}))

    def parse(self, response: Response) -> Parsed:
        """Read one file, by its name."""
        out = Collector(self.info, response)
        path, plain = file_path(response.request), unpacked(self.info, response).body
        if path.name == NEWS:
            self._releases(out, plain)
        elif self.wants(path):
            sentences = Sentences(out)
            for number, lines in enumerate(_blocks(plain), start=1):
                out.parsed.counts["items"] += 1
                words = [line.partition("\t")[0] for line in lines]
                text = " ".join(words) if EVENTS in path.parts else "\n".join(lines)
                sentences.add(f"{response.url}#/{number}", text)
        else:
            raise RefusedResponse(f"{path} is no file of the data set")
        return out.parsed

    def _releases(self, out: Collector, plain: bytes) -> None:
        seen: set[str] = set()
        for address, item in out.items(Release, json_items(plain), ""):
            stamp = out.stamp(address, self._minute, item.pub_time)
            if stamp is None or not out.in_window(stamp):
                continue
            native_id = content_id(item.pub_time, item.title, item.text)
            if native_id in seen:
                out.parsed.counts["repeated"] += 1
                continue
            seen.add(native_id)
            ticker = item.labels.get("ticker") if isinstance(item.labels, dict) else None
            out.document(
                address,
                native_id=native_id,
                title=item.title,
                body=item.text,
                published=stamp,
                symbols=[(ticker, "labels.ticker")] if isinstance(ticker, str) else [],
                language="en",
                category="news",
            )

    def _minute(self, text: str) -> Stamp:
        """Read ``pub_time`` to the minute, whatever its seconds say: the authors state minutes."""
        stamp = iso(text.replace("/", "-"), self.info.zone)
        return stamp if stamp.quality == "day" or stamp.at is None else Stamp.of(stamp.at, "minute")


def _blocks(plain: bytes) -> Iterator[list[str]]:
    """Yield the lines of each article; a line without text ends it."""
    block: list[str] = []
    try:
        for line in io.TextIOWrapper(io.BytesIO(plain), encoding="utf-8-sig"):
            if clean_text(line):
                block.append(clean_text(line))
            elif block:
                yield block
                block = []
    except UnicodeDecodeError as error:
        raise RefusedResponse(f"expected text in UTF-8: {error}") from None
    if block:
        yield block


SOURCE = Tte()
