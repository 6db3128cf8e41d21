"""The guard against collapse: what shows it in the log, and what becomes of the run."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from accelerate.utils import broadcast_object_list
from transformers import TrainerCallback

from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json, write_json
from tickertune.core.recipe.curriculum import CollapseConfig
from training.checkpoints import save_result
from training.log import Line, LogCallback
from training.rewards.trl import DECIDED, SHARE, UNPARSED
from training.stage import say

FILE = "collapse.json"
"""Step, causes and the step whose weights were kept, in the stage's folder."""
KEPT = "before_collapse"
"""Folder of weights of the last checkpoints by step, in the stage's folder, while training may still collapse."""
FLAT, ENTROPY = "frac_reward_zero_std", "entropy"
"""TRL's names of the share of groups whose answers all earn the same, and of a sampled token's mean entropy in nats."""
READABLE = 0.5
"""Share of readable answers from which their distribution says something."""


def causes(lines: Sequence[Line], config: CollapseConfig, *, decisions: bool = False) -> dict[str, str]:
    """Say what of a collapse the mean of some steps shows, by kind; nothing where they are healthy.

    Args:
        lines: Lines of the log, one a step; a number that no line has is not judged.
        config: The bounds.
        decisions: Judge each group's commonest answer too: a policy that leans the same way on every prompt decides for one label
            long before nearly all sampled answers say it. The few groups of one step say it by chance.
    """
    means = shown(lines)
    found = {}
    for label in _taken(means, SHARE, config):
        most = f"at least {config.label_share:.0%} of the answers say '{label}'"
        found["one_label"] = f"{most}: the policy has collapsed to one action"
    for label in _taken(means, DECIDED, config) if decisions else ():
        most = f"for at least {config.label_share:.0%} of the prompts the commonest answer is '{label}'"
        found["one_decision"] = f"{most}: one action for all"
    if means.get(FLAT, 0.0) > config.flat_groups:
        found["flat_groups"] = (
            f"in more than {config.flat_groups:.0%} of the groups all answers earn the same: raise temperature"
        )
    if means.get(ENTROPY, config.entropy) < config.entropy:
        found["entropy"] = (
            f"the entropy of a token is below {config.entropy:g} nats: nothing is explored, raise temperature"
        )
    return found


def _taken(means: dict[str, float], prefix: str, config: CollapseConfig) -> list[str]:
    """Labels that take nearly all of what is readable."""
    shares = {
        key.removeprefix(prefix): mean for key, mean in means.items() if key.startswith(prefix) and key != UNPARSED
    }
    readable = sum(shares.values())
    return [label for label, share in shares.items() if readable >= READABLE and share / readable >= config.label_share]


def shown(lines: Sequence[Line]) -> dict[str, float]:
    """Means of the numbers that a collapse shows in, over the lines that have them: steps that draw no replies lack some."""
    every = sorted({key for line in lines for key in line})
    keys = [key for key in every if key in (FLAT, ENTROPY) or key.startswith((SHARE, DECIDED))]
    values = {key: [line[key] for line in lines if key in line] for key in keys}
    return {key: float(sum(found) / len(found)) for key, found in values.items()}


class CollapseGuard(TrainerCallback):  # type: ignore[misc]
    """Judges the last steps after each one, notes the first collapse, and ends training where the recipe says so.

    With ``stop`` it keeps the weights of checkpoints until a later one is known to be from before a collapse. A resumed run
    judges the same steps, and ends where an uninterrupted one does.

    Args:
        folder: The stage's folder.
        config: The recipe's block.
        log: Holds the lines, on the main process; must be called before this.
        dtype: Type in which fully trained weights are stored.
        keeps: Whether to keep weights; not where the validation split chooses them.
    """

    trainer: Any = None
    """Set once the trainer exists."""

    def __init__(self, folder: Path, config: CollapseConfig, log: LogCallback, dtype: str, *, keeps: bool) -> None:
        self._folder, self._config, self._log, self._dtype = folder, config, log, dtype
        self._keeps = keeps and config.action == "stop"
        self._saved: list[int] = []
        self.found: dict[str, Any] | None = None
        """Step, causes, means and ``kept``, the step whose weights are from before; None while healthy."""

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Forget what was found in steps that will be done again; make up for weights that a kill prevented."""
        path = self._folder / FILE
        before = read_json(path) if path.is_file() else None
        self.found = before if before is not None and before["step"] <= state.global_step else None
        if not self._keeps:
            return
        folders = (self._folder / KEPT).glob("*")
        self._saved = sorted(int(entry.name) for entry in folders if entry.name.isdigit())
        self._saved = [step for step in self._saved if step <= state.global_step]
        if state.global_step and state.global_step not in self._saved:
            self._keep(state.global_step)

    def on_log(self, args: Any, state: Any, control: Any, logs: Line | None = None, **kwargs: Any) -> None:
        """Judge the last steps once the window is full."""
        if logs is None or "train_loss" in logs or self.found is not None:
            return
        found = [self._judged(state.global_step) if state.is_world_process_zero else None]
        (self.found,) = broadcast_object_list(found)  # only the main process has the lines
        if self.stopped:
            control.should_training_stop = True
            control.should_save = False  # the run is resumed from before, and stops here again

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Keep the weights of the checkpoint that was just saved, and drop those that are no longer needed."""
        if self._keeps and self.found is None:
            self._keep(state.global_step)

    @property
    def stopped(self) -> bool:
        """Whether training was ended."""
        return self.found is not None and self._config.action == "stop"

    def chosen(self) -> Path | None:
        """Folder of the weights from before the collapse; None where the last ones, or those by validation, are the result."""
        if not self.stopped or not self._keeps:
            return None
        assert self.found is not None
        self.require(self.found["kept"])
        return self._folder / KEPT / str(self.found["kept"])

    def require(self, step: int | None) -> None:
        """Refuse to end without weights.

        Args:
            step: Of the weights that are to be the result; None: there are none.

        Raises:
            TickerTuneError: Training was ended by a collapse before any checkpoint.
        """
        if self.stopped and self.found is not None and step is None:
            raise TickerTuneError(
                f"GRPO collapsed by step {self.found['step']}, before a checkpoint was kept: "
                f"{'; '.join(self.found['causes'].values())}",
                "Lower learning_rate, raise beta or temperature, set curriculum.balance, a smaller save_steps, or "
                "collapse.action to warn",
            )

    def clear(self) -> None:
        """Remove, once the result is stored, the weights that were kept, and a finding that no longer holds."""
        if not self.trainer.is_world_process_zero():
            return
        if (self._folder / KEPT).is_dir():
            shutil.rmtree(self._folder / KEPT)
        if self.found is None:
            (self._folder / FILE).unlink(missing_ok=True)

    def _judged(self, step: int) -> dict[str, Any] | None:
        """Judge the window, and write down what is found; an earlier finding of the same step names the weights it kept."""
        lines = self._log.lines[-self._config.window :]
        reasons = causes(lines, self._config, decisions=True) if len(lines) == self._config.window else {}
        if not reasons:
            return None
        kept = max((saved for saved in self._saved if saved <= step - self._config.window), default=None)
        path = self._folder / FILE
        before = read_json(path) if path.is_file() else {}
        if kept is None and before.get("step") == step:
            kept = before["kept"]
        means = {name: round(mean, 4) for name, mean in shown(lines).items()}
        found = {"step": step, "action": self._config.action, "causes": reasons, "means": means, "kept": kept}
        write_json(path, found)
        say(f"Warning: grpo: collapsed by step {step}, over {len(lines)} steps: {'; '.join(reasons.values())}")
        return found

    def _keep(self, step: int) -> None:
        save_result(self.trainer, self._folder / KEPT / str(step), self._dtype)
        self._saved.append(step)
        old = [kept for kept in self._saved if kept <= step - self._config.window]
        for kept in old[:-1]:
            self._saved.remove(kept)
            if self.trainer.is_world_process_zero():
                shutil.rmtree(self._folder / KEPT / str(kept))
