"""Names that EDGAR tells with their dates reach the linker, by the registry."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import zstandard

from data_pipeline.instruments import build_registry
from data_pipeline.linking import link
from data_pipeline.sources.filings import edgar_submissions
from data_pipeline.sources.protocol import Request, Response
from tests.data_pipeline.nouns import document, documents
from tickertune.core.market import Instrument, NameSpan


def submissions(shared_data: Path, cik: str):
    path = shared_data / "edgar" / "recorded" / "submissions" / f"submissions_CIK{cik}.json.zst"
    body = zstandard.ZstdDecompressor().decompressobj().decompress(path.read_bytes())
    url = f"https://data.sec.gov/submissions/CIK{cik}.json"
    context = {
        "step": "company",
        "cik": cik,
        "since": "2026-01-01T00:00:00+00:00",
        "until": "2026-01-02T00:00:00+00:00",
    }
    response = Response(
        request=Request(url=url, context=context),
        url=url,
        status=200,
        headers={"content-type": "application/json"},
        body=body,
        fetched_at=datetime(2026, 2, 2, tzinfo=UTC),
        mode="range",
    )
    return edgar_submissions.SOURCE.parse(response).instruments


def linked(instruments, text: str, day: date) -> list[str]:
    moment = datetime(day.year, day.month, day.day, 14, tzinfo=UTC)
    kept, _ = link(documents(document("a", text, published_at=moment, available_at=moment)), instruments)
    return [entry["symbol"] for row in kept["symbols"] for entry in row]


@pytest.mark.parametrize(
    ("cik", "text", "day", "symbols"),
    [
        ("0001318605", "Tesla Motors Inc. opens a plant", date(2016, 6, 1), ["TSLA"]),
        ("0001318605", "Tesla Motors Inc. opens a plant", date(2017, 6, 1), []),
        ("0001318605", "Tesla, Inc. opens a plant", date(2016, 6, 1), ["TSLA"]),  # the short form of the name of then
        ("0001318605", "Tesla, Inc. opens a plant", date(2017, 6, 1), ["TSLA"]),
        ("0000320193", "Apple Computer sells music", date(2005, 6, 1), ["AAPL"]),
        ("0000320193", "Apple Computer Inc. sells music", date(2012, 6, 1), []),
        ("0000320193", "Apple Inc. sells music", date(2012, 6, 1), ["AAPL"]),
        ("0001045810", "Nvidia shares rise", date(2012, 6, 1), ["NVDA"]),
    ],
)
def test_recorded_former_names_link_for_their_days(shared_data, cik, text, day, symbols) -> None:
    found = submissions(shared_data, cik)
    assert any(span.valid_to for span in found[0].names), "the recording tells a former name with its end"
    registry = build_registry(instruments=found, assume_since=date(1995, 1, 3))
    assert linked(registry.frame(), text, day) == symbols


def snapshot(day: date, names: list[NameSpan]) -> Instrument:
    return Instrument(
        instrument_id="CIK0001326801:FB",
        symbol="FB",
        valid_from=day,
        exchange="XNAS",
        currency="USD",
        name=names[-1].name,
        cik="0001326801",
        names=names,
    )


def test_what_an_older_fetch_called_present_ends_where_the_newest_says() -> None:
    renamed = date(2021, 10, 28)
    old = snapshot(date(2020, 1, 2), [NameSpan(name="Facebook Inc")])
    new = snapshot(
        date(2023, 1, 2),
        [
            NameSpan(name="FACEBOOK INC", valid_from=date(2005, 5, 1), valid_to=renamed),
            NameSpan(name="Meta Platforms, Inc.", valid_from=renamed),
        ],
    )
    frame = build_registry(instruments=[old, new]).frame()
    assert linked(frame, "Facebook Inc. hires", date(2021, 1, 4)) == ["FB"]
    assert linked(frame, "Facebook Inc. hires", date(2022, 1, 4)) == []
    assert linked(frame, "Meta Platforms hires", date(2022, 1, 4)) == ["FB"]
    assert linked(frame, "Meta Platforms hires", date(2021, 1, 4)) == []
    assert json.loads(frame["names"].explode().struct.json_encode()[0])["name"] == "FACEBOOK INC"
