"""What is pushed to the Hub: the data set with its card and recipe, and no text whose licence forbids it."""

import shutil
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from data_pipeline.dataset.hub.skeleton import put_back, remains, take_out
from data_pipeline.dataset.hub.stage import DOCUMENTS, RECIPE, SHOWN, Stage, open_stage, texts_of
from data_pipeline.dataset.info import DatasetInfo
from data_pipeline.dataset.writing import write_contents
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import atomic_dir, write_text
from tickertune.core.hub import without_paths
from tickertune.core.table import write_table

ID_COLUMNS = (
    "doc_id", "revision", "source", "category", "url", "licence", "redistributable", "published_at", "available_at",
    "raw_sha256", "parser_version", "text_sha256",
)  # fmt: skip


def write_package(folder: Path, target: Path, ids_only: bool) -> DatasetInfo:
    """Write exactly what is pushed into ``target``, which is replaced; the same bytes for the same data set.

    Args:
        folder: A data stage.
        target: The package.
        ids_only: Whether documents go as ids, with their addresses and hashes, and prompts with placeholders.

    Returns:
        What the pushed data set says of itself.

    Raises:
        TickerTuneError: A text may not be published and would be; or ids cannot bring the prompts back.
    """
    stage = open_stage(folder)
    _refuse_foreign_target(target)
    if not ids_only:
        _refuse_withheld(stage)
    frame, ids = (stage.frame, None) if not ids_only else _without_texts(stage)
    info = stage.info.model_copy(update={"ids_only": ids_only})
    with atomic_dir(target) as temporary:
        write_contents(frame, info, temporary, order=())
        if ids is not None:
            write_table(ids, temporary / DOCUMENTS, ["doc_id", "revision"])
            write_table(stage.shown, temporary / SHOWN, ["sample_id", "position"])
        if stage.recipe:
            recipe = yaml.safe_dump(without_paths(stage.recipe), sort_keys=False, allow_unicode=True)
            write_text(temporary / RECIPE, recipe)
        elif (file := stage.folder / RECIPE).is_file():
            shutil.copyfile(file, temporary / RECIPE)
    return info


def _refuse_foreign_target(target: Path) -> None:
    """The target is replaced, so it must be a package or nothing."""
    if target.exists() and any(target.iterdir()) and not (target / "info.json").is_file():
        raise TickerTuneError(f"Folder {target} exists and is no package of a data set", "Name another --package")


def _refuse_withheld(stage: Stage) -> None:
    withheld = stage.withheld
    if withheld.is_empty() and stage.info.redistributable:
        return
    counts = withheld.group_by("source", "licence", "tweet").len().sort("source", "licence", "tweet")
    named = [
        f"{source}: {count} text(s), {'tweets, which go as ids' if tweet else licence}"
        for source, licence, tweet, count in counts.rows()
    ]
    raise TickerTuneError(
        f"Licences forbid publishing texts of this data set ({'; '.join(named) or 'as its info.json says'})",
        "Give --ids-only to publish ids, addresses and hashes in their place",
    )


def _without_texts(stage: Stage) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Samples with placeholders in their prompts, and the table of document ids."""
    if stage.shown.is_empty() or "max_document_chars" not in stage.recipe:
        raise TickerTuneError(
            "This data set's texts have no ids that others can look up", "Push it whole, if its licences allow, or not"
        )
    texts = texts_of(stage.documents, stage.recipe["max_document_chars"])
    by_sample = _texts_by_sample(stage, texts)
    prompts: list[list[dict[str, Any]]] = []
    torn: list[str] = []
    for sample_id, messages, answer in stage.frame.select("sample_id", "messages", "answer").iter_rows():
        shown = by_sample[sample_id]
        skeleton = take_out(messages, shown)
        back = None if skeleton is None else put_back(skeleton, dict(enumerate(shown)))
        rest = "" if skeleton is None else "\n".join([*(str(turn["content"]) for turn in skeleton), answer])
        if skeleton is None or back != messages or remains(shown, rest):
            torn.append(sample_id)
        else:
            prompts.append(skeleton)
    if torn:
        raise TickerTuneError(
            f"{len(torn)} of {len(stage.frame)} prompts hold text in a form that ids cannot bring back, such as {torn[0]}",
            "Build the data set without the recipe's options that rewrite texts inside prompts, or keep it private",
        )
    frame = stage.frame.with_columns(pl.Series("messages", prompts, dtype=stage.frame.schema["messages"]))
    ids = stage.documents.join(texts.drop("text"), on=["doc_id", "revision"]).select(ID_COLUMNS)
    return frame, ids


def _texts_by_sample(stage: Stage, texts: pl.DataFrame) -> dict[str, list[str]]:
    joined = stage.shown.join(texts, on=["doc_id", "revision"], how="left").sort("sample_id", "position")
    if joined["text"].null_count():
        raise TickerTuneError(
            f"{joined['text'].null_count()} documents shown are not in {DOCUMENTS}", "Build the data set again"
        )
    lists = joined.group_by("sample_id", maintain_order=True).agg("text")
    return dict(lists.rows())
