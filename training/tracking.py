"""The callback that hands a stage's log to its trackers."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from tickertune.core.progress import console
from tickertune.core.tracking import Tracker
from training.log import Line, LogCallback
from training.trackers import WRITERS, Writer, tracked


class TrackingCallback(TrainerCallback):  # type: ignore[misc]
    """Hands the lines of a stage's log to its trackers, from the main process. It comes after the log.

    Args:
        trackers: Which ones.
        log: The log.
        output: The stage's folder.
        config: Its resolved recipe.
    """

    def __init__(self, trackers: Sequence[Tracker], log: LogCallback, output: Path, config: Mapping[str, Any]) -> None:
        self._trackers, self._log, self._output, self._config = trackers, log, output, config
        self._writers: list[Writer] = []
        self._written: Line | None = None
        self._ended = False

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Open the trackers' runs, or take them up."""
        if not state.is_world_process_zero or not self._trackers:
            return
        run = tracked(self._output, self._config)
        console.print(
            f"tracking: {', '.join(self._trackers)}, as {run.name}", highlight=False, markup=False, soft_wrap=True
        )
        for name in self._trackers:
            self._writers.append(WRITERS[name](run, self._log.lines))
        self._written = self._log.lines[-1] if self._log.lines else None

    def on_log(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Hand over the line that the log has just got, if it got one."""
        line = self._log.lines[-1] if self._log.lines else None
        if line is None or line is self._written:
            return
        self._written = line
        for writer in self._writers:
            writer.add(line)

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Note that training came to its end."""
        self._ended = True

    def close(self) -> None:
        """Close the trackers' runs, also after a failure."""
        writers, self._writers = self._writers, []
        for writer in writers:
            writer.close(failed=not self._ended)
