"""News with GPT instructions (NWGI), FinGPT's news set: headlines and articles with a label that ChatGPT gave.

Only ``news`` is read: ``prompt``, ``out`` and ``label`` are a machine's, made long after the news. Rows carry no date
(see ``sentences``).
"""

from pathlib import PurePosixPath
from typing import ClassVar

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.datasets.file_source import FileSource
from data_pipeline.sources.datasets.reading import parquet_names, parquet_rows
from data_pipeline.sources.datasets.sentences import Sentences
from data_pipeline.sources.parsing import Payload
from data_pipeline.sources.protocol import Parsed, RefusedResponse, Response, SourceInfo

COLUMNS = frozenset({"news", "prompt", "out", "prompt_tokens", "completion_tokens", "total_tokens", "label"})


class Row(Payload):
    """One news text."""

    news: str


class Nwgi(FileSource):
    """The news texts of both parts."""

    layout: ClassVar[str] = "train-*.parquet and test-*.parquet"
    info = SourceInfo(
        name="nwgi",
        title="NWGI (news with GPT instructions)",
        category="dataset",
        market="US",
        modes=("file",),
        access="parquet files of the Hub data set oliverwang15/news_with_gpt_instructions",
        needs=("path",),
        zone_rule="no dates",
        terms="The data set's card states no licence; the news belong to their publishers.",
        licence="unstated",
        evidence="file",
        evidence_note="https://huggingface.co/datasets/oliverwang15/news_with_gpt_instructions",
        parser_version="nwgi-1",
        max_bytes=256 << 20,
    )

    def wants(self, path: PurePosixPath) -> bool:
        """The parquet files of both parts."""
        return path.suffix == ".parquet" and path.name.startswith(("train", "test"))

    def parse(self, response: Response) -> Parsed:
        """Read the texts without what a machine said of them."""
        names = parquet_names(response.body)
        if "news" not in names:
            raise RefusedResponse(f"the file lacks the column news: it has {names}"[:500])
        out = Collector(self.info, response)
        out.parsed.unknown_fields.update(f"Row.{name}" for name in names if name not in COLUMNS)
        sentences = Sentences(out, language=None)
        for address, row in out.items(Row, parquet_rows(response.body, ("news",)), ""):
            sentences.add(address, row.news)
        return out.parsed


SOURCE = Nwgi()
