"""Any data set of the Hugging Face Hub by name, through the dataset viewer's documented addresses.

``scope.query`` declares the set and what its columns are, as words ``key=value``, several sets apart by ``;``::

    dataset=Zihan1004/FNSPID title=Article_title body=Article time=Date symbol=Stock_symbol url=Url zone=UTC

- ``dataset`` and ``title`` or ``body`` are needed; ``config`` (``default``) and ``split`` (``train``) say the part.
- ``time`` names the column of publication, ``zone`` the IANA zone of stamps without one (``UTC``), ``unit`` the unit of
  numbers (``s``, ``ms``, ``us``). Midnight is read as a date alone: in that zone, or anywhere on earth where the stamp
  itself says UTC. Without ``time`` all times are unknown.
- ``updated``, ``symbol``, ``url``, ``id`` and ``language`` name further columns; ``market`` and ``licence`` are values.
  Without ``id``, ids come from the content.
- ``via=rows`` reads 100 rows an answer; the default ``via=parquet`` reads the Hub's own parquet copies file by file.
- ``token=yes`` sends HF_TOKEN, for gated sets; public ones need none.

Columns that are not declared are not read: what is a label or a later price is the user's to know.
"""

import re
from datetime import date, datetime
from typing import Any

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.datasets.declaration import Declaration, declarations
from data_pipeline.sources.datasets.reading import parquet_names, parquet_rows
from data_pipeline.sources.parsing import MAX_FOLLOW, Payload, content_id, expect_list, expect_object, read_json
from data_pipeline.sources.protocol import (
    Auth,
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
from data_pipeline.sources.times import UNKNOWN, Stamp, day, day_anywhere, epoch, iso

_VIEWER = "https://datasets-server.huggingface.co"
_KEY = (Auth(place="header", name="Authorization", env="HF_TOKEN", template="Bearer {}"),)
_MIDNIGHT = re.compile(r"(\d{4}-\d\d-\d\d)[T ]00:00(?::00(?:\.0+)?)?(Z|\+00:00)?")
PAGE = 100
"""Rows of one answer: the documented largest number."""


class ParquetFile(Payload):
    """One entry of ``/parquet``."""

    dataset: str
    config: str
    split: str
    url: str
    filename: str
    size: int


class ViewerRow(Payload):
    """One entry of ``/rows``; ``truncated_cells`` names columns that the viewer cut."""

    row_idx: int
    row: dict[str, Any]
    truncated_cells: tuple[str, ...] = ()


class Hub(Source):
    """Rows of data sets on the Hub, by the columns that the user declares."""

    info = SourceInfo(
        name="hub",
        title="Hugging Face Hub data sets",
        category="dataset",
        market="global",
        modes=("range",),
        access="public dataset viewer API; HF_TOKEN only for gated sets (token=yes)",
        needs=("query",),
        optional_credentials=("HF_TOKEN",),
        rate=RateLimit(calls=1, seconds=1, shared="huggingface"),
        zone_rule="the declared column, in the declared zone where a stamp has none; midnight is a date alone: of that "
        "zone, and anywhere on earth (UTC+14 to UTC-12) where the stamp itself says UTC",
        max_bytes=1 << 30,
        terms="Each data set's card states its terms; the user reads them before declaring it.",
        licence="unstated (declare the card's with licence=)",
        evidence="documented",
        evidence_note="https://huggingface.co/docs/dataset-viewer/rows and /parquet",
        parser_version="hub-2",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return the first request for each declared set.

        Raises:
            TickerTuneError: The declaration is wrong.
        """
        dates = {"since": window.since.isoformat(), "until": window.until.isoformat()}
        return [_first(found, dates) for found in declarations(scope.query)]

    def parse(self, response: Response) -> Parsed:
        """Read a list of files, a page of rows or a parquet file, by the request's step."""
        out = Collector(self.info, response)
        declared = Declaration.from_context(response.request.context)
        match response.request.context.get("step"):
            case "files":
                self._files(out, declared)
            case "rows":
                self._rows(out, declared)
            case "file":
                names = parquet_names(response.body)
                if missing := sorted(declared.columns - set(names)):
                    raise RefusedResponse(
                        f"{declared.dataset} has no column {', '.join(missing)}: it has {names}"[:500]
                    )
                for number, row in enumerate(parquet_rows(response.body, tuple(sorted(declared.columns)))):
                    out.parsed.counts["items"] += 1
                    _add(out, declared, f"{response.url}#/{number}", row)
            case step:
                raise RefusedResponse(f"the request has no known step: {step!r}")
        return out.parsed

    def _files(self, out: Collector, declared: Declaration) -> None:
        payload = _answer(out.response)
        request = out.response.request
        start = f"https://huggingface.co/datasets/{declared.dataset}/resolve/"
        out.parsed.counts["partial"] += payload.get("partial") is True
        for address, file in out.items(ParquetFile, expect_list(payload.get("parquet_files"), "parquet_files"), ""):
            if (file.config, file.split) != (declared.config, declared.split):
                continue
            if not file.url.startswith(start) or len(out.parsed.follow) >= MAX_FOLLOW:
                out.set_aside(address, f"the file lies at an unexpected address: {file.url[:200]}", file.url)
                continue
            context = {**request.context, "step": "file"}
            out.parsed.follow.append(Request(url=file.url, auth=request.auth, expects="bytes", context=context))

    def _rows(self, out: Collector, declared: Declaration) -> None:
        payload = _answer(out.response)
        request = out.response.request
        rows = expect_list(payload.get("rows"), "rows")
        out.parsed.counts["partial"] += payload.get("partial") is True
        for address, item in out.items(ViewerRow, rows, "/rows"):
            if cut := declared.columns & set(item.truncated_cells):
                out.set_aside(
                    address, f"the viewer cut the column(s) {', '.join(sorted(cut))}: use via=parquet", item.row
                )
                continue
            _add(out, declared, address, item.row)
        total, offset = payload.get("num_rows_total"), int(request.params.get("offset", "0"))
        if rows and isinstance(total, int) and offset + PAGE < total:
            params = {**request.params, "offset": str(offset + PAGE)}
            out.parsed.follow.append(request.model_copy(update={"params": params}))


def _first(declared: Declaration, dates: dict[str, str]) -> Request:
    params = {"dataset": declared.dataset}
    if declared.via == "rows":
        params |= {"config": declared.config, "split": declared.split, "offset": "0", "length": str(PAGE)}
    step = "files" if declared.via == "parquet" else "rows"
    return Request(
        url=f"{_VIEWER}/{'parquet' if step == 'files' else 'rows'}",
        params=params,
        auth=_KEY if declared.token == "yes" else (),
        context={**declared.model_dump(exclude_defaults=True), **dates, "step": step},
    )


def _answer(response: Response) -> dict[str, Any]:
    payload = expect_object(read_json(response), "the top")
    if "error" in payload:
        raise RefusedResponse(f"the dataset viewer answered: {str(payload['error'])[:300]}")
    return payload


def _add(out: Collector, declared: Declaration, address: str, row: dict[str, Any]) -> None:
    """Add the document of one row, by the declared columns."""

    def cell(column: str) -> str:
        value = row.get(column) if column else None
        return "" if value is None or isinstance(value, (dict, list, bytes)) else str(value)

    stamps = []
    for column in (declared.time, declared.updated):
        value = row.get(column) if column else None
        stamps.append(UNKNOWN if value in (None, "") else out.stamp(address, _read_time, value, declared))
    published, updated = stamps
    if published is None or updated is None or not out.in_window(published):
        return
    title, body = cell(declared.title), cell(declared.body)
    identity = cell(declared.id) or content_id(str(published.at), cell(declared.url), title, body)
    symbols = row.get(declared.symbol) if declared.symbol else None
    named = symbols if isinstance(symbols, list) else cell(declared.symbol).replace(",", " ").split()
    out.document(
        address,
        native_id=f"{declared.dataset}:{identity}",
        title=title,
        body=body,
        url=cell(declared.url) or None,
        published=published,
        updated=updated,
        symbols=[(str(symbol).lstrip("$"), declared.symbol) for symbol in named],
        language=cell(declared.language) or None,
        market=declared.market,
        licence=declared.licence or None,
        raw=repr(row)[:10_000],
    )


def _read_time(value: Any, declared: Declaration) -> Stamp:
    """Read a cell: a number in the declared unit, ISO text, or what parquet holds; midnight is a date alone.

    At a midnight UTC is what a data set writes where a date had no zone: it is that date anywhere on earth.
    """
    if isinstance(value, bool):
        raise ValueError(f"{value} is no time")
    if isinstance(value, (int, float)):
        return epoch(value, declared.unit)
    text = value.isoformat() if isinstance(value, (datetime, date)) else str(value).strip()
    in_utc = text.endswith(" UTC")
    text = text.removesuffix(" UTC")
    stamp = iso(text, "UTC" if in_utc else declared.zone)
    midnight = _MIDNIGHT.fullmatch(text)
    if midnight is None:
        return stamp
    return day_anywhere(midnight[1]) if in_utc or midnight[2] else day(midnight[1], declared.zone)


SOURCE = Hub()
