"""4-bit base models: how QLoRA stores the base, and the weights that a QLoRA adapter must be scored on."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tickertune.core.lock import made_once
from tickertune.core.models import cache_folder, model_fingerprint

if TYPE_CHECKING:
    from transformers import BitsAndBytesConfig


def nf4_config(dtype: str) -> "BitsAndBytesConfig":
    """Return the one NF4 configuration of this project (Dettmers et al. 2023), computing in ``dtype``."""
    import torch
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=getattr(torch, dtype),
    )


def dequantised_base(base: str, dtype: str, revision: str | None = None) -> Path:
    """Return a folder of ``base`` rounded to NF4 and back, made once in the cache.

    A QLoRA adapter corrects this model, not the original: on the original its logits are off by fifty times as much.

    Args:
        base: Folder or Hub id, as ``resolve_model`` gave it.
        dtype: Type of the weights that were quantised.
        revision: Hub commit.
    """
    key = model_fingerprint(base, revision)[:12]
    target = cache_folder() / f"{Path(base).name}-nf4-{dtype}-{key}"
    return made_once(target, lambda folder: _dequantise(base, dtype, revision, folder))


def _dequantise(base: str, dtype: str, revision: str | None, folder: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model: Any = AutoModelForCausalLM.from_pretrained(
        base, dtype=getattr(torch, dtype), quantization_config=nf4_config(dtype), revision=revision
    )
    plain = model.dequantize()
    plain.save_pretrained(folder)
    AutoTokenizer.from_pretrained(base, revision=revision).save_pretrained(folder)
