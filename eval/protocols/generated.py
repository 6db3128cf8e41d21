"""Protocols whose answers are generated: replies from an engine or a file, read by the task, measured."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from data_pipeline.dataset import DatasetInfo
from eval.backends import Backend
from eval.backends.base import Tokens
from eval.metrics import MetricRow
from eval.protocols.features import REPLY_TASKS, reply_features
from eval.protocols.measures import measured
from eval.protocols.result import OpenProtocol
from eval.tokenizer import load_tokenizer
from tickertune.core.errors import TickerTuneError
from tickertune.core.prompting import prompt_ids
from tickertune.core.recipe import EvalConfig
from tickertune.core.table import read_parquet
from tickertune.core.tasks import get_task

REPLIES_SCHEMA = pl.Schema({"sample_id": pl.String, "reply": pl.String, "finished": pl.Boolean})
MAX_TOKENS = {"entities": 128, "relations": 256, "forecaster": 512}
"""Longest reply by task, in tokens."""


def generated(task_name: str) -> bool:
    """Whether a task's answers have to be generated."""
    return task_name in REPLY_TASKS


def encode_prompts(tokenizer_source: str, revision: str | None, samples: pl.DataFrame) -> list[Tokens]:
    """Token ids of the prompts of ``Sample`` rows, up to where the reply starts."""
    tokenizer = load_tokenizer(tokenizer_source, revision)
    return [prompt_ids(tokenizer, messages) for messages in samples["messages"].to_list()]


def generate_replies(
    samples: pl.DataFrame, prompts: Sequence[Tokens], backend: Backend, max_tokens: int, adapter: Path | None = None
) -> pl.DataFrame:
    """Greedy replies to ``Sample`` rows: a table of ``REPLIES_SCHEMA`` in their order."""
    completions = [one for (one,) in backend.generate(prompts, max_tokens, adapter=adapter)]
    return pl.DataFrame(
        {
            "sample_id": samples["sample_id"],
            "reply": [completion.text for completion in completions],
            "finished": [completion.finished for completion in completions],
        },
        schema=REPLIES_SCHEMA,
    )


def read_replies(path: Path, samples: pl.DataFrame) -> pl.DataFrame:
    """Read replies made elsewhere, one for each sample, in the samples' order.

    Raises:
        TickerTuneError: The file lacks a column, a sample has no reply, or several.
    """
    table = read_parquet(path) if path.suffix == ".parquet" else _read_lines(path)
    if missing := [name for name in ("sample_id", "reply") if name not in table.columns]:
        raise TickerTuneError(f"File {path} lacks the column(s) {', '.join(missing)}", "Give sample_id and reply")
    if "finished" not in table.columns:
        table = table.with_columns(finished=pl.lit(True))
    if (twice := table.filter(pl.col("sample_id").is_duplicated())).height:
        raise TickerTuneError(f"File {path} has several replies to sample {twice['sample_id'][0]}", "Give one a sample")
    joined = samples.select("sample_id").join(
        table.select(list(REPLIES_SCHEMA)), on="sample_id", how="left", maintain_order="left"
    )
    lacking = joined.filter(pl.col("reply").is_null())
    if lacking.height:
        raise TickerTuneError(
            f"File {path} has no reply to {lacking.height:,} of {samples.height:,} samples, such as {lacking['sample_id'][0]}",
            'Give one for each; an empty text ("") says that the model said nothing',
        )
    return joined.cast(REPLIES_SCHEMA)


def _read_lines(path: Path) -> pl.DataFrame:
    if not path.is_file():
        raise TickerTuneError(f"File {path} does not exist", "Correct the path")
    try:
        return pl.read_ndjson(path)
    except pl.exceptions.PolarsError as error:
        raise TickerTuneError(
            f"File {path} is not JSON by lines ({str(error).splitlines()[0]})",
            "Write one JSON object a line, or parquet",
        ) from error


def reply_rows(
    opened: OpenProtocol, info: DatasetInfo, samples: pl.DataFrame, replies: pl.DataFrame, name: str, config: EvalConfig
) -> list[MetricRow]:
    """The protocol's metrics of one predictor's replies, part by part, with the share of replies that were read.

    Args:
        opened: The protocol.
        info: What the data set says of itself.
        samples: ``Sample`` rows of the split.
        replies: ``REPLIES_SCHEMA``, in the samples' order.
        name: Name of the predictor.
        config: Draws, block length and seed.
    """
    task, horizon = get_task(info.task), info.horizon or 1
    rows: list[MetricRow] = []
    for check in opened.checks:
        own = opened.samples(check.part, samples.with_columns(replies["reply"], replies["finished"]))
        features = reply_features(
            task, own["label"].to_list(), own["answer"].to_list(), own.select("reply", "finished")
        )
        clusters = own.select(pl.coalesce(pl.col("session").dt.to_string("iso"), "sample_id")).to_series().to_list()
        sums = features.drop("outcome")
        rows += measured(sums, clusters, opened.protocol.metrics, config, check.part, name, horizon)
        unread = float((features["outcome"] != "label").mean() or 0.0)  # type: ignore[arg-type]
        rows.append(
            MetricRow(
                world=check.part,
                checkpoint=name,
                metric="unparsed_share",
                value=unread,
                n=own.height,
                days=len(set(clusters)),
            )
        )
    return rows
