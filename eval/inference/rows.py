"""Rows of an input, each a prompt or a rejection with its reason."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from pydantic import TypeAdapter, ValidationError

from tickertune.core.errors import TickerTuneError
from tickertune.core.sample import Message
from tickertune.core.tasks import HeadlineTask, HeadlineView, Task, Template

ID_COLUMNS = ("id", "sample_id", "doc_id")
_MESSAGES = TypeAdapter(list[Message])


@dataclass(frozen=True)
class Request:
    """A row that can be scored."""

    row: int
    """Place in the input, from 0."""
    id: str
    messages: list[Message]
    as_of: Any = None
    """When it is decided, as the row has it; None where it does not say."""


@dataclass(frozen=True)
class Rejection:
    """A row that cannot be scored, and why."""

    row: int
    id: str | None
    reason: str


RawRow = dict[str, Any] | Rejection


def text_columns(task: Task) -> tuple[str, ...]:
    """Columns that hold what a task's prompt is made of; none where a prompt needs more than texts, such as a decision time."""
    if isinstance(task, HeadlineTask):
        return ("text", "question")
    return ("text",) if task.view == "text" else ()


def check_columns(source: str, columns: set[str], task: Task) -> None:
    """Refuse an input whose columns hold no prompt for ``task``.

    Raises:
        TickerTuneError: Neither ``messages`` nor, for a task on a text, the text is there.
    """
    texts = text_columns(task)
    if "messages" in columns or (texts and columns.issuperset(texts)):
        return
    found = ", ".join(sorted(columns)) or "none"
    wanted = " or ".join(["messages", *([" and ".join(texts)] if texts else [])])
    raise TickerTuneError(
        f"Input {source} lacks the column {wanted} for task {task.name} (its columns: {found})",
        "Give `messages` (a list of role and content)"
        + (
            f", or {' and '.join(f'`{name}`' for name in texts)}"
            if texts
            else ", as data_pipeline writes them: a bare text names no decision time"
        ),
    )


def requests_of(
    rows: Sequence[RawRow], first: int, task: Task, template: Template | None = None
) -> Iterator[Request | Rejection]:
    """Turn rows, whose first is row ``first`` of the input, into prompts or rejections."""
    for row, values in enumerate(rows, first):
        yield values if isinstance(values, Rejection) else _request(row, values, task, template)


def _request(row: int, values: dict[str, Any], task: Task, template: Template | None) -> Request | Rejection:
    given = str(next((values[name] for name in ID_COLUMNS if values.get(name) is not None), row))
    given = given.encode("utf-8", "replace").decode()
    reject = partial(Rejection, row, given)
    if values.get("messages") is not None:
        try:
            messages = _MESSAGES.validate_python(values["messages"])
        except ValidationError as error:
            item = error.errors()[0]
            return reject(f"messages{'.'.join(['', *map(str, item['loc'])])}: {item['msg']}")
        if not messages or messages[-1].role != "user":
            return reject("messages do not end with a user's turn")
        return _checked(Request(row, given, messages, values.get("as_of")))
    names = text_columns(task)
    if not names:
        return reject("no messages")
    for name in names:
        text = values.get(name)
        if text is None:
            return reject(f"neither messages nor {name}")
        if not isinstance(text, str) or not text.strip():
            return reject(f"{name} is empty or no text")
    view = HeadlineView(values["text"], values["question"]) if isinstance(task, HeadlineTask) else values["text"]
    return _checked(Request(row, given, task.messages(view, template), values.get("as_of")))


def _checked(request: Request) -> Request | Rejection:
    """Reject texts that are no Unicode, such as half of a surrogate pair, which JSON can spell and no tokenizer reads."""
    try:
        for turn in request.messages:
            turn.content.encode("utf-8")
    except UnicodeEncodeError as error:
        return Rejection(request.row, request.id, f"text is no Unicode: {error.reason} at character {error.start}")
    return request
