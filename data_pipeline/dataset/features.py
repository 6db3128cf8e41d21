"""Types of a data set's columns, in the words of the Hub's card header, so that nothing has to be guessed from rows."""

from typing import Any

import polars as pl
from polars._typing import PolarsDataType

from tickertune.core.sample import Sample
from tickertune.core.table import UTC_TIME, schema_of

_NAMES: dict[PolarsDataType, str] = {
    pl.String(): "string",
    pl.Int64(): "int64",
    pl.Float64(): "float64",
    pl.Boolean(): "bool",
    pl.Date(): "date32",
    UTC_TIME: "timestamp[us, tz=UTC]",
}


def card_features() -> list[dict[str, Any]]:
    """Columns of ``Sample`` as the card's ``dataset_info.features``; labels are strings, in the order of info.json."""
    return [{"name": name, **_type(dtype)} for name, dtype in schema_of(Sample).items()]


def _type(dtype: PolarsDataType) -> dict[str, Any]:
    if isinstance(dtype, pl.List):
        inner = _type(dtype.inner)
        return {"list": inner.get("dtype", inner.get("struct"))}
    if isinstance(dtype, pl.Struct):
        return {"struct": [{"name": field.name, **_type(field.dtype)} for field in dtype.fields]}
    return {"dtype": _NAMES[dtype]}
