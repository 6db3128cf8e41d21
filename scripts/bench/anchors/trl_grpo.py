"""GRPO as TRL runs it by itself: its trainer on a model with a LoRA adapter, nothing of ours in between."""

from pathlib import Path
from typing import Any

from datasets import Dataset
from trl import GRPOConfig, GRPOTrainer


def trainer(
    kind: type[GRPOTrainer], model: Any, tokenizer: Any, prompts: list[str], generations: int, folder: Path
) -> GRPOTrainer:
    """Return a trainer of a step a prompt, each of which is one group; ``kind`` is TRL's own, or a subclass."""
    arguments = GRPOConfig(
        output_dir=str(folder), max_steps=len(prompts), per_device_train_batch_size=generations,
        num_generations=generations, max_completion_length=12, temperature=1.0, top_k=0, top_p=1.0, learning_rate=1e-5,
        seed=0, use_cpu=True, bf16=False, report_to="none", disable_tqdm=True, shuffle_dataset=False, save_strategy="no",
        logging_steps=1, scale_rewards="none", gradient_checkpointing=False,
    )  # fmt: skip
    data = Dataset.from_list([{"prompt": [{"role": "user", "content": prompt}]} for prompt in prompts])

    def reward(completions: list[Any], **_: Any) -> list[float]:
        return [float(len(completion[0]["content"])) for completion in completions]

    return kind(model=model, reward_funcs=reward, args=arguments, train_dataset=data, processing_class=tokenizer)
