"""DPO on preference pairs, from an SFT adapter.

Commands (any key of the recipe can follow as ``--key value``, dotted for nested ones)::

    python -m training.dpo --config recipes/rationales/dpo.yaml --dataset RATIONALES --init SFT --output OUT --beta 0.2
    accelerate launch --config_file recipes/accelerate/ddp.yaml -m training.dpo --config recipes/rationales/dpo.yaml ...
"""

import sys
from typing import Any

import torch
from trl import DPOTrainer

from tickertune.core.errors import TickerTuneError
from tickertune.core.models import model_fingerprint
from tickertune.core.recipe.base import WITHOUT_EFFECT
from tickertune.core.recipe.dpo import DpoConfig
from tickertune.core.stage_facts import base_facts
from training.checkpoints import CompletenessCallback
from training.log import LogCallback
from training.models import add_adapter, load_adapter, load_base, load_tokenizer
from training.pairs import read_pairs, tokenise_pairs
from training.stage import finish, main, run_trainer, say
from training.start import base_of, opening
from training.trainer_args import dpo_args, world_size


class TokenisedDPOTrainer(DPOTrainer):  # type: ignore[misc]
    """``DPOTrainer`` on pairs that are tokenised already, as SFT and generation read them, with the dropout of the trained adapter.

    TRL's own preparation renders prompt and reply in one, which lets some templates add tokens after the end of the turn. It also
    switches off all dropout without a word: here the base model and the reference stay without it, and the trained adapter has what its
    configuration says.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        adapted = self.accelerator.unwrap_model(self.model)
        name = adapted.active_adapter
        for path, module in adapted.named_modules():
            if path.endswith(f"lora_dropout.{name}") and isinstance(module, torch.nn.Dropout):
                module.p = adapted.peft_config[name].lora_dropout

    def _prepare_dataset(self, dataset: Any, *args: Any, **kwargs: Any) -> Any:
        return dataset


def train(config: DpoConfig) -> dict[str, Any]:
    """Do the DPO stage, or take it up from the last whole checkpoint.

    Args:
        config: With ``dataset`` (preference pairs), ``output`` (this stage's folder) and, to start from it, ``init`` (the SFT
            stage's folder).

    Returns:
        The facts that are also in ``tickertune.json``.

    Raises:
        TickerTuneError: Something that the user can put right, before anything is trained.
    """
    opened = opening(config)
    dataset, output, start = opened.dataset, opened.output, opened.start
    if start.method == "full":
        raise TickerTuneError(
            f"{config.init} holds fully trained weights, and DPO trains an adapter against its frozen copy",
            f"Leave init out and set model.name to {start.weights}: a new adapter is trained on it",
        )
    args = dpo_args(config, output)
    frame, pairs_hash = read_pairs(dataset)
    base = base_of(config, opened, args)
    tokenizer = load_tokenizer(base, config.model)
    pairs = tokenise_pairs(frame, tokenizer, config)
    dropped = ", ".join(f"{count} {reason}" for reason, count in pairs.dropped.items() if count)
    say(f"dpo: {len(pairs)} pairs; dropped: {dropped or 'none'}")

    model = load_base(base, config.model, start.method)
    if start.weights is None:
        model = add_adapter(model, config.lora, config.seed)
    else:
        model = load_adapter(model, start.weights)
    log = LogCallback(output / "log.jsonl", "dpo")
    # Without a reference model TRL adds a frozen copy of the adapter, "ref", and compares with that.
    trainer = TokenisedDPOTrainer(
        model=model,
        args=args,
        train_dataset=pairs.dataset(),
        processing_class=tokenizer,
        callbacks=[CompletenessCallback(), log],
    )
    origin = {
        **config.model_dump(mode="json", exclude=set(WITHOUT_EFFECT)),
        "base": model_fingerprint(base, config.model.revision),
        "init": None if start.weights is None else model_fingerprint(str(start.weights)),
        "pairs_hash": pairs_hash,
        "processes": world_size(),
    }
    run_trainer(trainer, log, origin, output, config)
    facts = {
        "model": config.model.name,
        **base_facts(base, config.model.revision),
        "pairs": len(pairs),
        "pairs_hash": pairs_hash,
        "dropped": dict(pairs.dropped),
        "seconds": opened.timer.seconds,
    }
    return finish(trainer, output, start.method, config.model.dtype, facts)


if __name__ == "__main__":
    sys.exit(main(DpoConfig, train))
