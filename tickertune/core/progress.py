"""One progress bar for long work: rate, elapsed time and ETA, on standard error."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

console = Console(stderr=True)


class Bar:
    """A running bar: ``advance`` it, or ``describe`` what it does now."""

    def __init__(self, progress: Progress, task: int, total: int, label: str) -> None:
        self._progress, self._task, self._total, self._label = progress, task, total, label
        self._done, self._skipped, self._printed, self._started = 0, 0, time.monotonic(), time.monotonic()

    def grow(self, total: int) -> None:
        """Tell that the work has ``total`` steps in all, where that shows only on the way."""
        self._total = total
        self._progress.update(self._task, total=total)  # type: ignore[arg-type]

    def skip(self, steps: int) -> None:
        """Count ``steps`` that were done before: they are done, and no part of the rate."""
        self._done += steps
        self._skipped += steps
        self._progress.update(self._task, advance=steps)  # type: ignore[arg-type]

    def advance(self, steps: int = 1) -> None:
        """Count ``steps`` more as done. Without a terminal a line is printed every 30 seconds."""
        self._done += steps
        elapsed = time.monotonic() - self._started
        rate = (self._done - self._skipped) / elapsed if elapsed > 0 else 0.0
        self._progress.update(self._task, advance=steps, rate=f"{rate:.1f}/s")  # type: ignore[arg-type]
        if not console.is_terminal and time.monotonic() - self._printed > 30 and rate > 0:
            self._printed = time.monotonic()
            left = (self._total - self._done) / rate
            print(f"{self._label}: {self._done}/{self._total} ({rate:.1f}/s, {left:.0f} s left)", file=sys.stderr)


@contextmanager
def progress_bar(label: str, total: int) -> Iterator[Bar]:
    """Show one bar for ``total`` steps named ``label``."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task(label, total=total, rate="")
        yield Bar(progress, task, total, label)
