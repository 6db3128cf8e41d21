"""Estimate the memory of the models in recipes/models from their published shapes, without fetching them.

    python scripts/recipe_memory.py [--json]

Bytes of one process on one GPU, vLLM's share aside: LoRA and QLoRA by sft.yaml and qlora.yaml, GRPO by grpo.yaml. ``tickertune
preflight`` says the same of a recipe on its own data. The estimate's formula is in training/preflight/memory.py; no GPU was at hand to compare.
"""

import argparse
import json
import tempfile
from pathlib import Path
from unittest.mock import patch

from transformers import LlamaConfig, PreTrainedConfig, Qwen3Config

from tickertune.core.recipe import GrpoConfig, SftConfig, load_config
from training.preflight import memory

ROOT = Path(__file__).parents[1] / "recipes" / "models"
TOKENS = 2048
ANSWER = 10


def _qwen(hidden: int, layers: int, heads: int, inner: int, tied: bool) -> PreTrainedConfig:
    return Qwen3Config(
        hidden_size=hidden, num_hidden_layers=layers, num_attention_heads=heads, num_key_value_heads=8, head_dim=128,
        intermediate_size=inner, vocab_size=151_936, tie_word_embeddings=tied,
    )  # fmt: skip


def _llama(hidden: int, layers: int, heads: int, keys: int, inner: int, words: int, tied: bool) -> PreTrainedConfig:
    return LlamaConfig(
        hidden_size=hidden, num_hidden_layers=layers, num_attention_heads=heads, num_key_value_heads=keys,
        intermediate_size=inner, vocab_size=words, tie_word_embeddings=tied,
    )  # fmt: skip


SHAPES = {
    "smollm2-135m": _llama(576, 30, 9, 3, 1536, 49_152, True),
    "smollm2-1b7": _llama(2048, 24, 32, 32, 8192, 49_152, True),
    "qwen3-0b6": _qwen(1024, 28, 16, 3072, True),
    "qwen3-4b": _qwen(2560, 36, 32, 9728, True),
    "qwen3-8b": _qwen(4096, 36, 32, 12_288, False),
    "qwen3-14b": _qwen(5120, 40, 40, 17_408, False),
    "llama3-8b": _llama(4096, 32, 32, 8, 14_336, 128_256, False),
}


def gigabytes(name: str) -> dict[str, float]:
    """Estimated GB of LoRA, QLoRA and GRPO, and billions of weights."""
    sft, qlora = (load_config(SftConfig, ROOT / name / f"{file}.yaml") for file in ("sft", "qlora"))
    grpo = load_config(GrpoConfig, ROOT / name / "grpo.yaml")
    with tempfile.TemporaryDirectory() as folder, patch.object(memory, "use_cpu", return_value=False):
        SHAPES[name].save_pretrained(folder)
        rows = int(grpo.trainer["per_device_train_batch_size"])
        found = {
            "lora": memory.estimate(sft, folder, "lora", sft.batch_size, TOKENS, ANSWER),
            "qlora": memory.estimate(qlora, folder, "qlora", qlora.batch_size, TOKENS, ANSWER),
            "grpo": memory.estimate(grpo, folder, "lora", rows, TOKENS, grpo.max_completion_length),
        }
        full = memory.estimate(sft, folder, "full", 1, 1, 1)
    return {"weights": round(full.weights / 4e9, 3), **{key: round(one.total / 1e9, 1) for key, one in found.items()}}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = {name: gigabytes(name) for name in SHAPES}
    if options.json:
        print(json.dumps(rows))
        return
    print(f"{'model':<16}{'weights, 1e9':>14}{'LoRA, GB':>10}{'QLoRA, GB':>11}{'GRPO, GB':>10}")
    for name, row in rows.items():
        print(f"{name:<16}{row['weights']:>14.3f}{row['lora']:>10.1f}{row['qlora']:>11.1f}{row['grpo']:>10.1f}")


if __name__ == "__main__":
    main()
