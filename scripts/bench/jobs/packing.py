"""SFT of packed samples beside padded ones, in tokens of samples (padding is none) per second of processor time.

The train split that ``recipes/stocknet`` builds from TICKERTUNE_DATA (once, into runs/bench), with the recipe's settings: rows of at most 384
tokens, batches of 16 samples in random order, as a user gets them; grouping by length, which also saves padding, is not compared. The model is the first 6
of SmolLM2-135M's 30 equal layers with LoRA in float32. Packed batches hold as many tokens as padded ones. ``packed_rows`` attends over
whole rows, as was done before samples attended by themselves. ``trl_padded`` and ``trl_packed`` are TRL alone with the same arguments and its own choice of
attention. How much padding there is to save: scripts/packing_bound.py.
"""

import hashlib
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any
from unittest.mock import patch

PROGRAMS = ("packed", "padded", "packed_rows", "trl_packed", "trl_padded")
TARGET = 2.2
ROOT = Path(__file__).parents[3]
LAYERS = 6
BATCH = {"padded": 16, "packed": 8}
"""Samples of a padded batch; rows of a packed one, which hold two samples on average."""
TOKENS = 6_000
"""Read by one measurement."""


def run(name: str) -> dict[str, Any]:
    """Measure one program in this process."""
    import torch

    from data_pipeline.build import build
    from data_pipeline.dataset import read_split
    from tickertune.core.recipe import MovementDataConfig, SftConfig, load_config
    from tickertune.core.tasks import get_task
    from training.examples import build_examples
    from training.models import load_tokenizer

    torch.set_num_threads(1)
    data = ROOT / "runs" / "bench" / "stocknet"
    if not (data / "dataset").is_dir():
        build(load_config(MovementDataConfig, ROOT / "recipes" / "stocknet" / "data.yaml"), data)
    program = name.removeprefix("trl_").removesuffix("_rows")
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        config = load_config(SftConfig, ROOT / "recipes" / "stocknet" / "sft.yaml").model_copy(
            update={
                "model": _first_layers(folder / "model"), "dataset": data, "output": folder / "out", "token_budget": TOKENS,
                "batch_size": BATCH[program], "packing": program == "packed", "tracking": "none",
            }
        )  # fmt: skip
        tokenizer = load_tokenizer(str(folder / "model"), config.model)
        examples = build_examples(read_split(data, "train"), tokenizer, get_task("movement"), config)
        seconds = _trl(config, tokenizer, examples) if name.startswith("trl_") else _ours(config, name == "packed_rows")
    return {
        "rate": examples.tokens / seconds, "unit": "tokens", "cpu": seconds, "samples": len(examples),
        "input": hashlib.sha256(repr(examples.input_ids).encode()).hexdigest(),
    }  # fmt: skip


def _first_layers(folder: Path) -> Any:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from tickertune.core.models import resolve_model
    from tickertune.core.recipe import ModelConfig

    base = resolve_model(ModelConfig(name="smollm2-135m"))
    AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32, num_hidden_layers=LAYERS).save_pretrained(folder)
    AutoTokenizer.from_pretrained(base).save_pretrained(folder)
    return ModelConfig(name=str(folder), dtype="float32")


def _ours(config: Any, whole_rows: bool) -> float:
    import training.packing
    import training.sft as stage

    attention = nullcontext if whole_rows else training.packing.by_documents
    spent: list[float] = []
    run_trainer = stage.run_trainer

    def timed(*given: Any) -> None:
        start = time.process_time()
        run_trainer(*given)
        spent.append(time.process_time() - start)

    with patch.object(stage, "run_trainer", timed), patch.object(training.packing, "by_documents", attention):
        stage.train(config)
    return spent[0]


def _trl(config: Any, tokenizer: Any, examples: Any) -> float:
    import torch
    from transformers import AutoModelForCausalLM
    from trl_alone import sft

    from training.models import add_adapter
    from training.trainer_args import sft_args

    model = AutoModelForCausalLM.from_pretrained(config.model.name, dtype=torch.float32)
    trainer = sft(
        add_adapter(model, config.lora, config.seed), tokenizer, sft_args(config, config.output), examples.dataset()
    )
    start = time.process_time()
    trainer.train()
    return time.process_time() - start


def misses(medians: dict[str, float], raw: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Say where packing gains less than it should."""
    for other in ("padded", "packed_rows", "trl_packed", "trl_padded"):
        print(f"\npacked reads {medians['packed'] / medians[other]:.2f} times as many tokens a second as {other}")
    gain = medians["packed"] / medians["padded"]
    return [] if gain >= TARGET else [f"packed is {gain:.2f} times as fast as padded, target {TARGET}"]
