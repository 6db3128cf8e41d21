"""Addresses of model servers in recipes."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator


def checked_address(value: str) -> str:
    """Return an address of a server without its last slash; refuse what is none, and one that holds a key."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("write an address such as https://api.example.com/v1")
    if "@" in value or parts.query or parts.fragment:
        raise ValueError("an address holds no key: name the key's environment variable in key_env")
    return value.rstrip("/")


Address = Annotated[str, AfterValidator(checked_address)]
"""An http or https address, up to and with the version, without a key in it."""
