"""SFT of packed samples beside padded ones, in tokens of samples (padding is none) per second of processor time.

The train split that ``recipes/stocknet`` builds from TICKERTUNE_DATA (once, into runs/bench), with the recipe's settings: rows of at most 384
tokens, batches of 16 samples in random order, as a user gets them; grouping by length, which also saves padding, is not compared. The model is the first 6
of SmolLM2-135M's 30 equal layers with LoRA in float32. Packed batches hold as many tokens as padded ones. ``trl_padded`` is TRL alone with the
same arguments and its own choice of attention. ``bound`` is counted, not timed: what padded batches of the whole split read over what packed rows
read (scripts/packing_bound.py); packing cannot gain more as long as time goes by tokens.
"""

import hashlib
import tempfile
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

PROGRAMS = ("in_turns",)
TARGET = 2.2
ROOT = Path(__file__).parents[3]
LAYERS = 6
BATCH = {"padded": 16, "packed": 8}
"""Samples of a padded batch; rows of a packed one, which hold two samples on average."""
TOKENS = 6_000
"""Read by one measurement."""


def run(name: str) -> dict[str, Any]:
    """Measure packed, padded and TRL's padded SFT in this process, after a step that warms up."""
    import torch
    from small_model import first_layers

    from data_pipeline.build import build
    from data_pipeline.dataset import read_split
    from scripts.packing_bound import shares
    from tickertune.core.recipe import MovementDataConfig, SftConfig, load_config
    from tickertune.core.tasks import get_task
    from training.examples import build_examples, tokenise
    from training.models import load_tokenizer

    torch.set_num_threads(1)
    data = ROOT / "runs" / "bench" / "stocknet"
    if not (data / "dataset").is_dir():
        build(load_config(MovementDataConfig, ROOT / "recipes" / "stocknet" / "data.yaml"), data)
    samples, task = read_split(data, "train"), get_task("movement")
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        recipe = load_config(SftConfig, ROOT / "recipes" / "stocknet" / "sft.yaml")
        config = recipe.model_copy(
            update={
                "model": first_layers(folder / "model", LAYERS), "dataset": data, "token_budget": TOKENS, "tracking": "none",
            }
        )  # fmt: skip
        tokenizer = load_tokenizer(str(folder / "model"), config.model)
        lengths = list(map(len, tokenise(samples, tokenizer, task, config.max_length).input_ids))
        bound = shares(lengths, recipe.batch_size, config.max_length)["bound"]
        examples = build_examples(samples, tokenizer, task, config)

        def of(program: str, budget: int = TOKENS) -> Any:
            changes = {"batch_size": BATCH[program], "packing": program == "packed", "token_budget": budget}
            return config.model_copy(update={**changes, "output": folder / f"{program}-{budget}"})

        _ours(of("padded", TOKENS // 10))
        seconds = {
            "packed": _ours(of("packed")), "padded": _ours(of("padded")),
            "trl_padded": _trl(of("padded"), tokenizer, examples, folder / "trl"),
        }  # fmt: skip
    return {
        program: {
            "rate": examples.tokens / spent, "unit": "tokens", "cpu": spent, "samples": len(examples), "bound": bound,
            "input": hashlib.sha256(repr(examples.input_ids).encode()).hexdigest(),
        }
        for program, spent in seconds.items()
    }  # fmt: skip


def _ours(config: Any) -> float:
    import training.sft as stage

    spent: list[float] = []
    run_trainer = stage.run_trainer

    def timed(*given: Any) -> None:
        start = time.process_time()
        run_trainer(*given)
        spent.append(time.process_time() - start)

    with patch.object(stage, "run_trainer", timed):
        stage.train(config)
    return spent[0]


def _trl(config: Any, tokenizer: Any, examples: Any, output: Path) -> float:
    import torch
    from transformers import AutoModelForCausalLM
    from trl_alone import sft

    from training.models import add_adapter
    from training.trainer_args import sft_args

    model = AutoModelForCausalLM.from_pretrained(config.model.name, dtype=torch.float32)
    trainer = sft(add_adapter(model, config.lora, config.seed), tokenizer, sft_args(config, output), examples.dataset())
    start = time.process_time()
    trainer.train()
    return time.process_time() - start


def misses(medians: dict[str, float], raw: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Say where packing gains less than it should, and the most that it could."""
    gain, bound = medians["packed"] / medians["padded"], raw["packed"][0]["bound"]
    print(
        f"\npacked reads {gain:.2f} times as many tokens of samples a second as padded (target {TARGET}; by tokens read it can be {bound:.2f} on this "
        f"split), and {medians['packed'] / medians['trl_padded']:.2f} times as many as TRL alone, padded"
    )
    if gain >= TARGET:
        return []
    return [f"packed is {gain:.2f} times as fast as padded, target {TARGET} (by tokens read at most {bound:.2f})"]
