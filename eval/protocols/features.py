"""What every sample adds to a protocol's measures: a row of sums for each, read from the task's own parser."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from eval.protocols.rouge import rouge
from tickertune.core.errors import TickerTuneError
from tickertune.core.tasks import EntitiesTask, ForecasterTask, RelationsTask, Task
from tickertune.core.tasks.extraction import ExtractionTask
from tickertune.core.tasks.forecaster import SECTIONS, sections_of

Row = dict[str, float]
OPEN_BIN = 5.5
"""Per cent that FinGPT's evaluation takes for "more than 5%"."""
COMPARED = tuple(name for name in SECTIONS if name != "Prediction")
"""Sections whose words ROUGE compares."""


def reply_features(task: Task, gold: Sequence[str], answers: Sequence[str], replies: pl.DataFrame) -> pl.DataFrame:
    """Read generated replies.

    Args:
        task: Entities, relations or the forecaster.
        gold: Labels of the samples.
        answers: The samples' reference answers, in the same order.
        replies: ``reply`` (text) and ``finished``, in the same order.

    Returns:
        One row a sample with the sums that ``measures`` builds on, and ``outcome`` of the parser.

    Raises:
        TickerTuneError: The task's replies are scored by label and need no reading here.
    """
    decisions = [task.parse(text, finished=finished) for text, finished in replies["reply", "finished"].rows()]
    labels = [decision.label for decision in decisions]
    if isinstance(task, ForecasterTask):
        texts = replies["reply"].to_list()
        rows = [_forecast(task, *sample) for sample in zip(gold, labels, answers, texts, strict=True)]
    elif isinstance(task, ExtractionTask):
        rows = [_extracted(task, true, found) for true, found in zip(gold, labels, strict=True)]
    else:
        raise TickerTuneError(
            f"Task {task.name} has labels that one forward pass scores", "Use: tickertune eval with the key protocol"
        )
    table = pl.DataFrame(rows, schema=dict.fromkeys(rows[0], pl.Float64) if rows else None)
    return table.with_columns(pl.Series("outcome", [decision.outcome for decision in decisions], pl.String))


def _extracted(task: ExtractionTask, gold: str, found: str | None) -> Row:
    """Counts of one sample; a reply that cannot be read has found nothing."""
    expected, given = set(task.rows(gold)), set(task.rows(found) if found is not None else [])
    row: Row = {
        "hits": float(len(expected & given)), "expected": float(len(expected)), "given": float(len(given)),
        "exact": float(found == task.label(task.rows(gold))), "samples": 1.0,
    }  # fmt: skip
    if isinstance(task, RelationsTask):
        first, second = (Counter(cells[task.kind] for cells in rows) for rows in (expected, given))
        row |= {
            "kind_hits": float((first & second).total()), "kind_expected": float(first.total()),
            "kind_given": float(second.total()),
        }  # fmt: skip
    return row


def _forecast(task: ForecasterTask, gold: str, found: str | None, answer: str, reply: str) -> Row:
    """Side, squared error of the magnitude and word overlap of one sample."""
    read = found is not None
    error = 0.0 if found is None else (_percent(task, found) - _percent(task, gold)) ** 2
    reference, given = sections_of(answer), sections_of(reply)
    scores = [rouge(reference[name], given.get(name, "")) for name in COMPARED if reference.get(name)]
    return {
        "right_side": float(read and found is not None and found[0] == gold[0]),
        "read": float(read), "samples": 1.0, "squared_error": error,
        **{kind: sum(getattr(score, kind) for score in scores) for kind in ("rouge1", "rouge2", "rougeL")},
        "sections": float(len(scores)),
    }  # fmt: skip


def _percent(task: ForecasterTask, label: str) -> float:
    """Middle of a label's bin, in signed per cent."""
    return task.position(label) * OPEN_BIN if label.endswith("+") else 100 * task.move(label)


def question_features(predictions: pl.DataFrame) -> pl.DataFrame:
    """Confusion of each question of protocol headline, from ``Prediction`` rows.

    The question is the last part of a sample's id. Columns are ``QUESTION|GOLD|DECISION`` with 0 and 1, a row a sample;
    ``none`` is the decision of an answer without a label.
    """
    questions = sorted({_question(sample) for sample in predictions["sample_id"]})
    names = [
        f"{question}|{gold}|{decision}" for question in questions for gold in ("no", "yes") for decision in CHOICES
    ]
    rows = []
    for sample, gold, label in predictions["sample_id", "gold", "label"].rows():
        row = dict.fromkeys(names, 0.0)
        row[f"{_question(sample)}|{gold}|{label or 'none'}"] = 1.0
        rows.append(row)
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.Float64))


CHOICES = ("no", "yes", "none")


def questions_of(names: Iterable[str]) -> list[str]:
    """The questions that columns of ``question_features`` are about, in their order."""
    return list(dict.fromkeys(name.split("|")[0] for name in names))


def _question(sample_id: str) -> str:
    return sample_id.rsplit(":", 1)[-1]


REPLY_TASKS: Mapping[str, type[Task]] = {
    "entities": EntitiesTask,
    "relations": RelationsTask,
    "forecaster": ForecasterTask,
}
"""Tasks whose protocols read generated replies."""
