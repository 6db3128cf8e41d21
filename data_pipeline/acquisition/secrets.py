"""Secrets: taken from the environment at the moment of the fetch, put where the source says, and cut out of what comes back."""

import html
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, quote_plus

from data_pipeline.acquisition.failures import CredentialsError
from data_pipeline.sources.protocol import Auth, SourceInfo

MASK = "[secret]"
SHORTEST = 6
"""A shorter value is refused as a key: cutting it out would damage the text."""


@dataclass
class Injected:
    """The secret parts of one request. Never stored, never printed."""

    params: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    form: dict[str, str] = field(default_factory=dict)
    body: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return "Injected(…)"


def secret(name: str, source: str) -> str:
    """Return the value of an environment variable.

    Raises:
        CredentialsError: It is not set, or too short to be a key.
    """
    value = os.environ.get(name, "").strip()
    if not value:
        raise CredentialsError(f"source {source} needs the environment variable {name}, which is not set")
    if len(value) < SHORTEST:
        raise CredentialsError(f"the value of {name} has {len(value)} characters: that is no key")
    if any(ord(letter) < 32 or ord(letter) > 126 for letter in value):
        raise CredentialsError(f"the value of {name} holds a character that no key has")
    return value


def missing(info: SourceInfo) -> list[str]:
    """Return the source's environment variables that are not set."""
    return [name for name in info.credentials if not os.environ.get(name, "").strip()]


def inject(auths: tuple[Auth, ...], source: str) -> Injected:
    """Read the secrets of a request; ``oauth`` ones are the client's business.

    Raises:
        CredentialsError: One is missing.
    """
    parts = Injected()
    places = {
        "query": parts.params,
        "header": parts.headers,
        "form": parts.form,
        "json": parts.body,
        "cookie": parts.cookies,
    }
    for auth in auths:
        if auth.place != "oauth":
            places[auth.place][auth.name] = auth.template.format(secret(auth.env, source))
    return parts


def known_secrets(names: tuple[str, ...], more: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the values to cut out: those of the environment variables and ``more``, with their URL-encoded forms."""
    values = [value for name in names if len(value := os.environ.get(name, "").strip()) >= SHORTEST]
    forms = {form for value in (*values, *more) for form in _spellings(value)}
    return tuple(sorted(forms, key=len, reverse=True))


def _spellings(value: str) -> set[str]:
    """The ways in which a server may repeat a secret: as it is, in an address, in JSON, in HTML."""
    escaped = json.dumps(value)[1:-1]
    unicode = "".join(letter if letter.isalnum() else f"\\u{ord(letter):04x}" for letter in value)
    addressed = {quote(value, safe=""), quote_plus(value)}
    lower = {re.sub("%[0-9A-F]{2}", lambda code: code.group().lower(), form) for form in addressed}
    return {value, *addressed, *lower, escaped, escaped.replace("/", "\\/"), html.escape(value), unicode}


def redact_text(text: str, secrets: tuple[str, ...]) -> str:
    """Return ``text`` with every secret masked."""
    for value in secrets:
        text = text.replace(value, MASK)
    return text


def redact_bytes(body: bytes, secrets: tuple[str, ...]) -> bytes:
    """Return ``body`` with every secret masked: some servers repeat the key in their answer."""
    for value in secrets:
        body = body.replace(value.encode(), MASK.encode())
    return body


KEPT_HEADERS = ("content-type", "etag", "last-modified", "date", "retry-after", "content-language", "content-range")


def kept_headers(headers: Mapping[str, str], secrets: tuple[str, ...]) -> dict[str, str]:
    """Return the answer's headers that the archive keeps, lower case, without secrets."""
    return {name: redact_text(headers[name], secrets) for name in KEPT_HEADERS if name in headers}
