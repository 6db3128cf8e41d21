"""The training log: one JSON line a logged step, the same whether or not training was interrupted, and one bar."""

import json
import math
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from tickertune.core.files import write_text
from tickertune.core.progress import Bar, console, progress_bar

Line = dict[str, Any]
Alarm = Callable[[Sequence[Line]], list[str]]

_OF_THE_CLOCK = ("runtime", "_per_second", "step_time", "profiling/", "total_flos", "train_loss")
"""Parts of names that depend on the machine's speed, or belong to the closing summary."""


def read_log(path: Path) -> list[Line]:
    """Read a log's lines; a last line that a kill cut short is left out."""
    lines: list[Line] = []
    for text in path.read_text(encoding="utf-8").splitlines() if path.is_file() else []:
        try:
            lines.append(json.loads(text))
        except json.JSONDecodeError:
            break
    return lines


def log_line(logs: dict[str, Any], step: int, tokens: int) -> Line:
    """Return what stands in the log for one step: TRL's metrics by their own names, without those of the clock.

    Args:
        logs: What the trainer logged.
        step: Optimiser steps done.
        tokens: Tokens read since the start of training, rollouts included, padding excluded.
    """
    kept = {
        key: value
        for key, value in logs.items()
        if isinstance(value, int | float) and math.isfinite(value) and not any(part in key for part in _OF_THE_CLOCK)
    }
    for name in ("num_tokens", "num_input_tokens_seen"):
        kept.pop(name, None)
    return {"step": step, **dict(sorted(kept.items())), "tokens": tokens}


class LogCallback(TrainerCallback):  # type: ignore[misc]
    """Writes ``log.jsonl`` from the main process, shows the bar, and says each alarm once.

    Args:
        path: The log.
        label: The bar's name.
        alarms: Reads the lines so far and returns what is alarming in them.
    """

    def __init__(self, path: Path, label: str, alarms: Alarm | None = None) -> None:
        self._path, self._label, self._alarms = path, label, alarms
        self._lines: list[Line] = []
        self._said: set[str] = set()
        self._stack = ExitStack()
        self._bar: Bar | None = None

    @property
    def lines(self) -> Sequence[Line]:
        """Lines so far, those of before a resume too; none but on the main process."""
        return self._lines

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Forget the lines of steps that will be done again, and start the bar."""
        if not state.is_world_process_zero:
            return
        self._lines = [line for line in read_log(self._path) if line["step"] <= state.global_step]
        write_text(self._path, "".join(map(_dump, self._lines)))
        left = state.max_steps - state.global_step
        self._bar = self._stack.enter_context(progress_bar(self._label, left))

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Advance the bar."""
        if self._bar is not None:
            self._bar.advance()

    def on_log(self, args: Any, state: Any, control: Any, logs: Line | None = None, **kwargs: Any) -> None:
        """Append the step's line; the closing summary is no step."""
        if not state.is_world_process_zero or logs is None or "train_loss" in logs:
            return
        line = log_line(logs, state.global_step, int(state.num_input_tokens_seen))
        self._lines.append(line)
        if self._alarms and (alarming := self._alarms(self._lines)):
            line["alarms"] = alarming
        with self._path.open("a", encoding="utf-8") as handle:
            handle.write(_dump(line))
        for sentence in line.get("alarms", ()):
            if sentence not in self._said:
                self._said.add(sentence)
                console.print(f"Warning: {self._label}: {sentence}", style="yellow", highlight=False)

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Take the bar away."""
        self.close()

    def close(self) -> None:
        """Take the bar away, also after a failure."""
        self._bar = None
        self._stack.close()


def _dump(line: Line) -> str:
    return json.dumps(line, allow_nan=False) + "\n"
