"""GDELT: the bulk files of the Global Knowledge Graph (GKG) 2.1, one every fifteen minutes, of articles in English.

Rows become documents where GDELT took the page's title (a field of the extras since 2019); it holds no article text.
Two other kinds of GDELT files are left out, as nothing in them is a text: GKG 1.0 (daily files, no titles), and the
events files, whose rows are coded events, several to an article, with the article's address alone.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.markup import plain_text
from data_pipeline.sources.news.gdelt import QUARTER, batch
from data_pipeline.sources.news.paging import LIVE, live_context, mark_live, window_context
from data_pipeline.sources.parsing import MAX_FOLLOW, Payload
from data_pipeline.sources.protocol import (
    Cursor,
    Parsed,
    RateLimit,
    RefusedResponse,
    Request,
    Response,
    Scope,
    Source,
    SourceInfo,
    Window,
)
from data_pipeline.sources.times import UNKNOWN

_FOLDER = "https://data.gdeltproject.org/gdeltv2"
_FIRST = datetime(2015, 2, 18, 23, tzinfo=UTC)
"""The first file of GKG 2.1."""
_NAME = "%Y%m%d%H%M%S"
_LISTED = re.compile(rb"/gdeltv2/(\d{14})\.gkg\.csv\.zip")
_TITLE = re.compile(r"<PAGE_TITLE>(.*?)</PAGE_TITLE>", re.DOTALL)
_MAX_UNZIPPED = 256 << 20
"""Bytes of one unzipped file; real ones have about 10 to 60 million."""
_WEB = "1"
"""Source collection whose documents are web addresses."""
GKG_COLUMNS = (
    "gkgrecordid", "date", "sourcecollectionidentifier", "sourcecommonname", "documentidentifier", "counts", "v2counts",
    "themes", "v2themes", "locations", "v2locations", "persons", "v2persons", "organizations", "v2organizations",
    "v2tone", "dates", "gcam", "sharingimage", "relatedimages", "socialimageembeds", "socialvideoembeds", "quotations",
    "allnames", "amounts", "translationinfo", "extras",
)  # fmt: skip
"""The 27 columns of a row, in order, tab-separated without a header."""


class Record(Payload):
    """What a document needs of one row; the other columns are GDELT's annotations."""

    gkgrecordid: str
    date: str
    sourcecollectionidentifier: str
    documentidentifier: str
    themes: str
    extras: str


class GdeltBulk(Source):
    """Every article in English that GDELT saw; ``scope.query`` keeps those with one of the named GKG themes."""

    info = SourceInfo(
        name="gdelt_bulk",
        title="GDELT bulk files (GKG 2.1)",
        category="news",
        market="global",
        modes=("range", "stream"),
        access="open zip files, no key: every article in English since 2015-02-18 by address, with titles since 2019",
        accepts=("query",),
        rate=RateLimit(calls=1, seconds=1),
        zone_rule="the batch of fifteen minutes (UTC) in which GDELT saw the article, known from the batch's end; the "
        "page's own time stands in no certain zone, so the publication stays unknown",
        poll_seconds=300,
        max_bytes=64 << 20,
        terms="Free for any use that names GDELT.",
        licence="titles: proprietary (their publishers); GDELT's metadata: free with attribution",
        evidence="documented",
        evidence_note="http://data.gdeltproject.org/documentation/GDELT-Global_Knowledge_Graph_Codebook-V2.1.pdf and "
        "https://blog.gdeltproject.org/new-gkg-2-0-article-metadata-fields/; the layout is proven on the 50 "
        "recorded rows of payloads/gdelt/data/gkg2samp.gz, which are of 2017 and carry no titles",
        parser_version="gdelt_bulk-2",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return a request for each file whose batch lies in the window."""
        return [_file(moment, window_context(window, **_themes(scope))) for moment in _batches(window)]

    def stream(self, cursor: Cursor, scope: Scope) -> list[Request]:
        """Return the request for the list of the newest files; the files since the stream's last batch follow."""
        context = live_context(cursor, LIVE, **_themes(scope))
        return [Request(url=f"{_FOLDER}/lastupdate.txt", expects="text", context=context)]

    def parse(self, response: Response) -> Parsed:
        """Read a zipped file of rows, or the list of the newest files."""
        out = Collector(self.info, response)
        if response.request.expects == "text":
            _follow_newest(out)
            return out.parsed
        themes = {theme for theme in response.request.context.get("themes", "").split(",") if theme}
        for number, line in enumerate(_lines(response.body), start=1):
            address = f"{response.url}#row/{number}"
            out.parsed.counts["items"] += 1
            cells = line.split("\t")
            if len(cells) != len(GKG_COLUMNS):
                out.set_aside(address, f"{len(cells)} columns instead of {len(GKG_COLUMNS)}", line)
                continue
            values = dict(zip(GKG_COLUMNS, cells, strict=True))
            _take(out, address, Record(**{name: values[name] for name in Record.model_fields}), themes)
        return out.parsed


def _take(out: Collector, address: str, record: Record, themes: set[str]) -> None:
    seen = out.stamp(address, batch, record.date)
    if seen is None:
        return
    mark_live(out, seen.at)  # before anything is left out: the file was read, whatever it holds
    if themes and themes.isdisjoint(record.themes.split(";")):
        out.parsed.counts["other_themes"] += 1
        return
    title = _TITLE.search(record.extras)
    if title is None:
        out.parsed.counts["untitled"] += 1
        return
    is_web = record.sourcecollectionidentifier == _WEB
    out.document(
        address,
        native_id=record.documentidentifier if is_web else record.gkgrecordid,
        title=plain_text(title[1]),
        url=record.documentidentifier if is_web else None,
        language="en",
        published=UNKNOWN,
        vendor_seen=seen,
    )


def _batches(window: Window) -> Iterator[datetime]:
    """Yield the batches whose names lie in the window."""
    since = max(window.since, _FIRST)
    past = timedelta(minutes=since.minute % 15, seconds=since.second, microseconds=since.microsecond)
    moment = since if not past else since - past + QUARTER
    while moment < window.until:
        yield moment
        moment += QUARTER


def _themes(scope: Scope) -> dict[str, str]:
    """Return the themes that ``scope.query`` names, such as ``ECON_STOCKMARKET,ECON_EARNINGSREPORT``."""
    names = ",".join(name.strip().upper() for name in (scope.query or "").split(",") if name.strip())
    return {"themes": names} if names else {}


def _file(moment: datetime, context: dict[str, str]) -> Request:
    return Request(url=f"{_FOLDER}/{moment.strftime(_NAME)}.gkg.csv.zip", expects="bytes", context=context)


def _follow_newest(out: Collector) -> None:
    """Ask for every file after the stream's last batch, up to the newest one that the list names.

    Raises:
        RefusedResponse: The list names none.
    """
    found = _LISTED.search(out.response.body)
    try:
        newest = datetime.strptime(found[1].decode(), _NAME).replace(tzinfo=UTC) if found else None
    except ValueError:
        newest = None
    if newest is None or newest < _FIRST or newest > out.response.fetched_at + timedelta(days=1):
        raise RefusedResponse(f"expected a list of files, got {out.response.body[:80]!r}")
    context = dict(out.response.request.context)
    after = context.pop("after", None)
    moment = newest if after is None else datetime.fromisoformat(after) + QUARTER
    excess = (newest - moment) // QUARTER + 1 - MAX_FOLLOW
    if excess > 0:  # the oldest are given up; a range collects them
        out.parsed.counts["files_left_out"] += excess
        moment += excess * QUARTER
    while moment <= newest:
        out.parsed.follow.append(_file(moment, context))
        moment += QUARTER


def _lines(body: bytes) -> Iterator[str]:
    """Yield the rows of the one table in a zip file.

    Raises:
        RefusedResponse: It is no zip file, is damaged, or is longer unzipped than any real one.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            table = next(entry for entry in archive.infolist() if entry.filename.lower().endswith(".csv"))
            if table.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise RefusedResponse(f"the zip file is packed by the unexpected method {table.compress_type}")
            with archive.open(table) as file:
                data = file.read(_MAX_UNZIPPED + 1)
    except StopIteration:
        raise RefusedResponse("the zip file holds no table") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError) as error:
        raise RefusedResponse(f"expected a zip file, got {body[:40]!r}: {error}") from None
    if len(data) > _MAX_UNZIPPED:
        raise RefusedResponse(f"the unzipped table is longer than {_MAX_UNZIPPED:,} bytes")
    for line in data.decode("utf-8", "replace").split("\n"):
        if line.strip():
            yield line.rstrip("\r")


SOURCE = GdeltBulk()
