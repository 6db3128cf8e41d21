"""Which adapters vLLM loads; the others are merged into their base first, or scored with transformers."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json

LORA_RANKS = (8, 16, 32, 64, 128, 256, 320, 512)
"""Ranks that vLLM has room for."""
REMEDY = "Merge it first (scripts/merge_adapter.py), or use --backend transformers"


def reasons_against_vllm(config: Mapping[str, Any]) -> list[str]:
    """Say why vLLM would not load an adapter, from the contents of its adapter_config.json; empty: it would."""
    kind = str(config.get("peft_type") or "LORA")
    found = [] if kind == "LORA" else [f"it is of type {kind}"]
    if config.get("use_dora"):
        found.append("it is a DoRA adapter")
    if saved := [name for name in config.get("modules_to_save") or () if name not in ("classifier", "score")]:
        found.append(f"it replaces whole modules ({', '.join(saved)})")
    if config.get("bias") not in (None, "none"):
        found.append(f"it trains biases ({config['bias']})")
    if config.get("trainable_token_indices"):
        found.append("it trains embeddings of tokens")
    if (rank := _rank(config)) > LORA_RANKS[-1]:
        found.append(f"its rank is {rank}, and vLLM loads up to {LORA_RANKS[-1]}")
    return found


def vllm_rank(adapters: Sequence[Path]) -> int:
    """Return the smallest rank that vLLM has room for and all adapters fit in.

    Raises:
        TickerTuneError: vLLM would not load one of them.
    """
    needed = 0
    for adapter in adapters:
        config = read_json(adapter / "adapter_config.json")
        if reasons := reasons_against_vllm(config):
            raise TickerTuneError(f"vLLM does not load the adapter {adapter}: {'; '.join(reasons)}", REMEDY)
        needed = max(needed, _rank(config))
    return next(rank for rank in LORA_RANKS if rank >= needed)


def _rank(config: Mapping[str, Any]) -> int:
    ranks: list[int] = [config.get("r", 0), *(config.get("rank_pattern") or {}).values()]
    return max(ranks)
