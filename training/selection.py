"""The choice of a checkpoint by the validation split: each is scored as the evaluator would, the best one is kept."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from transformers import TrainerCallback

from data_pipeline.dataset import read_split
from eval.backends.labels import label_logprobs
from eval.backends.transformers import TransformersBackend
from eval.metrics import mcc
from eval.scoring import decide
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json, write_json
from tickertune.core.prompting import label_continuations, scoring_ids
from tickertune.core.recipe import GrpoConfig, SftConfig
from tickertune.core.recipe.sft import SelectConfig
from tickertune.core.tasks import LabelTask, Task
from training.checkpoints import save_result

SCORES = "selection.json"
"""Step and scores of each checkpoint, in the stage's folder."""
BEST = "best"
"""Folder of the best checkpoint's weights, in the stage's folder; it becomes the result."""
SCORED_AT_ONCE = 16
"""Prompts of a forward pass, at least."""
Score = dict[str, float]


@dataclass(frozen=True)
class Validation:
    """Prompts up to where the label stands, and the true labels."""

    task: LabelTask
    prompts: list[list[int]]
    continuations: list[list[int]]
    """Token ids of each label, in the order of ``task.labels``."""
    truth: NDArray[np.int64]
    """Place of the true label in ``task.labels``, [n]."""


def validation_of(samples: pl.DataFrame, tokenizer: Any, task: Task, config: SelectConfig, seed: int) -> Validation:
    """Draw and tokenise the validation samples.

    Args:
        samples: ``Sample`` rows of the validation split.
        tokenizer: The model's tokenizer.
        task: The samples' task.
        config: The recipe's block.
        seed: Of the draw.

    Raises:
        TickerTuneError: The split is empty, or the task's answers are no labels.
    """
    if not isinstance(task, LabelTask):
        raise TickerTuneError(f"select needs a task with labels, and {task.name} has none", "Remove the select block")
    if samples.is_empty():
        raise TickerTuneError(
            "select chooses by the validation split, and the data set has none",
            "Give the split a validation period, or remove the select block",
        )
    count = min(config.samples or len(samples), len(samples))
    rows = np.sort(np.random.default_rng(seed).permutation(len(samples))[:count])
    drawn = samples[rows]
    return Validation(
        task,
        [scoring_ids(tokenizer, task, messages) for messages in drawn["messages"].to_list()],
        label_continuations(tokenizer, task),
        np.array([task.labels.index(label) for label in drawn["label"]], dtype=np.int64),
    )


def selection_of(
    config: SftConfig | GrpoConfig, batch_size: int, dataset: Path, output: Path, tokenizer: Any, task: Task
) -> "SelectionCallback | None":
    """Return the callback that chooses a checkpoint, None where the recipe has no ``select``; errors as ``validation_of``."""
    if config.select is None:
        return None
    validation = validation_of(read_split(dataset, "validation"), tokenizer, task, config.select, config.seed)
    score = partial(scores_of, validation, tokenizer=tokenizer, batch_size=max(batch_size, SCORED_AT_ONCE))
    return SelectionCallback(output, config.select, score, config.model.dtype)


def scores_of(validation: Validation, model: Any, tokenizer: Any, batch_size: int) -> Score:
    """Score a model in memory: ``mcc``, ``log_score`` and ``brier``, each the higher the better."""
    training = model.training
    model.eval()
    backend = TransformersBackend.around(model, tokenizer, batch_size)
    logprobs = label_logprobs(backend, validation.prompts, validation.continuations)
    model.train(training)
    _, normalised = decide(validation.task, logprobs)
    rows, labels = np.arange(len(normalised)), len(validation.task.labels)
    confusion = np.zeros((labels, labels + 1))
    np.add.at(confusion, (validation.truth, normalised.argmax(axis=1)), 1)
    missed = np.exp(normalised)
    missed[rows, validation.truth] -= 1
    return {
        "mcc": float(mcc(confusion)),
        "log_score": float(normalised[rows, validation.truth].mean()),
        "brier": float(-(missed**2).sum(axis=1).mean()),
    }


class SelectionCallback(TrainerCallback):  # type: ignore[misc]
    """Scores each checkpoint once it is saved, keeps the best weights, and ends training when patience does.

    A run that was killed between a checkpoint and its score makes up for the score when it resumes, so that it ends
    in the same choice.

    Args:
        folder: The stage's folder.
        config: The recipe's block.
        score: Scores the model in training.
        dtype: Type in which fully trained weights are stored.
    """

    trainer: Any = None
    """Set once the trainer exists."""

    def __init__(self, folder: Path, config: SelectConfig, score: Callable[[Any], Score], dtype: str) -> None:
        self._folder, self._config, self._score, self._dtype = folder, config, score, dtype
        self.scores: list[Score] = []

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Take up the scores of the steps that were done; score the checkpoint that training resumes from."""
        path = self._folder / SCORES
        known = read_json(path)["checkpoints"] if path.is_file() else []
        self.scores = [score for score in known if score["step"] <= state.global_step]
        if state.global_step and (not self.scores or self.scores[-1]["step"] != state.global_step):
            self._add(state.global_step)
        control.should_training_stop |= self._patience_is_over()

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Score the checkpoint that was just saved."""
        self._add(state.global_step)
        control.should_training_stop |= self._patience_is_over()

    @property
    def by(self) -> str:
        """Name of the score that decides."""
        return self._config.by

    @property
    def best(self) -> Score | None:
        """The first of the best checkpoints."""
        return max(self.scores, key=lambda score: score[self._config.by], default=None)

    def _add(self, step: int) -> None:
        score = {"step": step, **self._score(self.trainer.model)}
        before = self.best
        if before is None or score[self._config.by] > before[self._config.by]:
            save_result(self.trainer, self._folder / BEST, self._dtype)
        self.scores.append(score)
        if self.trainer.is_world_process_zero():
            write_json(self._folder / SCORES, {"by": self._config.by, "checkpoints": self.scores})

    def _patience_is_over(self) -> bool:
        best = self.best
        if self._config.patience is None or best is None:
            return False
        return len(self.scores) - 1 - self.scores.index(best) >= self._config.patience
