"""Numbers and switches of the free ``trainer:`` block, which YAML may read as text, held to the types of TRL's fields."""

import math
from collections.abc import Mapping
from dataclasses import Field
from types import NoneType, UnionType
from typing import Any, get_args

from pydantic import TypeAdapter

from tickertune.core.errors import TickerTuneError

NOUNS: Mapping[Any, str] = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list[float]: "a list of numbers",
}
LEAST: Mapping[str, float] = {
    **dict.fromkeys(("adam_beta1", "adam_beta2", "adam_epsilon", "max_grad_norm", "weight_decay"), 0),
    **dict.fromkeys(("neftune_noise_alpha", "label_smoothing_factor", "dataloader_num_workers", "data_seed"), 0),
}
"""Least values of fields that TRL and transformers take with any number, and meet only in training."""
BELOW: Mapping[str, float] = {"adam_beta1": 1, "adam_beta2": 1}
"""Values that such fields must stay below."""


def fitted(fields: Mapping[str, "Field[Any]"], block: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return a ``trainer:`` block with each text that is a number as that number, and what does not fit, one clause each.

    Args:
        fields: Fields of TRL's configuration by name; keys that it lacks, and fields that are no plain number or switch, stay as they are.
        block: The block.
    """
    found, wrong = dict(block), []
    for key, value in block.items():
        if not _finite(value):
            wrong.append(f"'trainer.{key}' is {value!r}, which holds a number that is not finite")
        elif (
            key in fields
            and (noun := _noun(fields[key].type))
            and not (value is None and NoneType in _kinds(fields[key].type))
        ):
            try:
                found[key] = _read(fields[key].type, value)
            except ValueError:
                wrong.append(f"'trainer.{key}' is {value!r}, not {noun}")
            else:
                wrong += _out_of_bounds(key, found[key])
    return found, wrong


def count_of(block: Mapping[str, Any], key: str, default: int) -> int:
    """Return a whole number of a ``trainer:`` block that is 1 or more.

    Raises:
        TickerTuneError: It is no such number.
    """
    value = block.get(key, default)
    try:
        count = _read(int, value)
    except ValueError:
        count = 0
    if count < 1:
        raise TickerTuneError(
            f"'trainer.{key}' is {value!r}, not a whole number from 1 on", "Correct the trainer block"
        )
    return int(count)


def _noun(kind: Any) -> str | None:
    """What a field's value must be; None for fields that also take something other than one number or switch."""
    kinds = [part for part in _kinds(kind) if part is not NoneType]
    return NOUNS.get(kinds[0]) if len(kinds) == 1 else None


def _kinds(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if isinstance(kind, UnionType) else (kind,)


def _read(kind: Any, value: Any) -> Any:
    """Raises ``ValueError`` (pydantic's error is one) where the value is none of the kind."""
    if isinstance(value, bool) and bool not in _kinds(kind):
        raise ValueError("a switch is no number, though pydantic and Python take it for 0 or 1")
    read = TypeAdapter(kind).validate_python(value)
    if not _finite(read):
        raise ValueError("not finite")
    return read


def _finite(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(map(_finite, value.values()))
    if isinstance(value, list):
        return all(map(_finite, value))
    return not isinstance(value, float) or math.isfinite(value)


def _out_of_bounds(key: str, value: Any) -> list[str]:
    if value is None:
        return []
    if key in LEAST and value < LEAST[key]:
        return [f"'trainer.{key}' is {value!r}, less than {LEAST[key]}"]
    return [f"'trainer.{key}' is {value!r}, not below {BELOW[key]}"] if key in BELOW and value >= BELOW[key] else []
