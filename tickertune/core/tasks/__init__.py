"""Tasks: a prompt from a point-in-time view, a Decision from an answer, and the label space between."""

from tickertune.core.errors import TickerTuneError, did_you_mean
from tickertune.core.tasks.base import Task
from tickertune.core.tasks.movement import MovementTask, MovementView, NewsItem, PastMove
from tickertune.core.tasks.sentiment import SentimentTask

TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        MovementTask("movement", ("down", "up")),
        MovementTask("movement3", ("down", "flat", "up")),
        MovementTask("movement5", ("crashing", "down", "flat", "up", "soaring")),
        SentimentTask(),
    )
}


def get_task(name: str) -> Task:
    """Return the task registered under ``name``.

    Raises:
        TickerTuneError: No such task.
    """
    if name not in TASKS:
        raise TickerTuneError(f"Unknown task '{name}'{did_you_mean(name, TASKS)}", f"Use one of {', '.join(TASKS)}")
    return TASKS[name]


__all__ = [
    "TASKS",
    "MovementTask",
    "MovementView",
    "NewsItem",
    "PastMove",
    "SentimentTask",
    "Task",
    "get_task",
]
