"""Request and Response: what a source asks, and the archived answer that it parses."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tickertune.core.files import sha256_value
from tickertune.core.noun import Noun

Mode = Literal["range", "stream", "file"]
"""range: fetched long after publication; stream: fetched as it appears, so that the time of the fetch is evidence."""


class Auth(Noun):
    """Where a secret goes. Its value comes from the environment at the moment of the fetch and is stored nowhere."""

    place: Literal["query", "header", "form", "json", "cookie", "oauth"]
    name: str
    """Parameter, header, field or cookie name; for ``oauth`` the address that gives the token."""
    env: str
    """Environment variable that holds the secret (``oauth``: the client id)."""
    template: str = "{}"
    """How the secret is written, such as ``Bearer {}``."""
    secret_env: str | None = None
    """``oauth`` only: variable of the client secret."""


class Request(Noun):
    """One request, without secrets, so that it can be stored and compared."""

    url: str
    """https address, ``file:`` and a path for a file source, or a scheme that an adapter serves."""
    method: Literal["GET", "POST"] = "GET"
    params: dict[str, str] = {}
    headers: dict[str, str] = {}
    form: dict[str, str] | None = None
    body_json: str | None = None
    """JSON text of the body."""
    auth: tuple[Auth, ...] = ()
    expects: Literal["json", "xml", "html", "csv", "text", "bytes"] = "json"
    """Kind of answer; another kind is refused."""
    context: dict[str, str] = {}
    """What ``parse`` needs to know of the plan: symbol, page, since, until …"""

    @property
    def key(self) -> str:
        """Identity of the request: equal requests have equal keys (hex SHA-256)."""
        return sha256_value(self.model_dump(mode="json"))


@dataclass(frozen=True, slots=True)
class Response:
    """One archived answer."""

    request: Request
    url: str
    """Final address after redirects, without secrets."""
    status: int
    headers: Mapping[str, str]
    """Kept headers, lower case: content-type, etag, last-modified, date."""
    body: bytes
    fetched_at: datetime
    """Aware UTC."""
    mode: Mode

    @property
    def body_sha256(self) -> str:
        """Hex SHA-256 of the body: its name in the archive."""
        return hashlib.sha256(self.body).hexdigest()

    @property
    def content_type(self) -> str:
        """Media type without parameters, lower case; empty where none was sent."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()
