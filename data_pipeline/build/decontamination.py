"""Training samples that show an evaluation text are removed; which set and which overlap is written down."""

import json
from dataclasses import replace
from pathlib import Path

import polars as pl

from data_pipeline.curation.filters.decontamination import MATCH_SCHEMA, contaminated
from data_pipeline.samples.movement import MovementSamples
from data_pipeline.sources.labelled import read_labelled
from tickertune.core.errors import TickerTuneError, did_you_mean
from tickertune.core.recipe import EvaluationSetConfig, MovementDataConfig, SentimentSetConfig
from tickertune.core.recipe.sentiment import SETS_OF_TASK
from tickertune.core.table import read_parquet, write_table

EVALUATION_SCHEMA = pl.Schema({"set": pl.String, "text_id": pl.String, "text": pl.String})
REMOVED_SCHEMA = pl.Schema([("sample_id", pl.String()), *MATCH_SCHEMA.items()])


def evaluation_texts(sets: list[EvaluationSetConfig]) -> pl.DataFrame:
    """Read the texts of evaluation sets.

    Returns:
        ``EVALUATION_SCHEMA``; ``text_id`` is the labelled set's row or the row's number in the split.

    Raises:
        TickerTuneError: A set, its split or its column is missing or damaged.
    """
    tables = [_read(block) for block in sets]
    return pl.concat([pl.DataFrame(schema=EVALUATION_SCHEMA), *tables])


def without_evaluation_texts(
    samples: MovementSamples, documents: pl.DataFrame, config: MovementDataConfig, folder: Path
) -> MovementSamples:
    """Remove train and validation samples that show a document which repeats an evaluation text.

    Each removed sample is counted under ``contaminated_SET`` and stands in ``contaminated.parquet``. Test samples stay.
    """
    block = config.curation.decontamination
    if block is None:
        return samples
    learned = samples.frame.filter(pl.col("split") != "test").select("sample_id")
    shown = samples.used.join(learned, on="sample_id", how="semi")
    texts = documents.join(shown, on=["doc_id", "revision"], how="semi").select(
        row_id=_key(), text=pl.concat_str("title", "body", separator="\n")
    )
    found = contaminated(texts, evaluation_texts(block.sets), block)
    removed = (
        shown.select("sample_id", row_id=_key())
        .join(found, on="row_id")
        .sort("sample_id", "set", "row_id")
        .unique("sample_id", keep="first", maintain_order=True)
        .select(list(REMOVED_SCHEMA))
    )
    write_table(removed, folder / "contaminated.parquet", ["sample_id"])
    counts = {f"contaminated_{name}": count for name, count in removed["set"].value_counts().sort("set").rows()}
    return replace(
        samples,
        frame=samples.frame.join(removed, on="sample_id", how="anti", maintain_order="left"),
        used=samples.used.join(removed, on="sample_id", how="anti", maintain_order="left"),
        counts={**samples.counts, **counts},
    )


def _key() -> pl.Expr:
    return pl.format("{}#{}", "doc_id", "revision")


def _read(block: EvaluationSetConfig) -> pl.DataFrame:
    if block.kind == "dataset":
        rows = _split(block)
        texts = rows.select(text=_text(rows, block)).with_row_index("number")
        table = texts.select(text_id=pl.format("{}:{}", pl.lit(block.split), "number"), text="text")
    else:
        task = next(task for task, names in SETS_OF_TASK.items() if block.kind in names)
        labelled = read_labelled(SentimentSetConfig(name=block.kind, path=block.path), "test", task)
        table = labelled.select(text_id="row_id", text="text")
    named = table.with_columns(set=pl.lit(block.name)).drop_nulls("text")
    return named.select(list(EVALUATION_SCHEMA)).cast(EVALUATION_SCHEMA)


def _split(block: EvaluationSetConfig) -> pl.DataFrame:
    """Rows of a split: parquet files named after it, in the folder, its ``data`` or below, or a saved ``DatasetDict``."""
    if not block.path.is_dir():
        raise TickerTuneError(f"Evaluation set {block.name}: folder {block.path} does not exist", "Correct the path")
    listing = block.path / "dataset_dict.json"
    if listing.is_file():
        from datasets import load_from_disk

        splits = json.loads(listing.read_text(encoding="utf-8")).get("splits", [])
        if block.split in splits:
            return pl.DataFrame(load_from_disk(str(block.path))[block.split].data.table.combine_chunks())
    else:
        files = sorted(block.path.rglob("*.parquet"))
        mine = [path for path in files if path.stem == block.split or path.stem.startswith(f"{block.split}-")]
        if mine:
            return pl.concat([read_parquet(path) for path in mine])
        splits = sorted({path.stem.split("-")[0] for path in files})
    raise TickerTuneError(
        f"Evaluation set {block.name}: {block.path} has no split {block.split}{did_you_mean(block.split, splits)}",
        f"Its splits are {', '.join(splits) or 'none'}: correct split or path",
    )


def _text(rows: pl.DataFrame, block: EvaluationSetConfig) -> pl.Expr:
    if block.column not in rows.columns:
        raise TickerTuneError(
            f"Evaluation set {block.name} has no column {block.column}{did_you_mean(block.column, rows.columns)}",
            f"Its columns are {', '.join(rows.columns)}",
        )
    if block.column != "messages":
        return pl.col(block.column).cast(pl.String)
    turns = pl.element().filter(pl.element().struct.field("role") == "user").struct.field("content")
    return pl.col("messages").list.eval(turns).list.join("\n")
