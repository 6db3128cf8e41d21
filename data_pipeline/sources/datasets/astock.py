"""Astock (Zou et al., 2022): news of Chinese A shares, 2018-2021, with what the price then did.

Tab-separated files ``train``, ``val``, ``test`` and ``ood`` (out of distribution: 2021). Two forms are published: the
processed one with ``text_a``, ``DATE`` and a label, and the sample of the repository's README with ``CODE``, ``TITLE``,
``DATE`` and ``CREATED_DATE``. Returns and labels (``label``, ``PRICE_CHG(%)``), the factors of the stock and
the count of readers (``READ``), known only later, are never part of a document; nor is the translation, a machine's.

The repository's ``stock_daily`` files are not read: their prices are adjusted to an unstated day.
"""

from pathlib import PurePosixPath
from typing import ClassVar

from data_pipeline.sources.china.symbols import symbol_of
from data_pipeline.sources.collector import Collector
from data_pipeline.sources.datasets.file_source import FileSource
from data_pipeline.sources.datasets.reading import csv_rows, unpacked
from data_pipeline.sources.parsing import Payload, content_id
from data_pipeline.sources.protocol import Parsed, RefusedResponse, Response, SourceInfo
from data_pipeline.sources.times import iso

FILES = frozenset(f"{part}.csv" for part in ("train", "val", "test", "ood"))


class Row(Payload):
    """One news item; labels, returns, factors and word roles are known and left unread."""

    unused: ClassVar[frozenset[str]] = frozenset(
        ("", "Unnamed: 0", "label", "LABEL", "PRICE_CHG(%)", "READ", "TITLE_TRANSLATED", "stock_factors", "verb", "A0",
         "A1", "verbA0A1", "NAME", "CREATED_DATE")
    )  # fmt: skip

    DATE: str
    TITLE: str = ""
    text_a: str = ""
    CODE: str = ""


class Astock(FileSource):
    """News items with their stock."""

    kind = "csv"
    layout: ClassVar[str] = "train.csv, val.csv, test.csv and ood.csv"
    info = SourceInfo(
        name="astock",
        title="Astock",
        fingpt_row=32,
        category="dataset",
        market="CN",
        modes=("file",),
        access="files of the public repository JinanZou/Astock; the user supplies them",
        needs=("path",),
        zone="Asia/Shanghai",
        zone_rule="DATE with its zone (+08:00); without one Beijing time; a date alone is a day",
        max_bytes=1 << 30,
        terms="The repository states no licence: ask its authors.",
        licence="unstated",
        evidence="file",
        evidence_note="https://github.com/JinanZou/Astock (README's sample, and what its notebooks read)",
        parser_version="astock-1",
    )

    def wants(self, path: PurePosixPath) -> bool:
        """The four files."""
        return path.name in FILES

    def parse(self, response: Response) -> Parsed:
        """Read the news of one file, without what came after."""
        plain = unpacked(self.info, response).body
        header = plain[:10_000].partition(b"\n")[0]
        rows = csv_rows(plain, {"DATE"}, "\t" if b"\t" in header else ",")
        if not (b"TITLE" in header or b"text_a" in header):
            raise RefusedResponse(f"the file has neither TITLE nor text_a: {header[:200]!r}")
        out = Collector(self.info, response)
        seen: set[str] = set()
        for address, row in out.items(Row, rows, ""):
            stamp = out.stamp(address, iso, row.DATE, self.info.zone)
            if stamp is None or not out.in_window(stamp):
                continue
            text = row.TITLE or row.text_a
            native_id = content_id(row.CODE, row.DATE, text)
            if native_id in seen:
                out.parsed.counts["repeated"] += 1
                continue
            seen.add(native_id)
            symbol = symbol_of(row.CODE.strip().zfill(6))  # a code that was read as a number lost its zeros
            out.document(
                address,
                native_id=native_id,
                title=text,
                published=stamp,
                symbols=[(symbol, "CODE")] if symbol else [],
                language="zh",
                category="news",
            )
        return out.parsed


SOURCE = Astock()
