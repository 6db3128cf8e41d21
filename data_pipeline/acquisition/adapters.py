"""Requests that are not HTTP: files of the user, and vendors with a protocol and library of their own."""

import json
import re
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from data_pipeline.acquisition.failures import PermanentError, TransientError
from data_pipeline.sources.protocol import Request, SourceInfo

Adapter = Callable[[SourceInfo, Request], tuple[bytes, str]]
"""Takes facts and request, returns (body, content type). Raises a ``FetchError``."""
_RANGE = re.compile(r"bytes=(\d+)-(\d+)")


def read_file(info: SourceInfo, request: Request) -> tuple[bytes, str]:
    """Read a file that the user supplies, or the part that the header ``Range: bytes=FIRST-LAST`` names."""
    path = Path(unquote(request.url.removeprefix("file://").removeprefix("file:")))
    part = _RANGE.fullmatch(request.headers.get("Range", ""))
    try:
        first, size = (int(part[1]), int(part[2]) - int(part[1]) + 1) if part else (0, path.stat().st_size)
        if size > info.max_bytes:
            raise PermanentError(f"file {path} has {size:,} bytes, more than the limit of {info.max_bytes:,}")
        with path.open("rb") as file:
            file.seek(first)
            return file.read(size), ""
    except OSError as error:
        raise PermanentError(f"file {path} cannot be read ({error.strerror})") from None


def ask_baostock(info: SourceInfo, request: Request) -> tuple[bytes, str]:
    """Ask Baostock through its own library, which has a protocol of its own.

    ``baostock:<function>?<arguments>`` calls that function; the answer is JSON with ``error_code``, ``error_msg``,
    ``fields`` and ``rows``.
    """
    if find_spec("baostock") is None:
        raise PermanentError("the library baostock is not installed: pip install baostock")
    import baostock  # type: ignore[import-not-found]

    parts = urlsplit(request.url)
    if not parts.path.startswith("query_"):
        raise PermanentError(f"{request.url} names no query of baostock")
    arguments = dict(parse_qsl(parts.query)) | request.params
    login = baostock.login()
    if login.error_code != "0":
        raise TransientError(f"baostock refused the login ({login.error_msg})")
    try:
        answer = getattr(baostock, parts.path)(**arguments)
        rows = []
        while answer.error_code == "0" and answer.next():
            rows.append(answer.get_row_data())
    finally:
        baostock.logout()
    value = {"error_code": answer.error_code, "error_msg": answer.error_msg, "fields": answer.fields, "rows": rows}
    return json.dumps(value, ensure_ascii=False).encode(), "application/json"


ADAPTERS: dict[str, Adapter] = {"file": read_file, "baostock": ask_baostock}
"""By scheme."""
