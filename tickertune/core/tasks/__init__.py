"""Tasks: a prompt from a point-in-time view, a Decision from an answer, and the label space between."""

from tickertune.core.errors import TickerTuneError, did_you_mean
from tickertune.core.tasks.auxiliary import AverageTask, SectorTask, TickerTask
from tickertune.core.tasks.base import ChoiceTask, GenerativeTask, LabelTask, Task
from tickertune.core.tasks.extraction import EntitiesTask, RelationsTask
from tickertune.core.tasks.forecaster import Forecast, ForecasterTask, forecast_label
from tickertune.core.tasks.movement import ContextBlock, MovementTask, MovementView, NewsItem, PastMove
from tickertune.core.tasks.sentiment import (
    GradedSentimentTask,
    HeadlineTask,
    HeadlineView,
    SentimentTask,
    StanceTask,
    TextTask,
)
from tickertune.core.tasks.template import Template

TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        MovementTask("movement", ("down", "up")),
        MovementTask("movement3", ("down", "flat", "up")),
        MovementTask("movement5", ("crashing", "down", "flat", "up", "soaring")),
        MovementTask("movement7", ("crashing", "tumbling", "down", "flat", "up", "climbing", "soaring")),
        ForecasterTask(),
        SentimentTask(),
        GradedSentimentTask(),
        StanceTask(),
        HeadlineTask(),
        EntitiesTask(),
        RelationsTask(),
        TickerTask(),
        SectorTask(),
        AverageTask(),
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


def label_task(name: str) -> LabelTask:
    """Return a task whose labels can be scored in one forward pass.

    Raises:
        TickerTuneError: No such task, or its answers have to be generated.
    """
    task = get_task(name)
    if not isinstance(task, LabelTask):
        scored = ", ".join(other.name for other in TASKS.values() if isinstance(other, LabelTask))
        raise TickerTuneError(
            f"Answers of task '{name}' have to be generated: it has no labels that one forward pass could score",
            f"Use a data set of one of {scored}",
        )
    return task


__all__ = [
    "TASKS",
    "AverageTask",
    "ChoiceTask",
    "ContextBlock",
    "EntitiesTask",
    "Forecast",
    "ForecasterTask",
    "GenerativeTask",
    "GradedSentimentTask",
    "HeadlineTask",
    "HeadlineView",
    "LabelTask",
    "MovementTask",
    "MovementView",
    "NewsItem",
    "PastMove",
    "RelationsTask",
    "SectorTask",
    "SentimentTask",
    "StanceTask",
    "Task",
    "Template",
    "TextTask",
    "TickerTask",
    "forecast_label",
    "get_task",
    "label_task",
]
