"""HTML extraction, pages a second: data_pipeline's against trafilatura alone, on the same recorded pages.

    python scripts/bench/html_extraction.py

Both get the bytes of a page and return title and text; ours returns stamps, language and address too. Pages are read
from ../shared/data (TICKERTUNE_DATA). Printed beside the speed: the mean similarity of the text to the expected parse
(difflib ratio on characters, blanks folded), of trafilatura in its fast and its standard mode, and of ours with the
publishers' rules and without them.
"""

import os

os.environ["OMP_NUM_THREADS"] = "2"  # before what reads it is imported, as the other programs here do

import difflib
import gzip
import json
import logging
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import trafilatura

from data_pipeline.sources.archives.extraction import extract
from data_pipeline.sources.protocol import Request, Response

ROUNDS = 15
DATA = Path(os.environ.get("TICKERTUNE_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
PAGES = {
    "BusinessInsider_2024_02_14": ("BusinessInsider", "V1", "https://www.businessinsider.com/a"),
    "BusinessInsider_2025_04_01": ("BusinessInsider", "V2", "https://www.businessinsider.com/a"),
    "CNBC_2023_04_28": ("CNBC", "V1", "https://www.cnbc.com/a"),
    "Reuters_2023_05_16": ("Reuters", "V1", "https://www.reuters.com/a"),
    "Reuters_2024_03_07": ("Reuters", "V1_1", "https://www.reuters.com/a"),
}
"""Recorded page: file and version of its expected parse, and an address of its publisher."""

Extractor = Callable[[bytes, str], str]


def ours(page: bytes, url: str) -> str:
    """Extract with the publisher's rules."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    response = Response(Request(url=url), url, 200, {"content-type": "text/html"}, page, now, "range")
    return extract(response, url, now).body


def ours_without_rules(page: bytes, url: str) -> str:
    """Extract as a page of a publisher that has no rules."""
    return ours(page, "https://unknown.example.com/a")


def trafilatura_fast(page: bytes, url: str) -> str:
    """Extract with trafilatura's fast mode, title and date included, as the other side gives them too."""
    found = trafilatura.bare_extraction(page, url=url, fast=True, include_comments=False, with_metadata=True)
    return found.text or "" if found is not None else ""


def trafilatura_standard(page: bytes, url: str) -> str:
    """Extract with trafilatura as it comes."""
    return trafilatura.extract(page) or ""


def trafilatura_text(page: bytes, url: str) -> str:
    """Extract with trafilatura's fast mode, the text alone: its quickest way."""
    return trafilatura.extract(page, fast=True, include_comments=False) or ""


EXTRACTORS: dict[str, Extractor] = {
    "ours, publishers' rules": ours,
    "ours, without rules": ours_without_rules,
    "trafilatura, fast, text alone": trafilatura_text,
    "trafilatura, fast, with title and date": trafilatura_fast,
    "trafilatura, standard, text alone": trafilatura_standard,
}


def expected_text(file: str, version: str) -> str:
    """Return the expected summary, subheadings and paragraphs."""
    body = json.loads((DATA / "payloads" / "news_html" / f"{file}.json").read_bytes())[version]["body"]
    return " ".join(
        [*body["summary"], *(line for part in body["sections"] for line in part["headline"] + part["paragraphs"])]
    )


def similarity(found: str, wanted: str) -> float:
    """Return the difflib ratio of both texts, blanks folded."""
    return difflib.SequenceMatcher(None, " ".join(wanted.split()), " ".join(found.split()), autojunk=False).ratio()


def main() -> int:
    """Print a line for each extractor; returns 1 where the recorded pages are absent."""
    folder = DATA / "payloads" / "news_html"
    if not folder.is_dir():
        print(f"The recorded pages are not at {folder}: set TICKERTUNE_DATA to the folder that holds payloads/.")
        return 1
    logging.disable(logging.WARNING)
    pages = {name: gzip.decompress((folder / f"{name}.html.gz").read_bytes()) for name in PAGES}
    quality = {
        label: statistics.mean(
            similarity(run(pages[name], url), expected_text(file, version))
            for name, (file, version, url) in PAGES.items()
        )
        for label, run in EXTRACTORS.items()
    }
    taken: dict[str, list[float]] = {label: [] for label in EXTRACTORS}
    for _ in range(ROUNDS):
        for label, run in EXTRACTORS.items():  # interleaved, so that a busy moment meets all of them
            begun = time.process_time()
            for name, (_, _, url) in PAGES.items():
                run(pages[name], url)
            taken[label].append(time.process_time() - begun)
    print(
        f"{len(pages)} recorded pages, {sum(map(len, pages.values())) / 1e6:.1f} MB; median of {ROUNDS} rounds, CPU time"
    )
    speed = {label: len(pages) / statistics.median(times) for label, times in taken.items()}
    for label in EXTRACTORS:
        ratio = statistics.median(
            theirs / mine for mine, theirs in zip(taken["ours, publishers' rules"], taken[label], strict=True)
        )
        print(
            f"{label:<40} {speed[label]:7.1f} pages/s, similarity {quality[label]:.4f}, ours is {ratio:.2f} times as fast"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
