"""Supervised fine-tuning on the train split, with a loss on the answers only.

Commands (any key of the recipe can follow as ``--key value``, dotted for nested ones)::

    python -m training.sft --config recipes/demo/sft.yaml --dataset DATA --output OUT --learning_rate 1e-4
    accelerate launch --config_file recipes/accelerate/ddp.yaml -m training.sft --config recipes/demo/sft.yaml ...
"""

import sys
from typing import Any

import polars as pl
from trl import SFTTrainer

from data_pipeline.dataset import read_info
from tickertune.core.recipe import SftConfig
from tickertune.core.recipe.sft import LossWeights
from tickertune.core.stage_facts import base_facts
from tickertune.core.tasks import get_task
from training.checkpoints import CompletenessCallback
from training.examples import Examples, build_examples, train_samples
from training.log import LogCallback
from training.models import add_adapter, end_ids, load_base, load_tokenizer
from training.packing import PackedSFTTrainer, check_isolation, check_packing
from training.preflight import check_template
from training.selection import BEST, selection_of
from training.stage import finish, main, origin, run_trainer, say
from training.start import base_of, opening
from training.trainer_args import sft_args
from training.weighted_sft import WeightedSFTTrainer
from training.weights import loss_weights


def train(config: SftConfig) -> dict[str, Any]:
    """Do the SFT stage, or take it up from the last whole checkpoint.

    Args:
        config: With ``dataset`` (the data stage's folder) and ``output`` (this stage's folder).

    Returns:
        The facts that are also in ``tickertune.json``.

    Raises:
        TickerTuneError: Something that the user can put right, before anything is trained.
    """
    opened = opening(config)
    dataset, output = opened.dataset, opened.output
    args = sft_args(config, output)
    info = read_info(dataset)
    task = get_task(info.task)
    samples = train_samples(dataset)
    base = base_of(config, opened, args)
    check_packing(config, base)
    tokenizer = load_tokenizer(base, config.model)
    examples = build_examples(samples, tokenizer, task, config)
    check_template(samples.row(0, named=True), tokenizer, task, end_ids(base, config.model, tokenizer))
    _say_what_is_read(examples, config)

    model = load_base(base, config.model, config.method)
    if config.packing:
        check_isolation(model)
    if config.method != "full":
        model = add_adapter(model, config.lora, config.seed)
    log = LogCallback(output / "log.jsonl", "sft")
    selection = selection_of(config, config.batch_size, dataset, output, tokenizer, task)
    weights = _weights_of(examples, samples, config)
    plain = PackedSFTTrainer if config.packing else SFTTrainer
    trainer = (plain if weights is None else WeightedSFTTrainer)(
        model=model,
        args=args,
        train_dataset=examples.dataset(weights),
        processing_class=tokenizer,
        callbacks=[CompletenessCallback(), log, *([selection] if selection else [])],
    )
    if selection is not None:
        selection.trainer = trainer
    run_trainer(trainer, log, origin(config, info, samples, base), output, config)
    facts = {
        "model": config.model.name,
        **base_facts(base, config.model.revision),
        "samples": len(examples),
        "dropped": dict(examples.dropped),
        "truncated": examples.truncated,
        "seconds": opened.timer.seconds,
    }
    if selection is None:
        return finish(trainer, output, config.method, config.model.dtype, facts)
    facts |= {"selected_by": selection.by, "selected": selection.best}
    return finish(trainer, output, config.method, config.model.dtype, facts, output / BEST)


def _weights_of(examples: Examples, samples: pl.DataFrame, config: SftConfig) -> list[float] | None:
    """Weights of the examples in the loss, in their order; None where all count alike."""
    if config.loss_weights == LossWeights():
        return None
    rows = pl.DataFrame({"sample_id": examples.sample_ids})
    chosen = rows.join(samples, on="sample_id", how="left", maintain_order="left")
    return list(loss_weights(chosen, config.loss_weights))


def _say_what_is_read(examples: Examples, config: SftConfig) -> None:
    dropped = ", ".join(f"{count} {reason}" for reason, count in examples.dropped.items() if count)
    tokens = examples.tokens * config.epochs
    say(
        f"sft: {len(examples)} samples, {tokens:,.0f} tokens in {config.epochs:g} epoch(s); dropped: {dropped or 'none'}"
    )


if __name__ == "__main__":
    sys.exit(main(SftConfig, train))
