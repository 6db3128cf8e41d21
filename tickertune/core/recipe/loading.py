"""YAML to checked configuration, with every error reported at once."""

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, TypeAdapter, ValidationError

from tickertune.core.errors import TickerTuneError, did_you_mean
from tickertune.core.hub import ADDRESS_KEYS

MAX_BYTES = 1_000_000
T = TypeVar("T")
C = TypeVar("C", bound=BaseModel)


def read_yaml(path: Path) -> dict[str, Any]:
    """Read one YAML mapping with the safe loader.

    Raises:
        TickerTuneError: The file is missing, too large, not YAML or not a mapping.
    """
    if not path.is_file():
        near = [entry.name for entry in path.parent.glob("*.y*ml")] if path.parent.is_dir() else []
        raise TickerTuneError(f"Recipe file {path} does not exist{did_you_mean(path.name, near)}", "Correct the path")
    if path.stat().st_size > MAX_BYTES:
        raise TickerTuneError(f"Recipe file {path} is larger than {MAX_BYTES} bytes", "Point to a recipe")
    try:
        value = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise TickerTuneError(f"{path} is not YAML ({' '.join(str(error).split())})", "Correct it") from error
    if not isinstance(value, dict):
        raise TickerTuneError(f"{path} holds {type(value).__name__}, not keys and values", "Write `key: value` lines")
    return value


def set_key(values: dict[str, Any], dotted: str, text: str) -> None:
    """Set ``a.b.c`` to a YAML scalar or list, in place.

    Raises:
        TickerTuneError: ``text`` is not YAML, or a part of the key is no block.
    """
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise TickerTuneError(
            f"The value of {dotted}, {without_secrets(text, dotted)!r}, is not YAML", "Write a number, a word or a list"
        ) from error
    if isinstance(value, str):
        with suppress(ValueError):  # YAML 1.1 reads 1e-4 as text
            value = float(value)
    put(values, dotted, value)


def put(values: dict[str, Any], dotted: str, value: Any) -> None:
    """Set ``a.b.c`` to a value, in place; blocks on the way are made.

    Raises:
        TickerTuneError: A part of the key is no block.
    """
    *parents, last = dotted.split(".")
    for parent in parents:
        inner = values.setdefault(parent, {})
        if not isinstance(inner, dict):
            raise TickerTuneError(f"'{parent}' in '{dotted}' is not a block", "Correct the key")
        values = inner
    values[last] = value


def parse_overrides(arguments: Iterable[str]) -> dict[str, str]:
    """Read ``--key value`` and ``--key=value`` pairs.

    Raises:
        TickerTuneError: A word is no option, or an option lacks its value.
    """
    overrides: dict[str, str] = {}
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if not word.startswith("--"):
            raise TickerTuneError(f"Unexpected argument '{without_secrets(word)}'", "Write overrides as --key value")
        key, equals, value = word[2:].partition("=")
        if not equals:
            if not rest:
                raise TickerTuneError(f"Option --{key} has no value", f"Write --{key} VALUE")
            value = rest.pop(0)
        overrides[key] = value
    return overrides


def parse_config(model: type[C], values: Mapping[str, Any], where: str) -> C:
    """Validate ``values`` as ``model``; see ``validate``."""
    return validate(TypeAdapter(model), values, where)


def validate(adapter: TypeAdapter[T], values: Mapping[str, Any], where: str) -> T:
    """Validate ``values``, collecting all errors into one.

    Raises:
        TickerTuneError: Each wrong key or value with its place; unknown keys with the nearest known one.
    """
    try:
        return adapter.validate_python(values)
    except ValidationError as error:
        lines = []
        for item in error.errors():
            steps = [str(step) for step in item["loc"]]
            place = ".".join(steps) or "the whole"
            if item["type"] == "extra_forbidden":
                names = _known_keys(adapter, steps[:-1])
                lines.append(f"unknown key '{place}'{did_you_mean(steps[-1], names)}")
            else:
                given = "" if item["type"] == "missing" else f" (given: {without_secrets(item['input'], place)!r:.80})"
                lines.append(f"{place}: {item['msg'][0].lower()}{item['msg'][1:]}{given}")
        raise TickerTuneError(f"{where}: {'; '.join(lines)}", "Correct the recipe") from None


def without_secrets(value: Any, key: str = "") -> Any:
    """Values as an error may show them: of an address that may hold a key (``user:key@``, ``?key=``) only the scheme is left.

    Where the key ends cannot be told, since an address that is refused need not be a well-formed one.
    """
    if isinstance(value, Mapping):
        return {name: without_secrets(inner, str(name)) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [without_secrets(inner, key) for inner in value]
    is_address = isinstance(value, str) and ("://" in value or key.rpartition(".")[2] in ADDRESS_KEYS)
    if not is_address or not any(mark in value for mark in "@?#"):
        return value
    scheme = next((known for known in ("https://", "http://") if value.startswith(known)), "")
    return f"{scheme}***"


def _known_keys(adapter: TypeAdapter[Any], steps: list[str]) -> set[str]:
    """Field names of the block at ``steps``, looked up through unions and dictionaries."""
    blocks = _blocks(adapter._type)
    for step in steps:
        inner = [
            block
            for model in blocks
            for block in _blocks(model.model_fields[step].annotation if step in model.model_fields else None)
        ]
        blocks = inner or blocks  # union tags and dictionary keys are no fields
    return {name for model in blocks for name in model.model_fields}


def _blocks(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [block for arg in get_args(annotation) for block in _blocks(arg)]


def load_config(model: type[C], path: Path, overrides: Mapping[str, str] | None = None) -> C:
    """Load one stage's YAML and apply ``--key value`` overrides, dotted for nested blocks."""
    values = read_yaml(path)
    for key, text in (overrides or {}).items():
        set_key(values, key, text)
    return parse_config(model, values, os.fspath(path))
