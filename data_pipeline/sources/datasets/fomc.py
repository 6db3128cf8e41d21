"""FOMC communication (Shah et al., ACL 2023): sentences of minutes, speeches and press conferences, hawkish to dovish.

The sheet says the year of a sentence only; an interval of a year is no time that a trader can use, so it is unknown.
Labels are not read (see ``sentences``).
"""

from pathlib import PurePosixPath
from typing import ClassVar

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.datasets.file_source import FileSource
from data_pipeline.sources.datasets.sentences import Sentences
from data_pipeline.sources.datasets.spreadsheet import sheet_rows
from data_pipeline.sources.parsing import Payload
from data_pipeline.sources.protocol import Parsed, Response, SourceInfo

_LIMIT = 64 << 20


class Row(Payload):
    """One sentence; number, year and label are known and left unread."""

    unused: ClassVar[frozenset[str]] = frozenset({"index", "year", "label", "orig_index"})

    sentence: str


class Fomc(FileSource):
    """The sentences of the manually labelled sheets."""

    layout: ClassVar[str] = "lab-manual-*.xlsx"
    info = SourceInfo(
        name="fomc",
        title="FOMC hawkish-dovish",
        category="dataset",
        market="US",
        modes=("file",),
        access="workbooks of the public repository gtfintechlab/fomc-hawkish-dovish",
        needs=("path",),
        zone_rule="a year at most: unknown",
        terms="Non-commercial use, with the authors named; the statements themselves are the Federal Reserve's.",
        licence="CC BY-NC 4.0",
        redistributable=True,
        evidence="recorded",
        evidence_note="sentiment/fomc/lab-manual-split-combine-train-5768.xlsx",
        parser_version="fomc-1",
    )

    def wants(self, path: PurePosixPath) -> bool:
        """The labelled workbooks."""
        return path.suffix == ".xlsx" and path.name.startswith("lab-manual")

    def parse(self, response: Response) -> Parsed:
        """Read the sentences without their labels."""
        out = Collector(self.info, response)
        sentences = Sentences(out)
        for address, row in out.items(Row, sheet_rows(response.body, {"sentence", "label"}, _LIMIT), ""):
            sentences.add(address, row.sentence)
        return out.parsed


SOURCE = Fomc()
