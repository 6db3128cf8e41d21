"""GRPO whose completions are written down instead of sampled, run under accelerate by ``test_two_processes``.

What each completion is follows from its prompt and its number in the group alone, so that one process and two train on the
same. Each process writes what it trained on to ``rollouts-RANK.jsonl`` in the stage's folder.
"""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from trl import GRPOTrainer

from tickertune.core.recipe import GrpoConfig
from tickertune.core.tasks import get_task
from training.grpo import train
from training.stage import main

TASK = get_task("movement")
TEXTS = (TASK.answer("up"), TASK.answer("down"), "no idea", TASK.answer("up") + " maybe")


def written(self: Any, prompt_ids: list[list[int]], *given: Any, **named: Any) -> tuple[list[list[int]], None]:
    """Completions in the place of sampled ones."""
    seen: Counter[tuple[int, ...]] = Counter()
    found = []
    for ids in prompt_ids:
        text = TEXTS[(seen[tuple(ids)] + sum(ids)) % len(TEXTS)]
        seen[tuple(ids)] += 1
        found.append([*self.processing_class(text, add_special_tokens=False)["input_ids"], self.eos_token_ids[0]])
    return found, None


def recorded(self: Any, inputs: Any) -> Any:
    """Score as TRL does, and write down prompts, completions and advantages in their order."""
    batch = SCORE(self, inputs)
    rows = zip(inputs, batch["completion_ids"].tolist(), batch["advantages"].tolist(), strict=True)
    path = Path(self.args.output_dir).parent / f"rollouts-{self.accelerator.process_index}.jsonl"
    with path.open("a", encoding="utf-8") as file:
        for example, ids, advantage in rows:
            text = self.processing_class.decode(ids, skip_special_tokens=True)
            line = [self.state.global_step, example["prompt"][-1]["content"], text, advantage]
            file.write(json.dumps(line) + "\n")
    return batch


SCORE = GRPOTrainer._generate_and_score_completions

if __name__ == "__main__":
    GRPOTrainer._generate_single_turn = written
    GRPOTrainer._generate_and_score_completions = recorded
    sys.exit(main(GrpoConfig, train))
