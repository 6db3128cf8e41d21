"""What can be known of a training stage before it starts: what must fail fails first, and the rest is shown."""

from training.preflight.batches import Batches, grpo_shape, sft_shape
from training.preflight.checks import check_output, check_quantization, check_vllm, folders
from training.preflight.lengths import Lengths, grpo_lengths, sft_lengths
from training.preflight.memory import Memory, estimate
from training.preflight.template import Reading, check_template, first_reading

__all__ = [
    "Batches",
    "Lengths",
    "Memory",
    "Reading",
    "check_output",
    "check_quantization",
    "check_template",
    "check_vllm",
    "estimate",
    "first_reading",
    "folders",
    "grpo_lengths",
    "grpo_shape",
    "sft_lengths",
    "sft_shape",
]
