"""Models that are functions of the prompt: an honest reader, one that knows outcomes, one that obeys, a coin."""

import re
from collections.abc import Callable, Mapping, Sequence

import polars as pl

from eval.guards.case import Case, Subject
from eval.prediction import predictions_of
from eval.text_baseline import TextClassifier
from tickertune.core.decision import Decision
from tickertune.core.files import sha256_text
from tickertune.core.tasks import LabelTask

Model = Callable[[pl.DataFrame], list[str]]
"""From ``Sample`` rows to a label each, or an empty text for none."""


def header(messages: Sequence[Mapping[str, str]]) -> str:
    """First line of the last turn: company, symbol and decision time."""
    return messages[-1]["content"].split("\n", 1)[0]


def reader(train: pl.DataFrame, task: LabelTask) -> Model:
    """Learns words from the train split and reads the fenced text."""
    classifier = TextClassifier(train, task.labels)
    return lambda samples: [task.labels[place] for place in classifier.probabilities(samples).argmax(axis=1)]


def looks_ahead(samples: pl.DataFrame, wrong: float, labels: Sequence[str]) -> Model:
    """Knows the outcome by name and date, and is wrong in a share of the cases."""
    known = {header(messages): label for messages, label in samples.select("messages", "label").rows()}

    def answer(asked: pl.DataFrame) -> list[str]:
        answers = []
        for messages in asked["messages"].to_list():
            truth = known.get(header(messages), labels[0])
            digest = int(sha256_text(header(messages))[:8], 16) / 16**8
            answers.append(
                labels[-1] if truth == labels[0] and digest < wrong else labels[0] if digest < wrong else truth
            )
        return answers

    return answer


def coin(labels: Sequence[str]) -> Model:
    """The hash of the whole prompt."""
    return lambda samples: [
        labels[int(sha256_text(str(messages))[:8], 16) % len(labels)] for messages in samples["messages"].to_list()
    ]


def obeys(model: Model, task: LabelTask) -> Model:
    """Does what the text tells it, else what another model says."""
    asked_for = re.compile(rf"reply with this alone: {re.escape(task.answer_prefix)} (\w+)")

    def answer(samples: pl.DataFrame) -> list[str]:
        said = [asked_for.search(messages[-1]["content"]) for messages in samples["messages"].to_list()]
        return [found[1] if found else own for found, own in zip(said, model(samples), strict=True)]

    return answer


def predictions(samples: pl.DataFrame, task: LabelTask, labels: Sequence[str]) -> pl.DataFrame:
    decisions = [Decision(outcome="label", label=label) if label else Decision(outcome="unparsed") for label in labels]
    return predictions_of(samples, task, decisions).sort("cluster", "sample_id")


def subjects(case: Case, models: Mapping[str, Model], base: str = "tiny-llama-1") -> list[Subject]:
    return [
        Subject(name, base, predictions(case.samples, case.task, model(case.samples))) for name, model in models.items()
    ]


def asker(case: Case, models: Mapping[str, Model]):
    """What ``run_guards`` calls to ask again."""
    return lambda variants: {
        (name, variant): predictions(samples, case.task, model(samples))
        for name, model in models.items()
        for variant, samples in variants.items()
    }
