"""Tables of GDELT for the tests: zipped as GDELT zips them, and read out of a recorded pickle without running it."""

import io
import math
import pickle
import struct
import zipfile
from dataclasses import dataclass
from typing import Any

from data_pipeline.sources.news.gdelt_bulk import GKG_COLUMNS
from tests.data_pipeline.sources.sample import Sample


def zipped(text: str, name: str = "20260515011500.gkg.csv") -> bytes:
    """Return a zip file with one deflated table; the same text gives the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), text, compress_type=zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


class _Inert:
    """Stands for every class of the pickle: it keeps what it is given and does nothing."""

    state: Any = None

    def __new__(cls, *arguments: Any) -> "_Inert":
        made = object.__new__(cls)
        made.arguments = arguments
        return made

    def __init__(self, *arguments: Any) -> None:
        pass

    def __setstate__(self, state: Any) -> None:
        self.state = state


def _latin(text: str, encoding: str) -> bytes:
    return text.encode("latin-1")


class _InertUnpickler(pickle.Unpickler):
    """Builds the data of a pickle and calls nothing that it names."""

    def find_class(self, module: str, name: str) -> Any:
        return _latin if (module, name) == ("_codecs", "encode") else type(name, (_Inert,), {})


def pickled_table(data: bytes) -> dict[str, list[Any]]:
    """Return the columns of a pickled pandas frame (version 0.x blocks), read without pandas and without running it."""
    (axes, blocks, block_items, _) = _InertUnpickler(io.BytesIO(data)).load().state["_data"].state
    names = _index_names(axes[0])
    columns = {}
    for block, items in zip(blocks, block_items, strict=True):
        values = _array_values(block)
        rows = len(values) // len(_index_names(items))
        for number, name in enumerate(_index_names(items)):
            columns[name] = values[number * rows : (number + 1) * rows]
    return {name: columns[name] for name in names}


def _index_names(index: Any) -> list[str]:
    return _array_values(index.arguments[1]["data"])


def _array_values(array: Any) -> list[Any]:
    """Values of a pickled array in memory order: the shape is (columns, rows), by row of that."""
    _, shape, dtype, fortran, values = array.state
    if isinstance(values, bytes):
        code = {"f8": "d", "i8": "q"}[dtype.arguments[0]]
        values = list(struct.unpack(f"<{len(values) // 8}{code}", values))
    if fortran and len(shape) == 2:
        columns, rows = shape
        values = [values[row * columns + column] for column in range(columns) for row in range(rows)]
    return values


def _cell(value: Any) -> str:
    return "" if value is None or (isinstance(value, float) and math.isnan(value)) else str(value)


def recorded_gkg(data: bytes) -> str:
    """Return the recorded rows as GDELT's file has them: tab-separated, without a header."""
    table = pickled_table(data)
    assert tuple(table) == GKG_COLUMNS
    return "\n".join("\t".join(map(_cell, row)) for row in zip(*table.values(), strict=True)) + "\n"


@dataclass(frozen=True)
class ZippedSample(Sample):
    """A sample whose file is the table: it is zipped when it is read."""

    pickled: bool = False

    def read(self) -> bytes:
        plain = Sample(**{name: getattr(self, name) for name in Sample.__dataclass_fields__}).read()
        return zipped(recorded_gkg(plain) if self.pickled else plain.decode())
