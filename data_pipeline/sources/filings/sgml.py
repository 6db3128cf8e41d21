"""The full submission of a filing: SGML header and documents, as EDGAR stores them in one text file."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from data_pipeline.sources.protocol import RefusedResponse

_ACCEPTED = re.compile(r"<ACCEPTANCE-DATETIME>\s*(\d{14})")
_LINE = re.compile(r"^[ \t]*([A-Z][A-Z0-9 /&()'-]{1,60}):[ \t]*(.*?)[ \t]*$", re.MULTILINE)
_ROLES = {"FILER", "ISSUER", "SUBJECT COMPANY", "REPORTING-OWNER", "FILED BY", "SERIAL COMPANY", "DEPOSITOR"}
_TAG = re.compile(r"^<(TYPE|SEQUENCE|FILENAME|DESCRIPTION)>([^\r\n]*)", re.MULTILINE)
_WRAPPER = re.compile(r"^\s*<(XBRL|XML|PDF)>\s*|\s*</(XBRL|XML|PDF)>\s*$", re.IGNORECASE)
MAX_DOCUMENTS = 2_000
HEADER_END = ("</SEC-HEADER>", "</IMS-HEADER>", "<DOCUMENT>")


@dataclass(frozen=True)
class Party:
    """A company or person of a filing."""

    role: str
    name: str
    cik: str


@dataclass(frozen=True)
class Part:
    """One document of a submission."""

    type: str
    filename: str
    description: str
    text: str


@dataclass(frozen=True)
class Submission:
    """A full submission; ``accepted`` is the text of ``<ACCEPTANCE-DATETIME>``, None where an old one has none."""

    accepted: str | None
    values: dict[str, str]
    """Header lines, the first of each name."""
    items: list[str]
    """Lines of ITEM INFORMATION."""
    parties: list[Party] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)


def read_submission(text: str) -> Submission:
    """Read a full submission.

    Raises:
        RefusedResponse: It has no header or no accession number.
    """
    ends = [place for place in (text.find(mark) for mark in HEADER_END) if place >= 0]
    header = text[: min(ends, default=0)][:200_000]
    lines = [(name.strip(), value) for name, value in _LINE.findall(header)]
    values: dict[str, str] = {}
    for name, value in lines:
        values.setdefault(name, value)
    if "ACCESSION NUMBER" not in values:
        raise RefusedResponse(f"expected a full submission with an SGML header, got {text[:80]!r}")
    found = _ACCEPTED.search(header)
    return Submission(
        accepted=found[1] if found else None,
        values=values,
        items=[value for name, value in lines if name == "ITEM INFORMATION"],
        parties=_parties(lines),
        parts=list(_parts(text)),
    )


def _parties(lines: list[tuple[str, str]]) -> list[Party]:
    parties: list[Party] = []
    role = name = ""
    for key, value in lines:
        if key in _ROLES:
            role = key
        elif key in ("COMPANY CONFORMED NAME", "OWNER CONFORMED NAME"):
            name = value
        elif key == "CENTRAL INDEX KEY" and re.fullmatch(r"\d{1,10}", value, re.ASCII):
            parties.append(Party(role, name, value.zfill(10)))
    return parties


def _parts(text: str) -> Iterator[Part]:
    """Yield the documents; one that is cut off ends with the file."""
    place = 0
    for _ in range(MAX_DOCUMENTS):
        start = text.find("<DOCUMENT>", place)
        if start < 0:
            return
        end = text.find("</DOCUMENT>", start)
        place = end if end >= 0 else len(text)
        opening = text.find("<TEXT>", start, place)
        closing = text.rfind("</TEXT>", start, place)
        tags = dict(_TAG.findall(text[start : opening if opening >= 0 else place][:10_000]))
        inner = text[opening + 6 : closing if closing > opening else place] if opening >= 0 else ""
        yield Part(
            type=tags.get("TYPE", "").strip(),
            filename=tags.get("FILENAME", "").strip(),
            description=tags.get("DESCRIPTION", "").strip(),
            text=_WRAPPER.sub("", inner.strip()),
        )
