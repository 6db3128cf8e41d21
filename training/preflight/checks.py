"""Checks before a training stage starts, so that what must fail fails before a model is loaded."""

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

import torch

from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import GrpoConfig, ModelConfig, RationalesConfig, StageConfig
from training.models import Method

ADAPTER_BYTES = 500_000_000
"""Room for an adapter and its checkpoints."""
FULL_FACTOR = 10
"""Room for fully trained weights: three checkpoints with float32 weights and two moments, per byte of bfloat16 base."""


def folders(config: StageConfig | RationalesConfig) -> tuple[Path, Path]:
    """Return the data set's and the result's folder.

    Raises:
        TickerTuneError: One of them is not named, or the data set is not there.
    """
    if config.dataset is None or config.output is None:
        missing = "dataset" if config.dataset is None else "output"
        raise TickerTuneError(f"The stage has no {missing} folder", f"Give --{missing} FOLDER")
    if not config.dataset.is_dir():
        raise TickerTuneError(f"Data set folder {config.dataset} does not exist", "Build it, or correct --dataset")
    return config.dataset, config.output


def check_output(folder: Path, base: str, method: Method) -> None:
    """Refuse a result folder that cannot be written or whose disk has no room for the checkpoints."""
    nearest = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK):
        raise TickerTuneError(f"Folder {nearest} cannot be written", "Choose another --output or change its owner")
    weights = sum(path.stat().st_size for path in Path(base).glob("*.safetensors")) if Path(base).is_dir() else 0
    needed = ADAPTER_BYTES + (FULL_FACTOR * weights if method == "full" else 0)
    free = shutil.disk_usage(nearest).free
    if free < needed:
        raise TickerTuneError(
            f"Only {free / 1e9:.2f} GB are free in {nearest}, and training needs about {needed / 1e9:.1f} GB",
            "Free some space or choose another --output",
        )


def check_quantization(method: Method) -> None:
    """Refuse QLoRA where bitsandbytes is not installed."""
    if method == "qlora" and find_spec("bitsandbytes") is None:
        raise TickerTuneError("method is qlora, but bitsandbytes is not installed", "Run make setup, or use lora")


def check_context(base: str, model: ModelConfig, longest: int) -> None:
    """Refuse rows of more tokens than the model has positions for; only its configuration is read."""
    from transformers import AutoConfig

    shape = AutoConfig.from_pretrained(base, revision=model.revision).get_text_config()
    positions = getattr(shape, "max_position_embeddings", None)
    if positions is not None and longest > positions:
        raise TickerTuneError(
            f"A row has up to {longest} tokens, and {model.name} has {positions} positions",
            "Lower max_length (GRPO: max_prompt_length or max_completion_length), or use a model with a longer context",
        )


def check_vllm(config: GrpoConfig, method: Method) -> None:
    """Refuse rollouts by vLLM where TRL cannot hand it the weights."""
    if not config.vllm:
        return
    if find_spec("vllm") is None:
        raise TickerTuneError("vllm is true, but no vLLM is installed", "Run make setup, or set vllm to false")
    if not torch.cuda.is_available():
        raise TickerTuneError("vllm is true, but rollouts by vLLM need an NVIDIA GPU", "Set vllm to false")
    if method == "qlora":
        raise TickerTuneError(
            "vllm is true, but a QLoRA policy cannot be handed to vLLM", "Set vllm to false, or start from method lora"
        )
