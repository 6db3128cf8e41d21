"""Twitter Financial News Sentiment: tweets of financial news, labelled bearish, bullish or neutral.

The rows carry neither date nor id; labels are not read (see ``sentences``).
"""

from pathlib import PurePosixPath
from typing import ClassVar

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.datasets.file_source import FileSource
from data_pipeline.sources.datasets.reading import csv_rows, unpacked
from data_pipeline.sources.datasets.sentences import Sentences
from data_pipeline.sources.labelled import TFNS_FILES
from data_pipeline.sources.parsing import Payload
from data_pipeline.sources.protocol import Parsed, Response, SourceInfo


class Row(Payload):
    """One tweet; its label is known and left unread."""

    unused: ClassVar[frozenset[str]] = frozenset({"label"})

    text: str


class Tfns(FileSource):
    """The tweets of both parts."""

    kind = "csv"
    layout: ClassVar[str] = "sent_train.csv and sent_valid.csv"
    info = SourceInfo(
        name="tfns",
        title="Twitter Financial News Sentiment",
        category="dataset",
        market="US",
        modes=("file",),
        access="CSV files of the Hub data set zeroshot/twitter-financial-news-sentiment",
        needs=("path",),
        zone_rule="no dates",
        terms="The data set may be used under MIT; the tweets' text stays under the platform's terms.",
        licence="data set MIT; tweet text under the platform's terms",
        evidence="recorded",
        evidence_note="sentiment/tfns/sent_train.csv",
        parser_version="tfns-1",
    )

    def wants(self, path: PurePosixPath) -> bool:
        """The files of both parts."""
        return path.name in TFNS_FILES.values()

    def parse(self, response: Response) -> Parsed:
        """Read the tweets without their labels."""
        out = Collector(self.info, response)
        sentences = Sentences(out)
        for address, row in out.items(Row, csv_rows(unpacked(self.info, response).body, {"text", "label"}), ""):
            sentences.add(address, row.text)
        return out.parsed


SOURCE = Tfns()
