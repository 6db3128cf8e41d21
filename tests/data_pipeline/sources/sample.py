"""A sample: one answer of a source and what its parser must make of it. The contract suite runs over all of them."""

import gzip
import importlib
import json
import lzma
import os
import pkgutil
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zstandard

from data_pipeline.sources.protocol import Mode, Parsed, Request, Response, Scope, Source

TESTS = Path(__file__).parents[2]
FIXTURES = TESTS / "fixtures" / "sources"
SHARED = Path(os.environ.get("TICKERTUNE_DATA", TESTS.parents[1] / "shared" / "data"))
KINDS = ("documents", "bars", "actions", "instruments", "observations", "quarantine", "follow")


@dataclass(frozen=True)
class Sample:
    """One answer of a source.

    ``expected`` counts the parsed nouns by kind; a kind that is not named must be empty.
    """

    source: Source
    request: Request
    body: str
    """File: ``shared:payloads/…`` (a real recording, skipped where absent) or a path below tests/fixtures/sources."""
    expected: dict[str, int]
    fetched_at: datetime = datetime(2026, 11, 2, 12, tzinfo=UTC)
    mode: Mode = "stream"
    status: int = 200
    content_type: str = "application/json"
    scope: Scope = field(default_factory=Scope)
    """A scope for which the source plans."""
    unwrap: str | None = None
    """Keys, with ``/`` between them, under which a recording that is stored as a JSON exchange holds the body (tiingo:
    ``body``; reddit, a list of exchanges: ``0/body``)."""

    damaged: int = 60
    """How many damaged copies the contract tries: fewer where one takes long to parse."""

    @property
    def id(self) -> str:
        return f"{self.source.info.name}-{Path(self.body).name}"

    @property
    def is_recorded(self) -> bool:
        """Whether the answer is a real recording."""
        return self.body.startswith("shared:")

    @property
    def holds_json(self) -> bool:
        """Whether the answer is JSON with documents; of an absent recording, whether it should be."""
        if "documents" not in self.expected:
            return False
        if self.is_recorded and not SHARED.is_dir():
            return self.request.expects == "json"
        try:
            json.loads(self.read())
        except ValueError:
            return False
        return True

    def read(self) -> bytes:
        """Return the body, decompressed; skips where the shared recordings are absent."""
        path = SHARED / self.body.removeprefix("shared:") if self.body.startswith("shared:") else FIXTURES / self.body
        if self.body.startswith("shared:") and not SHARED.is_dir():
            pytest.skip(f"real data not found at {SHARED}: set TICKERTUNE_DATA to run this test")
        data = _decompressed(path)
        if self.unwrap is None:
            return data
        value = json.loads(data)
        for key in self.unwrap.split("/"):
            value = value[int(key) if isinstance(value, list) else key]
        return (value if isinstance(value, str) else json.dumps(value)).encode()

    def response(self, body: bytes | None = None) -> Response:
        """Return the answer, with another body where one is given."""
        return Response(
            request=self.request,
            url=self.request.url,
            status=self.status,
            headers={"content-type": self.content_type},
            body=self.read() if body is None else body,
            fetched_at=self.fetched_at,
            mode=self.mode,
        )

    def parse(self) -> Parsed:
        return self.source.parse(self.response())


def _decompressed(path: Path) -> bytes:
    data = path.read_bytes()
    match path.suffix:
        case ".gz":
            return gzip.decompress(data)
        case ".zst":
            return zstandard.ZstdDecompressor().decompressobj().decompress(data)
        case ".xz":
            return lzma.decompress(data)
    return data


def counts(parsed: Parsed) -> dict[str, int]:
    """Return how many nouns of each kind were parsed, without the empty kinds."""
    return {kind: len(found) for kind in KINDS if (found := getattr(parsed, kind))}


def all_samples() -> list[Sample]:
    """Return the SAMPLES of every ``samples`` module of the families."""
    package = importlib.import_module("tests.data_pipeline.sources")
    names = [
        f"{package.__name__}.{family.name}.samples" for family in pkgutil.iter_modules(package.__path__) if family.ispkg
    ]
    found = [name for name in names if importlib.util.find_spec(name)]
    return [sample for name in found for sample in importlib.import_module(name).SAMPLES]
