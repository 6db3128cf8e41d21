"""How much memory a stage needs, estimated from the model's shape: an estimate, for choosing a machine or a batch."""

import os
from dataclasses import asdict, dataclass
from typing import Any

from tickertune.core.recipe import DpoConfig, GrpoConfig, RewardModelConfig, SftConfig
from tickertune.core.recipe.run import TrainingConfig
from training.models import Method, add_adapter, check_rater, use_cpu
from training.preflight.batches import Batches

NF4_BYTES = 0.56
"""Bytes of a weight in NF4 with its doubly quantised scales."""
ADAM_BYTES = 8
"""Two moments in float32 for each trained weight."""
SAVED_BYTES = 34
"""Bytes that a layer keeps for the way back, per token and hidden unit, in 16 bits (Korthikanti et al. 2022, without the
attention matrix, which is added where attention is not fused); float32 doubles it."""
KEPT_BYTES = 2
"""The same with gradient checkpointing: the layer's input."""

_NAMES = {SftConfig: "sft", DpoConfig: "dpo", RewardModelConfig: "reward_model", GrpoConfig: "grpo"}


@dataclass(frozen=True)
class Memory:
    """Bytes of one process of a stage."""

    stage: str
    weights: int
    gradients: int
    optimizer: int
    activations: int
    logits: int
    rollouts: int
    """Keys and values of the completions that are generated at once."""

    @property
    def total(self) -> int:
        """All of it."""
        return self.weights + self.gradients + self.optimizer + self.activations + self.logits + self.rollouts


def cost(
    config: TrainingConfig, base: str, method: Method, batches: Batches, longest: int, scored: int
) -> dict[str, Any]:
    """Return what a look tells of a stage's cost; arguments as in ``estimate``.

    Returns:
        ``batches``; ``memory`` of a process, with its ``total``; ``available`` bytes, of one GPU or of this machine; ``needed``, bytes of
        all processes that share them.
    """
    memory = estimate(config, base, method, batches.micro, longest, scored)
    return {
        "batches": asdict(batches),
        "memory": asdict(memory) | {"total": memory.total},
        "available": available_bytes(),
        "needed": memory.total * (batches.processes if use_cpu() else 1),
    }


def estimate(config: TrainingConfig, base: str, method: Method, rows: int, length: int, scored: int) -> Memory:
    """Estimate a stage's memory in one process, without FSDP or ZeRO.

    Args:
        config: The stage.
        base: Folder or Hub id of the weights; only its configuration is read.
        method: How it is trained.
        rows: Rows held at once.
        length: Tokens of the longest row.
        scored: Tokens of a row whose logits are held; a reward model has one number a row instead.
    """
    shape, total, trained = _parameters(base, config, method)
    width = 4 if config.model.dtype == "float32" or method == "full" else 2
    weight = NF4_BYTES if method == "qlora" else 4 if method == "full" else width
    heads = shape.num_attention_heads
    sharp = 4 if config.model.dtype == "float32" else 2
    attention = (
        2.5 * sharp * heads * length if use_cpu() else 0
    )  # fused attention keeps no matrix; the CPU's is not fused
    layer = SAVED_BYTES * sharp / 2 * shape.hidden_size + attention
    if config.gradient_checkpointing:
        layer = KEPT_BYTES * sharp / 2 * shape.hidden_size + layer / shape.num_hidden_layers
    rollouts = 0
    if isinstance(config, GrpoConfig):
        keys = getattr(shape, "num_key_value_heads", heads) * (
            getattr(shape, "head_dim", None) or shape.hidden_size // heads
        )
        rollouts = 2 * shape.num_hidden_layers * keys * sharp * rows * length
    return Memory(
        _NAMES[type(config)],
        weights=int(total * weight + (trained * 4 if method != "full" else 0)),
        gradients=trained * 4,
        optimizer=trained * ADAM_BYTES,
        activations=int(rows * length * layer * shape.num_hidden_layers),
        logits=0 if isinstance(config, RewardModelConfig) else int(rows * scored * shape.vocab_size * 4 * 2),
        rollouts=rollouts,
    )


def available_bytes() -> int:
    """Memory of the device that trains: of one GPU, or this machine's."""
    import torch

    if torch.cuda.is_available():
        return int(torch.cuda.get_device_properties(0).total_memory)
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _parameters(base: str, config: TrainingConfig, method: Method) -> tuple[Any, int, int]:
    """The model's configuration, its weights, and how many of them (or of the adapter and a new head) are trained."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSequenceClassification

    rates = isinstance(config, RewardModelConfig)
    if rates:
        shape = check_rater(base, config.model)
        shape.num_labels = 1
    else:
        shape = AutoConfig.from_pretrained(base, revision=config.model.revision)
    with torch.device("meta"):
        empty = (AutoModelForSequenceClassification if rates else AutoModelForCausalLM).from_config(shape)
        total = sum(weight.numel() for weight in empty.parameters())
        if method == "full":
            return shape, total, total
        adapted = add_adapter(empty, config.lora, 0)
        trained = sum(weight.numel() for weight in adapted.parameters() if weight.requires_grad)
    return shape, total, trained
