"""Write docs/tasks.md, every task with its prompt as rendered, its answer and its labels, from the tasks themselves."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tickertune.core.recipe.sentiment import SETS_OF_TASK
from tickertune.core.tasks import (
    TASKS,
    EntitiesTask,
    Forecast,
    ForecasterTask,
    HeadlineView,
    LabelTask,
    MovementView,
    NewsItem,
    PastMove,
    RelationsTask,
    Task,
)
from tickertune.core.tasks.template import template_names

PAGE = Path(__file__).parents[1] / "docs" / "tasks.md"
NOW = datetime(2023, 3, 13, 13, 0, tzinfo=UTC)
NEWS = [
    NewsItem(datetime(2023, 3, 10, 23, 0, tzinfo=UTC), "Arvane Foods raises its outlook for the year."),
    NewsItem(datetime(2023, 3, 12, 4, 0, tzinfo=UTC), "Arvane Foods opens a plant in Leeds.", date_only=True),
]
TEXT = "Acme Corp of Berlin makes the Rocket, says Jo Doe."
EXAMPLES = {
    "headline": HeadlineView("Gold steadies after two days of losses", "Does the headline speak of a past price?")
}
OPTIONS = {"ticker": ("ARVF", "BELM"), "sector": ("Banks", "Foods"), "average": ("5",)}
ABOUT = {
    "movement": "Two classes of the label's target, in the order of returns. Labels: `excess`, `acl18`, `sep`.",
    "movement3": "Three classes. Labels: `excess`, `fingpt_rlsp`, `retuning`, `triple_barrier`.",
    "movement5": "Five classes. Labels: `excess`, `fingpt_v1`, `trading_r1`.",
    "movement7": "Seven classes. Label: `fingpt_v1_1`.",
    "forecaster": "Direction and magnitude as FinGPT Forecaster words them. Label: `fingpt_forecaster`. A data set's answer is the"
    " prediction line alone, for that is all that a return can teach; developments, concerns and analysis are a model's words, written"
    " from the prompt (`prompt.template: forecaster@1` asks for them).",
    "sentiment": "Three classes, protocol fingpt-v3. NWGI's mild classes count as neutral there; FiQA's scores are cut at -0.1 and 0.1.",
    "sentiment7": "The seven classes of NWGI. Two labels start alike, so replies are read and not scored.",
    "fomc": "The stance of a sentence of the Federal Reserve (Shah et al., ACL 2023).",
    "headline": "Nine questions on headlines about gold (Sinha and Khandait, 2021).",
    "entities": "Persons, organizations and locations. A row of another form, or a cut reply, is no decision.",
    "relations": "The 29 relations of FinRED (2022); their order means nothing.",
    "ticker": "SSPT's stock code classification. Label: `sspt_ticker`. The build takes names out of the prompt by itself.",
    "sector": "SSPT's sector classification. Label: `sspt_sector`. The build takes names out of the prompt by itself.",
    "average": "SSPT's moving average prediction, as a direction. Label: `sspt_moving_average`.",
}
LABELS_OF_OPEN_TASKS = {
    "entities": EntitiesTask().label([("organization", "Acme Corp"), ("location", "Berlin"), ("person", "Jo Doe")]),
    "relations": RelationsTask().label(
        [("Acme Corp", "headquarters location", "Berlin"), ("Acme Corp", "product/material produced", "Rocket")]
    ),
    "ticker": "ARVF",
    "sector": "Foods",
}


def page() -> str:
    """Return the page: a section a task."""
    parts = [
        "# Tasks",
        "Written by `make docs` from the tasks. A task renders a prompt from what was known, states an answer and reads a reply; data"
        " sets, rewards and evaluation use the same one. How to change a prompt: [prompts.md](prompts.md); what the labels"
        " mean: [labels.md](labels.md).",
        "A label of a *scored* task is read from the log-probabilities after the answer's first words, in one pass. The answers of a"
        " *generated* task are read from a reply. A reply that states nothing readable is counted as such, and never becomes a default"
        " class.",
    ]
    for task in TASKS.values():
        parts += list(_section(task))
    parts.append(f"Templates of the package: {', '.join(f'`{name}`' for name in template_names())}.")
    return "\n\n".join(parts) + "\n"


def _section(task: Task) -> Iterator[str]:
    yield f"## {task.name}"
    yield ABOUT[task.name]
    space = ", ".join(f"`{label}`" for label in task.labels) or "open"
    facts = [f"{'scored' if isinstance(task, LabelTask) else 'generated'}; labels: {space}"]
    facts.append(f"template `{task.template.reference}`; source: {task.template.source}")
    if sets := SETS_OF_TASK.get(task.name):
        facts.append(f"sets: {', '.join(sets)} (`kind: sentiment`, `task: {task.name}`)")
    yield "\n".join(f"- {fact}" for fact in facts)
    turns = task.messages(_view(task))
    label = LABELS_OF_OPEN_TASKS.get(task.name) or task.labels[-1]
    yield (
        "```text\n"
        + "\n".join(f"[{turn.role}]\n{turn.content}" for turn in turns)
        + f"\n[answer]\n{task.answer(label)}\n```"
    )
    if isinstance(task, ForecasterTask):
        words = Forecast("U2", ["a higher outlook"], ["the cost of the plant"], "The outlook weighs more.")
        yield "An answer with a model's words:"
        yield f"```text\n{task.full_answer(words)}\n```"


def _view(task: Task) -> Any:
    if task.view != "movement":
        return EXAMPLES.get(task.name, TEXT)
    moves, options = [PastMove(1, 0.004), PastMove(5, -0.0123)], OPTIONS.get(task.name, ())
    return MovementView("Arvane Foods", "ARVF", NOW, "America/New_York", NEWS, moves, 1, True, options=options)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE)
