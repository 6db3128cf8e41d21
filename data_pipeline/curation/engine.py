"""Where the row-wise part of curation runs: in this process, or spread over Daft's partitions, native or on Ray.

Filters and sketches look at one document alone, so that any cut into batches gives the same columns, and a batch that
a lost worker leaves behind is computed again elsewhere. Only what compares documents runs in one place
(``deduplication``).
"""

import importlib.util
import json
import os
import socket
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from data_pipeline.curation.deduplication import SKETCH_SCHEMA, sketch
from data_pipeline.curation.drops import DROPS_SCHEMA
from data_pipeline.curation.filters import Fitted, apply_filters
from data_pipeline.curation.parts import map_parts
from tickertune.core.document import Document
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import CurationConfig
from tickertune.core.table import schema_of

if TYPE_CHECKING:
    import daft

SMALL = 50_000
"""Documents up to which a start of the engine costs more than it gains: they are curated in this process."""
CONNECT_SECONDS = 10
_DOCUMENT = schema_of(Document)
PREPARED = pl.Schema(
    {**_DOCUMENT, **SKETCH_SCHEMA, "_reason": pl.String(), "_detail": pl.String(), "_counts": pl.String()}
)
"""A row for each document given: rewritten and sketched, or with the reason why it goes; what was counted in a
batch stands in its first row, as JSON."""
_LARGE_TYPES = pl.CompatLevel.oldest()


class Prepared(NamedTuple):
    """Documents after the row-wise part."""

    kept: pl.DataFrame
    """``Document`` and ``SKETCH_SCHEMA``, in the order given."""
    drops: pl.DataFrame
    counts: dict[str, int]


def prepare(documents: pl.DataFrame, config: CurationConfig, fitted: Fitted) -> Prepared:
    """Filter and sketch documents, spread over the engine where they are many.

    Args:
        documents: Schema ``Document``.
        config: The recipe's curation block; ``runner`` names the engine.
        fitted: What the filters know of all documents.

    Raises:
        TickerTuneError: Ray is asked for and not installed.
    """
    if len(documents) <= SMALL and config.runner == "native":
        return part(prepare_batch(documents, config, fitted))
    engine = start(config)
    numbered = documents.with_row_index("_row")
    table = engine.from_arrow(numbered.to_arrow(compat_level=_LARGE_TYPES))
    if config.runner == "ray":  # the native runner spreads batches by itself
        table = table.into_partitions(partitions(len(documents)))
    prepared = prepared_columns(table, config, fitted, keep=["_row"])
    found = pl.DataFrame(pl.from_arrow(prepared.to_arrow())).sort("_row")
    return part(typed(found))


def start(config: CurationConfig) -> "Any":
    """Import Daft with the runner of the recipe and return it.

    Raises:
        TickerTuneError: Ray is asked for and not installed, or the process runs Daft's other runner.
    """
    import daft

    if config.runner == "ray" and importlib.util.find_spec("ray") is None:
        raise TickerTuneError(
            "curation.runner is ray, and ray is not installed", "Install tickertune[cluster], or set runner: native"
        )
    try:
        if config.runner == "ray":
            _join_ray()
            daft.set_runner_ray(noop_if_initialized=True)
        elif daft.get_or_infer_runner_type() != "native":
            daft.set_runner_native()
    except daft.exceptions.DaftCoreException as error:
        raise TickerTuneError(
            f"curation.runner is {config.runner}, and this process has started Daft's other runner",
            "Use one runner in a process",
        ) from error
    return daft


def _join_ray() -> None:
    """Join the cluster that RAY_ADDRESS names, or start one here; its workers' bars and logs stay with them.

    An address that nobody answers at is refused first: Ray itself would ask it for minutes.
    """
    import ray

    if ray.is_initialized():
        return
    address = os.environ.get("RAY_ADDRESS", "")
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    try:
        if colon and port.isdigit():
            socket.create_connection((host, int(port)), timeout=CONNECT_SECONDS).close()
        ray.init(log_to_driver=False, logging_level="WARNING")
    except (OSError, RuntimeError, ValueError) as error:
        raise TickerTuneError(
            f"Ray could not be joined or started (RAY_ADDRESS is {address or 'not set'}: {str(error).splitlines()[0]})",
            "Correct RAY_ADDRESS, start the cluster (ray start --head), or set runner: native",
        ) from error


def partitions(documents: int) -> int:
    """Partitions of so many documents: as many as keep a worker's batch small, at least four to share."""
    return max(4, -(-documents // SMALL))


def prepared_columns(
    table: "daft.DataFrame", config: CurationConfig, fitted: Fitted, keep: list[str]
) -> "daft.DataFrame":
    """Map a Daft table of documents to ``PREPARED`` and the columns of ``keep``, batch by batch."""
    import daft

    dtype = daft.DataType.from_arrow_type(
        PREPARED.to_frame().to_arrow(compat_level=_LARGE_TYPES).to_struct_array().type
    )

    @daft.func.batch(return_dtype=dtype, batch_size=SMALL)
    def batch(*columns: daft.Series) -> daft.Series:
        named = zip(_DOCUMENT.items(), columns, strict=True)
        documents = pl.DataFrame(
            {name: pl.Series(name, pl.from_arrow(column.to_arrow())).cast(kind) for (name, kind), column in named}
        )
        result = prepare_batch(documents, config, fitted).to_arrow(compat_level=_LARGE_TYPES)
        return daft.Series.from_arrow(result.combine_chunks().to_struct_array().combine_chunks())

    found = table.select(*keep, batch(*(daft.col(name) for name in _DOCUMENT)).alias("_found"))
    return found.select(*keep, *(daft.col("_found").get(name).alias(name) for name in PREPARED))


def prepare_batch(documents: pl.DataFrame, config: CurationConfig, fitted: Fitted) -> pl.DataFrame:
    """Filter and sketch a batch, a row of ``PREPARED`` for each document, in parts that stay near the processor."""
    return pl.concat(map_parts(partial(_prepare_part, config=config, fitted=fitted), documents))


def _prepare_part(documents: pl.DataFrame, config: CurationConfig, fitted: Fitted) -> pl.DataFrame:
    place = documents.with_row_index("_place").select("_place", "doc_id", "revision", "raw_sha256")
    numbered = documents.with_columns(doc_id=pl.int_range(pl.len()).cast(pl.String))
    kept, drops, counts = apply_filters(numbered, config, fitted)
    kept = kept.with_columns(sketch(kept, config.near_duplicate_threshold))
    gone = drops.select(_place=pl.col("doc_id").cast(pl.UInt32), _reason="reason", _detail="detail")
    rows = pl.concat(
        [
            kept.with_columns(_place=pl.col("doc_id").cast(pl.UInt32)).drop("doc_id"),
            documents.with_row_index("_place").drop("doc_id").join(gone, on="_place"),
        ],
        how="diagonal",
    ).sort("_place")
    first = pl.when(pl.int_range(pl.len()) == 0).then(pl.lit(json.dumps(counts, sort_keys=True)))
    rows = rows.with_columns(place["doc_id"], _counts=first)
    for name in ("_reason", "_detail"):
        if name not in rows.columns:
            rows = rows.with_columns(pl.lit(None, dtype=pl.String).alias(name))
    return typed(rows)


def typed(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the columns of ``PREPARED`` in their types, as an engine may have changed them on the way."""
    return rows.select(pl.col(name).cast(dtype) for name, dtype in PREPARED.items())


def part(prepared: pl.DataFrame) -> Prepared:
    """Part the rows of ``PREPARED`` into documents and drops."""
    counts: Counter[str] = Counter()
    for found in prepared["_counts"].drop_nulls():
        counts.update(json.loads(found))
    drops = prepared.filter(pl.col("_reason").is_not_null()).select(
        "doc_id",
        "revision",
        reason="_reason",
        survivor=pl.lit(None, dtype=pl.String),
        detail="_detail",
    )
    kept = prepared.filter(pl.col("_reason").is_null()).select([*_DOCUMENT, *SKETCH_SCHEMA])
    return Prepared(kept, drops.cast(DROPS_SCHEMA), dict(counts))
