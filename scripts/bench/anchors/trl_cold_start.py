"""SFT as a plain TRL script does it: LoRA on a file of prompts and completions; the first step's line ends up in OUT/log.jsonl.

python scripts/bench/anchors/trl_cold_start.py MODEL ROWS OUT
"""

import json
import sys
from pathlib import Path
from typing import Any

from datasets import load_dataset
from peft import LoraConfig
from transformers import TrainerCallback
from trl import SFTConfig, SFTTrainer


class Log(TrainerCallback):  # type: ignore[misc]
    """Writes the first logged line."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
        """Write what was logged, and stop."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps(logs) + "\n")
        control.should_training_stop = True


if __name__ == "__main__":
    model, rows, output = sys.argv[1:]
    trainer = SFTTrainer(
        model=model,
        args=SFTConfig(
            output_dir=output, per_device_train_batch_size=1, learning_rate=5e-4, max_length=512, completion_only_loss=True,
            logging_steps=1, save_strategy="no", report_to="none", use_cpu=True, bf16=False, disable_tqdm=True,
            gradient_checkpointing=False, model_init_kwargs={"dtype": "float32"},
        ),
        train_dataset=load_dataset("json", data_files=rows, split="train"),
        peft_config=LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM"),
        callbacks=[Log(Path(output) / "log.jsonl")],
    )  # fmt: skip
    trainer.train()
