"""What is left of earlier documents, in a folder: a new day is curated without the old ones.

Three tables and ``past.json``. Hashes of words belong to a version of the hash function; a folder of another version is
refused, since its documents would meet none of the new ones.
"""

from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl

from data_pipeline.curation.deduplication.hashing import hash_words
from data_pipeline.curation.deduplication.ids import added
from data_pipeline.curation.deduplication.survivors import EXACT_SCHEMA, PASSES, Past
from data_pipeline.curation.drops import ORDER
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json, sha256_value, write_json
from tickertune.core.recipe import CurationConfig
from tickertune.core.table import read_parquet, write_table

PROBE = "a word whose hash tells one version of the hash function from another"


def save_past(past: Past, config: CurationConfig, folder: Path) -> None:
    """Write the past; ``past.json`` comes last, so that a folder without it holds none.

    Raises:
        TickerTuneError: A filter of the recipe learns from all documents.
    """
    require_incremental(config)
    (folder / "past.json").unlink(missing_ok=True)
    write_table(past.live, folder / "live.parquet", ORDER)
    write_table(past.exact, folder / "exact.parquet", ["key"])
    for name in PASSES:
        write_table(
            pl.DataFrame({"id": np.concatenate([np.zeros(0, dtype=np.uint64), *past.kept[name]])}),
            folder / f"kept_{name}.parquet",
            ["id"],
        )
    write_json(folder / "past.json", _facts(config) | {"last": None if past.last is None else list(past.last)})


def load_past(config: CurationConfig, folder: Path) -> Past:
    """Read the past of the same recipe.

    Raises:
        TickerTuneError: The folder holds none, or one of another recipe or version.
    """
    if not (folder / "past.json").is_file():
        raise TickerTuneError(f"Folder {folder} holds no past of a curation", "Curate all documents first")
    found = read_json(folder / "past.json")
    last = found.pop("last")
    if found != _facts(config):
        differing = ", ".join(name for name, value in _facts(config).items() if found.get(name) != value)
        raise TickerTuneError(
            f"The past in {folder} is of another curation ({differing} differ)",
            "Use the recipe that it was made with, or curate all documents again into another folder",
        )
    kept = {name: added((), read_parquet(folder / f"kept_{name}.parquet")["id"].to_numpy()) for name in PASSES}
    exact = read_parquet(folder / "exact.parquet").select(list(EXACT_SCHEMA))
    live = read_parquet(folder / "live.parquet")
    return Past(live, exact, kept, None if last is None else (int(last[0]), str(last[1]), int(last[2])))


def require_later(documents: pl.DataFrame, past: Past) -> None:
    """Refuse documents that are not all after those of the past: they would change what was decided.

    Raises:
        TickerTuneError: A document is earlier than the last one of the past.
    """
    if past.last is None or documents.is_empty():
        return
    first = documents.sort(ORDER).select(pl.col("available_at").dt.epoch("us"), "doc_id", "revision").row(0)
    if first <= past.last:
        raise TickerTuneError(
            f"Document {first[1]} was available at {_moment(first[0])}, not after {past.last[1]} of {_moment(past.last[0])}, "
            "the last one curated",
            "Curate all documents again: what came late changes what was decided after it",
        )


def require_incremental(config: CurationConfig) -> None:
    """Refuse filters that learn from all documents at once.

    Raises:
        TickerTuneError: The recipe asks for footers or for a quantile of perplexity.
    """
    perplexity = config.perplexity
    learning = {
        "normalise.repeated_line_titles": config.normalise.repeated_line_titles is not None,
        "perplexity.max_quantile": perplexity is not None and perplexity.max_quantile is not None,
        "perplexity.min_quantile": perplexity is not None and perplexity.min_quantile is not None,
    }
    if asked := [name for name, used in learning.items() if used]:
        raise TickerTuneError(
            f"{' and '.join(asked)} learns from all documents, so a new day alone cannot be curated with it",
            "Leave it out, give bounds instead of quantiles, or curate all documents at once",
        )


def _facts(config: CurationConfig) -> dict[str, str]:
    settings = config.model_dump(mode="json", exclude={"runner", "decontamination"})
    return {"curation": sha256_value(settings), "hash": str(int(hash_words(pl.Series([PROBE]))[0]))}


def _moment(microseconds: int) -> datetime:
    return pl.Series([microseconds]).cast(pl.Datetime("us", "UTC")).to_list()[0]  # type: ignore[no-any-return]
