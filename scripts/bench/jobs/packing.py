"""SFT of packed samples beside padded ones, in tokens of samples (padding is none) per second of processor time.

The train splits of ``recipes/stocknet`` (tweets; built from TICKERTUNE_DATA once, into runs/bench) and ``recipes/multitask`` (sentences, tweets and whole
articles; runs/multitask-data, by the commands of its data.yaml), with the recipes' settings; batches in random order, as a user gets them; grouping by length, which
also saves padding, is not compared. A packed batch holds as many samples as a padded one, on average. The model is the first 6 of SmolLM2-135M's 30 equal
layers with LoRA in float32. ``trl_padded`` is TRL alone with the same arguments and its own choice of attention; on articles its scores of the whole
vocabulary at each position of a padded batch do not fit into memory. ``bound`` is counted, not timed: what padded batches of the whole split read over what
packed rows read (scripts/packing_bound.py); packing cannot gain more as long as time goes by tokens.
"""

import hashlib
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

TARGET = 2.2
ROOT = Path(__file__).parents[3]
LAYERS = 6


@dataclass(frozen=True)
class Split:
    """A recipe whose train split is measured."""

    data: Path
    padded: int
    """Samples of a padded batch."""
    packed: int
    """Rows of a packed one."""
    tokens: int
    """Read by one measurement."""
    trl: bool


SPLITS = {
    "stocknet": Split(ROOT / "runs" / "bench" / "stocknet", padded=16, packed=8, tokens=6_000, trl=True),
    "multitask": Split(ROOT / "runs" / "multitask-data", padded=8, packed=1, tokens=16_000, trl=False),
}
PROGRAMS = tuple(SPLITS)


def run(name: str) -> dict[str, Any]:
    """Measure packed, padded and, where it fits, TRL's padded SFT in this process, after a step that warms up."""
    import torch
    from small_model import first_layers

    from data_pipeline.dataset import read_info, read_split
    from scripts.packing_bound import shares
    from tickertune.core.recipe import SftConfig, load_config
    from tickertune.core.tasks import get_task
    from training.examples import build_examples, tokenise
    from training.models import load_tokenizer

    torch.set_num_threads(1)
    split = SPLITS[name]
    if name == "stocknet":
        _build_stocknet(split.data)
    samples, task = read_split(split.data, "train"), get_task(read_info(split.data).task)
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        recipe = load_config(SftConfig, ROOT / "recipes" / name / "sft.yaml")
        config = recipe.model_copy(
            update={
                "model": first_layers(folder / "model", LAYERS), "dataset": split.data, "token_budget": split.tokens,
                "tracking": "none",
            }
        )  # fmt: skip
        tokenizer = load_tokenizer(str(folder / "model"), config.model)
        lengths = list(map(len, tokenise(samples, tokenizer, task, config.max_length).input_ids))
        examples = build_examples(samples, tokenizer, task, config)
        bounds = {
            "bound": shares(lengths, split.padded, config.max_length)["bound"],
            "bound_here": shares(list(map(len, examples.input_ids)), split.padded, config.max_length)["bound"],
        }

        def of(program: str, budget: int = split.tokens) -> Any:
            packed = program == "packed"
            changes = {
                "batch_size": split.packed if packed else split.padded,
                "packing": packed,
                "token_budget": budget,
            }
            return config.model_copy(update={**changes, "output": folder / f"{program}-{budget}"})

        _ours(of("padded", split.tokens // 10))
        seconds = {"packed": _ours(of("packed")), "padded": _ours(of("padded"))}
        if split.trl:
            seconds["trl_padded"] = _trl(of("padded"), tokenizer, examples, folder / "trl")
    return {
        f"{name} {program}": {
            "rate": examples.tokens / spent, "unit": "tokens", "cpu": spent, "samples": len(examples), **bounds,
            "input": hashlib.sha256(repr(examples.input_ids).encode()).hexdigest(),
        }
        for program, spent in seconds.items()
    }  # fmt: skip


def unready() -> str | None:
    """What has to be made first, and how: the mixture is built from sets that are built by commands of their own."""
    data = SPLITS["multitask"].data
    if (data / "dataset").is_dir():
        return None
    return (
        f"{data.relative_to(ROOT)} is not built; run the commands at the head of recipes/multitask/data.yaml in {ROOT}"
    )


def _build_stocknet(data: Path) -> None:
    from data_pipeline.build import build
    from tickertune.core.recipe import MovementDataConfig, load_config

    if not (data / "dataset").is_dir():
        build(load_config(MovementDataConfig, ROOT / "recipes" / "stocknet" / "data.yaml"), data)


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
    """Say where packing gains less than it should, and the most that it could: the target is for the recipe that packs."""
    found = []
    for name in SPLITS:
        packed = medians[f"{name} packed"]
        gain, first = packed / medians[f"{name} padded"], raw[f"{name} packed"][0]
        print(
            f"\n{name}: packed reads {gain:.2f} times as many tokens of samples a second as padded; by tokens read it can be "
            f"{first['bound']:.2f} on this split, {first['bound_here']:.2f} on the samples that were read"
        )
        if SPLITS[name].trl:
            print(f"and {packed / medians[f'{name} trl_padded']:.2f} times as many as TRL alone, padded")
        if first["bound"] < TARGET:
            print(f"the target of {TARGET} is out of reach by that count, and not judged here")
        elif gain < TARGET:
            found.append(f"{name}: packed is {gain:.2f} times as fast as padded, target {TARGET}")
    return found
