"""The work of ``tickertune protocols replies``: make or read replies, score them, write protocol.json."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from tickertune.cli.checks import check_output
from tickertune.core.errors import TickerTuneError
from tickertune.core.lock import folder_lock
from tickertune.core.recipe import EvalConfig, ModelConfig, parse_config
from tickertune.core.table import write_table

if TYPE_CHECKING:
    from eval.protocols.result import ProtocolResult


def score_replies(
    name: str,
    data: Path,
    output: Path,
    model: str | None,
    adapter: Path | None,
    file: Path | None,
    backend: str,
    resamples: int,
    shots: int | None = None,
    shots_seed: int = 0,
) -> "ProtocolResult":
    """Score the replies of a model, or those of a file, by a protocol; replies.parquet and protocol.json are written.

    Raises:
        TickerTuneError: The protocol's answers are no replies, its split is another data set's, or replies are missing.
    """
    from data_pipeline.dataset import read_info, read_split
    from eval.protocols.generated import generated, read_replies, reply_rows
    from eval.protocols.result import open_protocol, write_result
    from eval.shots import shots_of

    check_output(output)
    values: dict[str, Any] = {"backend": backend, "resamples": resamples}
    if shots is not None:
        values["shots"] = {"count": shots, "seed": shots_seed}
    settings = parse_config(EvalConfig, values, "The command line")
    info = read_info(data)
    if not generated(info.task):
        raise TickerTuneError(
            f"Answers of task {info.task} are scored by label, not generated", "Use: tickertune eval with --protocol"
        )
    samples = read_split(data, settings.split)
    shown = None if settings.shots is None else shots_of(data, settings.shots, samples)
    if shown is not None:
        info = info.model_copy(update={"prompt": {**info.prompt, "shots": len(shown.sample_ids)}})
    opened = open_protocol(name, info, samples, settings.split)
    with folder_lock(output):
        replies = (
            _generate(info.task, samples if shown is None else shown.asked(samples), model, adapter, settings)
            if file is None
            else read_replies(file, samples)
        )
        write_table(replies, output / "replies.parquet", [])
        predictor = (adapter.resolve().name if adapter else "base") if file is None else file.stem
        result = opened.result(reply_rows(opened, info, samples, replies, predictor, settings))
        if shown is not None:
            result = result.model_copy(update={"shots": shown.facts})
        write_result(result, output)
    return result


def _generate(task: str, samples: pl.DataFrame, model: str | None, adapter: Path | None, settings: EvalConfig) -> Any:
    from eval.backends import open_backend
    from eval.checkpoint import base_checkpoint, checkpoint_of, materialise
    from eval.protocols.generated import MAX_TOKENS, encode_prompts, generate_replies

    base = ModelConfig(name=str(model))
    checkpoint = base_checkpoint(base) if adapter is None else checkpoint_of(adapter.resolve().name, adapter, base)
    weights, longest = materialise(checkpoint), MAX_TOKENS[task]
    prompts = encode_prompts(checkpoint.base, checkpoint.revision, samples)
    with open_backend(
        settings.backend,
        weights.model,
        checkpoint.base,
        dtype=settings.dtype,
        batch_size=settings.batch_size,
        max_length=max(map(len, prompts)) + longest,
        adapters=[weights.adapter] if weights.adapter else [],
        revision=weights.revision,
    ) as engine:
        return generate_replies(samples, prompts, engine, longest, weights.adapter)
