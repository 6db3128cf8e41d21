"""What parsers share: payload models, and text and JSON read without surprises."""

import json
import re
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict

from data_pipeline.sources.protocol import RefusedResponse, Response
from tickertune.core.files import sha256_text

MAX_FOLLOW = 10_000
"""Requests that one answer may lead to."""

_UNWANTED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class Payload(BaseModel):
    """The known fields of one payload item. Unknown ones are kept aside to be counted, missing ones quarantine it."""

    model_config = ConfigDict(extra="allow", frozen=True, coerce_numbers_to_str=True)

    unused: ClassVar[frozenset[str]] = frozenset()
    """Known fields that no document needs: neither read nor counted as unknown."""


P = TypeVar("P", bound=Payload)


def clean_text(text: str) -> str:
    """Return ``text`` without control characters and broken surrogates, stripped; other white space stays."""
    return _UNWANTED.sub("", text).strip()


def listing_id(market: str, symbol: str) -> str:
    """Id under which a vendor's symbol is stored until the instrument registry resolves it by date, ``US:AAPL``."""
    return f"{market}:{symbol}"


def read_json(response: Response) -> Any:
    """Decode a JSON answer.

    Raises:
        RefusedResponse: It is HTML, empty, cut, nested too deeply, or not JSON.
    """
    start = response.body.lstrip()[:1]
    if start in (b"", b"<"):
        kind = "an empty answer" if not start else f"markup ({response.content_type or 'no content type'})"
        raise RefusedResponse(f"expected JSON, got {kind}")
    try:
        return json.loads(response.body.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise RefusedResponse(f"expected JSON in UTF-8: {error}") from None
    except RecursionError:
        raise RefusedResponse("the JSON is nested too deeply") from None
    except ValueError as error:
        raise RefusedResponse(f"expected JSON: {error}") from None


def _refuse_constant(name: str) -> None:
    """Read NaN and Infinity, which are not JSON, as missing."""


def expect_list(value: Any, where: str) -> list[Any]:
    """Return ``value`` if it is a list, else refuse the answer: ``where`` says what should have been one."""
    if not isinstance(value, list):
        raise RefusedResponse(f"expected a list at {where}, got {_shown(value)}")
    return value


def expect_object(value: Any, where: str) -> dict[str, Any]:
    """Return ``value`` if it is an object, else refuse the answer: ``where`` says what should have been one."""
    if not isinstance(value, dict):
        raise RefusedResponse(f"expected an object at {where}, got {_shown(value)}")
    return value


def _shown(value: Any) -> str:
    return f"{type(value).__name__} {str(value)[:80]!r}"


def content_id(*parts: str | None) -> str:
    """Return an id from the content of an item that has none of its own (24 hex digits)."""
    return sha256_text("\x1f".join(clean_text(part or "") for part in parts))[:24]
