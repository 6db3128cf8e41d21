"""Tables of nouns: one polars schema per noun, one canonical parquet writer, readers with clear errors."""

import types
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import polars as pl
from polars._typing import PolarsDataType

from tickertune.core.errors import TickerTuneError
from tickertune.core.files import atomic_file
from tickertune.core.noun import Noun

UTC_TIME = pl.Datetime("us", "UTC")
_SCALARS: dict[Any, PolarsDataType] = {
    str: pl.String(),
    int: pl.Int64(),
    float: pl.Float64(),
    bool: pl.Boolean(),
    date: pl.Date(),
    datetime: UTC_TIME,
}


def _polars_type(annotation: Any) -> PolarsDataType:
    if annotation in _SCALARS:
        return _SCALARS[annotation]
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _polars_type(datetime if "datetime" in repr(args[0]).lower() else args[0])
    if origin is Literal:
        return pl.String()
    if origin is list:
        return pl.List(_polars_type(args[0]))
    if origin in (Union, types.UnionType):
        return _polars_type(next(arg for arg in args if arg is not type(None)))
    if isinstance(annotation, type) and issubclass(annotation, Noun):
        return pl.Struct(dict(schema_of(annotation)))
    if "datetime" in repr(annotation).lower():
        return UTC_TIME
    raise TypeError(f"no polars type for annotation {annotation!r}")


def schema_of(noun: type[Noun]) -> pl.Schema:
    """Return the polars schema of a noun: times are ``Datetime('us', 'UTC')``, literals are strings."""
    return pl.Schema({name: _polars_type(field.annotation) for name, field in noun.model_fields.items()})


def frame_of(noun: type[Noun], records: Sequence[Noun]) -> pl.DataFrame:
    """Build a table from records of one noun."""
    return pl.DataFrame([record.model_dump() for record in records], schema=schema_of(noun))


def check_table(frame: pl.DataFrame, noun: type[Noun], what: str) -> pl.DataFrame:
    """Return ``frame`` with the noun's columns in order and type.

    Args:
        frame: A table that should hold the noun.
        noun: The noun whose schema is expected.
        what: Where the table came from, for the error.

    Raises:
        TickerTuneError: A column is missing, unknown, naive in time or of another type.
    """
    schema = schema_of(noun)
    missing = [name for name in schema if name not in frame.columns]
    unknown = [name for name in frame.columns if name not in schema]
    if missing or unknown:
        parts = [f"lacks the column(s) {', '.join(missing)}"] if missing else []
        parts += [f"has unknown column(s) {', '.join(unknown)}"] if unknown else []
        raise TickerTuneError(
            f"{what} {' and '.join(parts)}",
            f"Give it exactly the columns of {noun.__name__}: {', '.join(schema)}",
        )
    for name, dtype in schema.items():
        found = frame.schema[name]
        if isinstance(dtype, pl.Datetime) and isinstance(found, pl.Datetime) and found.time_zone is None:
            raise TickerTuneError(
                f"{what}: column {name} holds naive times, such as {frame[name].drop_nulls().first()!s}",
                "State the zone of every time stamp, for example 2015-08-03T13:30:00Z",
            )
    try:
        return frame.select([pl.col(name).cast(dtype) for name, dtype in schema.items()])
    except pl.exceptions.PolarsError as error:
        raise TickerTuneError(
            f"{what} has a column of the wrong type ({str(error).splitlines()[0]})",
            f"Use the types of {noun.__name__}",
        ) from error


def write_table(frame: pl.DataFrame, path: Path, sort_by: Sequence[str]) -> None:
    """Write parquet whose bytes depend on the rows alone: sorted, one row group size, atomic.

    Args:
        frame: The rows.
        path: Target file.
        sort_by: Columns that order the rows uniquely; none: the rows stand in their one order already.
    """
    ordered = (frame.sort(list(sort_by), maintain_order=True) if sort_by else frame).rechunk()
    with atomic_file(path) as temporary:
        ordered.write_parquet(temporary, compression="zstd", statistics=True, row_group_size=65_536)


def read_parquet(path: Path) -> pl.DataFrame:
    """Read a parquet file.

    Raises:
        TickerTuneError: The file is missing or damaged.
    """
    if not path.exists():
        raise TickerTuneError(f"File {path} does not exist", "Correct the path or build the data first")
    try:
        return pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise TickerTuneError(
            f"File {path} is not a readable parquet file ({str(error).splitlines()[0]})",
            "Fetch or build it again: it is truncated or damaged",
        ) from error


def read_table(path: Path, noun: type[Noun]) -> pl.DataFrame:
    """Read a parquet file that holds one noun; errors as ``read_parquet`` and ``check_table``."""
    return check_table(read_parquet(path), noun, f"File {path}")
