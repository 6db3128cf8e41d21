"""A consumer's own documents, rewritten as the recipe of a published data set says."""

from datetime import timedelta
from pathlib import Path

import polars as pl
from pydantic import TypeAdapter

from data_pipeline.acquisition.export import parsers, table
from data_pipeline.acquisition.store import Store
from data_pipeline.build.loading import load_source
from data_pipeline.build.movement import FRESH_MARGIN_DAYS
from data_pipeline.curation.filters import apply_filters
from data_pipeline.dataset.hub import require_ids
from data_pipeline.dataset.hub.stage import RECIPE
from data_pipeline.dataset.reading import dataset_folder
from data_pipeline.labels.timeline import calendar_span
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import DataConfig, MovementDataConfig
from tickertune.core.recipe.loading import read_yaml, validate


def own_documents(folder: Path, store: Path | None, source: Path | None) -> tuple[pl.DataFrame, int]:
    """Load documents for ``rehydrate``.

    Args:
        folder: A published data set that holds ids and a recipe.
        store: A store of ``tickertune data collect``, all of whose documents count; or None.
        source: The consumer's copy of what the recipe's source reads, in the place of its path; or None.

    Returns:
        Documents with their text as the recipe's curation rewrites it, and the characters that a prompt shows of one.

    Raises:
        TickerTuneError: The data set holds its texts, or has no recipe whose texts can be looked up, or the source is unusable.
    """
    require_ids(folder)
    path = dataset_folder(folder) / RECIPE
    config: DataConfig = validate(TypeAdapter(DataConfig), read_yaml(path), str(path))
    if not isinstance(config, MovementDataConfig):
        raise TickerTuneError(f"{path} is of kind {config.kind}, whose texts have no ids", "Use the data set as it is")
    if store is not None:
        with Store(store, create=False) as opened:
            documents = table(opened, "document", parsers(opened, None)[0])
    else:
        documents = _from_source(config, source)
    # Texts are rewritten as the publisher's were. What the publisher kept is named by id, so that rules which judge a text
    # by what was fitted on others are not asked again.
    rules = config.curation.model_copy(update={"quality": None, "perplexity": None})
    rewritten, _, _ = apply_filters(documents, rules)
    return rewritten, config.max_document_chars


def _from_source(config: MovementDataConfig, path: Path | None) -> pl.DataFrame:
    """Documents of the recipe's own source, from the consumer's path."""
    block = config.source
    if path is not None:
        key = "documents" if block.kind == "files" else "path"
        if key not in type(block).model_fields:
            raise TickerTuneError(f"The recipe's source ({block.kind}) reads no path", "Give --store, or neither")
        block = block.model_copy(update={key: path} if block.kind != "files" else _files(path, block))
    since = config.split.train_start - timedelta(days=max(config.lookback_days, FRESH_MARGIN_DAYS))
    return load_source(block, since, calendar_span(config)[1]).documents


def _files(folder: Path, block: object) -> dict[str, Path]:
    """Files of the recipe's names in the consumer's folder."""
    names = ("documents", "bars", "instruments", "actions")
    return {name: folder / value.name for name in names if (value := getattr(block, name)) is not None}
