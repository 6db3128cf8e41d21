"""All that can be said of a stage whose data set is there."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from data_pipeline.dataset import read_info, read_split
from tickertune.core.errors import TickerTuneError
from tickertune.core.models import resolve_model
from tickertune.core.prompting import completion_ids
from tickertune.core.recipe import GrpoConfig, SftConfig
from tickertune.core.tasks import LabelTask, get_task
from training.examples import build_examples, train_samples
from training.models import Method, end_ids, load_tokenizer
from training.packing import check_packing, pack
from training.preflight.batches import grpo_shape, sft_shape
from training.preflight.lengths import grpo_lengths, sft_lengths
from training.preflight.memory import available_bytes, estimate
from training.preflight.template import check_template, first_reading
from training.prompts import check_completion_length


def look(config: SftConfig | GrpoConfig, dataset: Path, processes: int, method: Method) -> dict[str, Any]:
    """Look at a stage: ``lengths`` by split, ``batches``, ``memory``, ``available`` bytes, ``reading`` of the first sample.

    Args:
        config: The stage.
        dataset: The data stage's folder.
        processes: How many will work together.
        method: How the weights are trained; GRPO goes on with SFT's.

    Raises:
        TickerTuneError: The template cannot be trained on, no example is left, a row would train nothing or never end, or
            the model's context is shorter than the rows.
    """
    base = resolve_model(config.model)
    tokenizer, task = load_tokenizer(base, config.model), get_task(read_info(dataset).task)
    samples = train_samples(dataset)
    splits = {"train": samples, **{split: read_split(dataset, split) for split in ("validation", "test")}}
    if samples.is_empty():
        raise TickerTuneError("The train split is empty", "Build a data set with training samples")
    sample = samples.row(0, named=True)
    check_template(sample, tokenizer, task, end_ids(base, config.model, tokenizer))
    if isinstance(config, SftConfig):
        lengths = [sft_lengths(rows, split, tokenizer, task, config) for split, rows in splits.items() if len(rows)]
        check_packing(config, base)
        masks = build_examples(samples, tokenizer, task, config).completion_mask
        if config.packing:
            masks = pack(masks, config.max_length)
        batches = sft_shape(config, len(masks), processes)
        longest, scored = max(map(len, masks)), max(map(sum, masks))
    else:
        check_completion_length(tokenizer, task, config.max_completion_length)
        lengths = [grpo_lengths(rows, split, tokenizer, config) for split, rows in splits.items() if len(rows)]
        batches = grpo_shape(config, processes)
        longest = min(lengths[0].most, config.max_prompt_length) + config.max_completion_length
        scored = config.max_completion_length
    for row in lengths:
        if row.no_end or row.masked:
            raise TickerTuneError(
                f"Of {row.rows} rows of {row.split}, {row.no_end} do not end their turn and {row.masked} train nothing",
                "Correct the task's answers or the tokenizer's end token",
            )
    memory = estimate(config, base, method, batches.micro, longest, scored)
    return {
        "lengths": [{name: value for name, value in asdict(row).items() if name != "stage"} for row in lengths],
        "batches": asdict(batches),
        "memory": asdict(memory) | {"total": memory.total},
        "available": available_bytes(),
        "reading": asdict(first_reading(sample, tokenizer, task)) if isinstance(config, SftConfig) else None,
        "answer_tokens": {label: len(completion_ids(tokenizer, task, label)) for label in task.labels}
        if isinstance(task, LabelTask)
        else {},
    }
