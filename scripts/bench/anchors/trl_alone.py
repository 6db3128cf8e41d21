"""TRL by itself with the arguments, the model and the rows that our stages would give it: ``train`` and nothing around it."""

from typing import Any

from trl import GRPOTrainer, SFTTrainer


def sft(model: Any, tokenizer: Any, arguments: Any, rows: Any) -> SFTTrainer:
    """Return TRL's SFT trainer."""
    return SFTTrainer(model=model, args=arguments, train_dataset=rows, processing_class=tokenizer)


def grpo(model: Any, tokenizer: Any, arguments: Any, prompts: Any, rewards: Any) -> GRPOTrainer:
    """Return TRL's GRPO trainer."""
    return GRPOTrainer(
        model=model, reward_funcs=rewards, args=arguments, train_dataset=prompts, processing_class=tokenizer
    )
