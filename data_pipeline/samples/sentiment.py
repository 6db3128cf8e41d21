"""Sentiment samples: a mixture of labelled sets, with nothing of the test texts left in training."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from data_pipeline.curation.deduplication.words import words_of
from data_pipeline.curation.drops import Drop, drops_frame
from data_pipeline.curation.filters.decontamination import contaminated
from data_pipeline.curation.filters.normalise import normalise_text
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import sha256_text
from tickertune.core.recipe import DecontaminationConfig, SentimentDataConfig, SentimentSetConfig
from tickertune.core.sample import Sample
from tickertune.core.table import check_table, schema_of
from tickertune.core.tasks import HeadlineTask, HeadlineView, Task, Template, get_task

Part = Literal["train", "test"]
Reader = Callable[[SentimentSetConfig, Part, str], pl.DataFrame]
"""From a set, its part and the task to rows of text, label (null: it cannot be stated), row_id (unique over all sets) and
question (empty but for tasks that ask one)."""
CONTAMINATED = "same_text_as_test"
REMOVED, LEFT_IN = "contaminated", "left_in_though_like"
"""Prefixes of the counts of training texts that overlap with a set's texts: dropped, or only counted."""


@dataclass(frozen=True)
class SentimentSamples:
    """Samples and what was left out of them."""

    frame: pl.DataFrame
    """``Sample`` rows; those of a set with ``repeat`` stand in train that many times."""
    drops: pl.DataFrame
    counts: dict[str, int]
    template: Template
    """How the prompts were rendered."""


def sentiment_samples(
    config: SentimentDataConfig, read: Reader, evaluation: pl.DataFrame | None = None
) -> SentimentSamples:
    """Build the samples of a recipe.

    A training text with the same words as a test text is dropped, by the key that finds exact duplicates in news.
    One that shares a run of words or nearly all word pairs with a test text or a text of ``evaluation`` (``set``,
    ``text_id``, ``text``) is dropped where the recipe has a ``decontamination`` block, and counted where not.
    The validation part is drawn by the hash of the text, so that equal texts stay on one side, and is not repeated.

    Raises:
        TickerTuneError: A set stands twice in a part, or no training text is left.
    """
    task = get_task(config.task)
    template = task.load(config.template)
    test, unstated = _rows(config, "test", read)
    train, more = _rows(config, "train", read)
    held = test.group_by("words").agg(pl.col("doc_id").min().alias("survivor"))
    same = train.join(held, on="words").sort("doc_id")
    train = train.join(held, on="words", how="anti")
    near = contaminated(
        train.select("text", row_id="doc_id"),
        pl.concat(
            [
                test.select(set=pl.lit("test"), text_id="doc_id", text="text"),
                *([] if evaluation is None else [evaluation]),
            ]
        ),
        config.decontamination or DecontaminationConfig(),
    )
    if config.decontamination:
        train = train.join(near, left_on="doc_id", right_on="row_id", how="anti", maintain_order="left")
    if train.is_empty():
        raise TickerTuneError(
            f"All {len(same) + len(near)} training texts are test texts too, or nearly",
            "Train on other sets than those tested on",
        )
    draw = pl.Series([_share(f"{config.seed}:{key}") for key in train["key"]], dtype=pl.Float64)
    train = train.with_columns(
        split=pl.when(draw < config.validation_share).then(pl.lit("validation")).otherwise(pl.lit("train"))
    )
    copies = (
        train.with_columns(copy=pl.int_ranges(pl.when(pl.col("split") == "train").then("repeat").otherwise(1)))
        .explode("copy")
        .with_columns(sample_id=pl.format("{}#{}", "doc_id", "copy"))
    )
    rows = [
        *copies.select("sample_id", "doc_id", "text", "question", "label", "split").iter_rows(named=True),
        *test.select("doc_id", "text", "question", "label", sample_id="doc_id", split=pl.lit("test")).iter_rows(
            named=True
        ),
    ]
    frame = pl.DataFrame([_record(task, template, row) for row in rows], schema=schema_of(Sample))
    counts = {
        "train_texts": len(train),
        "test_texts": len(test),
        "repeated_rows": len(copies) - len(train),
        CONTAMINATED: len(same),
        **{
            f"{REMOVED if config.decontamination else LEFT_IN}_{name}": n
            for name, n in near["set"].value_counts().sort("set").rows()
        },
        **({"answers_that_cannot_be_stated": unstated + more} if unstated + more else {}),
    }
    drops = [
        Drop(doc_id, 0, CONTAMINATED, survivor, "") for doc_id, survivor in same.select("doc_id", "survivor").rows()
    ]
    if config.decontamination:
        rows_near = near.select("row_id", "set", "text_id", "overlap", "size").rows()
        drops += [Drop(row, 0, REMOVED, text, f"{name}: {how} {size:g}") for row, name, text, how, size in rows_near]
    return SentimentSamples(check_table(frame, Sample, "The table of samples"), drops_frame(drops), counts, template)


def _rows(config: SentimentDataConfig, part: Part, read: Reader) -> tuple[pl.DataFrame, int]:
    """Rows of all sets: doc_id, text, question, label, repeat, key (normalised text), words (what reposts share).

    And how many rows were left out since the answer's grammar cannot state their label.
    """
    tables, unstated = [], 0
    for block in config.train if part == "train" else config.test:
        rows = read(block, block.part or part, config.task).rename({"row_id": "doc_id"})
        unstated += rows["label"].null_count()
        rows = rows.drop_nulls("label")
        if block.limit is not None or block.skip:
            order = [sha256_text(f"{config.seed}:{doc_id}") for doc_id in rows["doc_id"]]
            rows = (
                rows.with_columns(pl.Series("order", order)).sort("order").slice(block.skip, block.limit).drop("order")
            )
        if rows.is_empty():
            raise TickerTuneError(
                f"Set {block.name} has no row for {part} after skip: {block.skip}", "Lower skip, or leave the set out"
            )
        tables.append(rows.with_columns(repeat=pl.lit(block.repeat, dtype=pl.Int64)))
    table = pl.concat(tables)
    if table["doc_id"].is_duplicated().any():
        raise TickerTuneError(f"A sentiment set stands twice in {part}", "Name each set once and use repeat")
    keys = pl.Series([_key(text) for text in table["text"]], dtype=pl.String)
    return table.with_columns(key=keys, words=_words(keys)), unstated


def _key(text: str) -> str:
    """What two texts share that are the same but for case and the form of characters and spaces."""
    return normalise_text(text).casefold()


def _words(keys: pl.Series) -> pl.Series:
    """The words of texts, without punctuation, links and the marks of a repost; a text without words stands for itself."""
    words = words_of(keys).list.join(" ")
    return words.zip_with(words != "", keys)


def _share(text: str) -> float:
    """Uniform number in [0, 1) from a text's hash."""
    return int(sha256_text(text)[:13], 16) / 16**13


def _record(task: Task, template: Template, row: dict[str, Any]) -> dict[str, Any]:
    view = HeadlineView(row["text"], row["question"]) if isinstance(task, HeadlineTask) else row["text"]
    return {
        "sample_id": row["sample_id"],
        "task": task.name,
        "doc_ids": [row["doc_id"]],
        "messages": [message.model_dump() for message in task.messages(view, template)],
        "answer": task.answer(row["label"]),
        "label": row["label"],
        "split": row["split"],
        "weight": 1.0,
        "provenance": template.hash[:16],
    }
