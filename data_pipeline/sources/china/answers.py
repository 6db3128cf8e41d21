"""The outer object of an answer, and JSON that stands inside a page's script."""

import json
from typing import Any, TypeVar

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.parsing import Payload
from data_pipeline.sources.protocol import RefusedResponse

P = TypeVar("P", bound=Payload)


def envelope(out: Collector, model: type[P], payload: Any) -> P:
    """Return the outer object of an answer as ``model``; its unknown fields are counted like those of an item.

    Raises:
        RefusedResponse: It does not fit, so that nothing inside can be trusted.
    """
    read = out.validate(model, payload, f"{out.response.url}#")
    if read is None:
        raise RefusedResponse(f"unexpected answer: {out.parsed.quarantine[-1].reason}")
    return read


def embedded_json(page: str, name: str) -> Any:
    """Decode the JSON value that a page's script assigns to the variable ``name``.

    Raises:
        RefusedResponse: There is no such assignment, or it is cut or broken.
    """
    start = page.find(f"{name}=")
    if start < 0:
        raise RefusedResponse(f"the page has no {name}: {page[:80]!r}")
    try:
        value, _ = json.JSONDecoder(parse_constant=lambda constant: None).raw_decode(page, start + len(name) + 1)
    except RecursionError:
        raise RefusedResponse(f"{name} is nested too deeply") from None
    except ValueError as error:
        raise RefusedResponse(f"{name} is no JSON: {error}") from None
    return value
