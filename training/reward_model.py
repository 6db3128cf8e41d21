"""A reward model on preference pairs: one number for a prompt with a reply, for best-of-n.

Commands (any key of the recipe can follow as ``--key value``, dotted for nested ones)::

    python -m training.reward_model --config recipes/rationales/reward_model.yaml --dataset RATIONALES --output OUT
    accelerate launch --config_file recipes/accelerate/ddp.yaml -m training.reward_model --config recipes/rationales/reward_model.yaml ...
"""

import sys
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from peft import PeftModel
from transformers import PreTrainedTokenizerBase
from trl import RewardTrainer

from tickertune.core.files import atomic_dir
from tickertune.core.models import model_fingerprint
from tickertune.core.recipe.base import WITHOUT_EFFECT
from tickertune.core.recipe.reward_model import RewardModelConfig
from tickertune.core.reward_model import KIND, RewardModel
from tickertune.core.stage_facts import base_facts
from tickertune.core.tasks import get_task
from training.checkpoints import CompletenessCallback, save_result
from training.held_out_pairs import accuracy_of, simple_rules, split_by_time
from training.log import LogCallback
from training.models import add_adapter, load_rater, load_tokenizer
from training.pairs import Pairs, pairs_info, read_pairs, tokenise_pairs
from training.stage import conclude, main, run_trainer, say
from training.start import base_of, opening
from training.trainer_args import reward_model_args, world_size


def train(config: RewardModelConfig) -> dict[str, Any]:
    """Do the stage, or take it up from the last whole checkpoint.

    Args:
        config: With ``dataset`` (preference pairs) and ``output`` (this stage's folder).

    Returns:
        The facts that are also in ``tickertune.json``; the model is in ``model``, whatever the method.

    Raises:
        TickerTuneError: Something that the user can put right, before anything is trained.
    """
    opened = opening(config)
    dataset, output = opened.dataset, opened.output
    args = reward_model_args(config, output)
    every, pairs_hash = read_pairs(dataset)
    split = None if config.held_out is None else split_by_time(every, config.held_out)
    frame = every if split is None else split.train
    base = base_of(config, opened, args)
    tokenizer = load_tokenizer(base, config.model)
    pairs = tokenise_pairs(frame, tokenizer, config)
    held_out = None if split is None else tokenise_pairs(split.held_out, tokenizer, config)
    dropped = dict(pairs.dropped) | ({} if split is None else {"overlapping": split.overlapping})
    say(
        f"reward_model: {len(pairs)} pairs, {0 if held_out is None else len(held_out)} held out; "
        f"dropped: {', '.join(f'{count} {reason}' for reason, count in dropped.items() if count) or 'none'}"
    )

    model = load_rater(base, config.model, config.method, tokenizer, config.seed)
    if config.method == "lora":
        model = add_adapter(model, config.lora, config.seed)
    log = LogCallback(output / "log.jsonl", "reward_model")
    trainer = RewardTrainer(
        model=model,
        args=args,
        train_dataset=Dataset.from_dict(dict(zip(("chosen_ids", "rejected_ids"), _rated(pairs), strict=True))),
        processing_class=tokenizer,
        callbacks=[CompletenessCallback(), log],
    )
    origin = {
        **config.model_dump(mode="json", exclude=set(WITHOUT_EFFECT)),
        "base": model_fingerprint(base, config.model.revision),
        "pairs_hash": pairs_hash,
        "processes": world_size(),
    }
    run_trainer(trainer, log, origin, output, config)
    save_result(trainer, output / ("model" if config.method == "full" else "adapter"), config.model.dtype)
    facts = {
        "kind": KIND,
        "model": config.model.name,
        **base_facts(base, config.model.revision),
        "max_length": config.max_length,
        "pairs": len(pairs),
        "pairs_hash": pairs_hash,
        "dropped": dropped,
    }
    if trainer.is_world_process_zero():
        if config.method == "lora":
            _merge(output, base, config, tokenizer)
        if split is not None and held_out is not None:
            info = pairs_info(dataset)
            better, worse = _rated(held_out)
            numbers = RewardModel(output / "model").rewards(better + worse)
            judged = split.held_out[held_out.rows]
            days = judged["as_of"].dt.date().to_list()
            facts["held_out"] = {
                "since": split.since.isoformat(),
                **accuracy_of(numbers[: len(better)], numbers[len(better) :], days, info["horizon"] or 1, config.seed),
                "rules": simple_rules(frame[pairs.rows], judged, get_task(info["task"])),
                "dropped": dict(held_out.dropped),
            }
    return conclude(trainer, output, config.method, config.model.dtype, {**facts, "seconds": opened.timer.seconds})


def _rated(pairs: Pairs) -> tuple[list[list[int]], list[list[int]]]:
    """What the model reads of the better and of the worse replies: as ``rated_ids``."""
    better = [prompt + reply for prompt, reply in zip(pairs.prompt_ids, pairs.chosen_ids, strict=True)]
    worse = [prompt + reply for prompt, reply in zip(pairs.prompt_ids, pairs.rejected_ids, strict=True)]
    return better, worse


def _merge(output: Path, base: str, config: RewardModelConfig, tokenizer: PreTrainedTokenizerBase) -> None:
    """Merge ``adapter`` in float32 into the base, round once, and save it as ``model``."""
    rater = load_rater(base, config.model, "full", tokenizer, config.seed)
    merged = PeftModel.from_pretrained(rater, str(output / "adapter")).merge_and_unload()
    with atomic_dir(output / "model") as folder:
        merged.to(getattr(torch, config.model.dtype)).save_pretrained(folder)
        tokenizer.save_pretrained(folder)


if __name__ == "__main__":
    sys.exit(main(RewardModelConfig, train))
