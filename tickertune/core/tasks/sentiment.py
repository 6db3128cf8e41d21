"""Tasks on one text: sentiment in three or seven classes, the stance of a central bank, questions on a headline."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tickertune.core.tasks.base import ChoiceTask, LabelTask

TEXT_VARIABLES = frozenset({"text", "labels"})


class TextTask(LabelTask):
    """A label of one text."""

    view = "text"
    variables_of_view = TEXT_VARIABLES

    def variables(self, view: str) -> Mapping[str, Any]:
        """The text and the labels to choose from."""
        return {"text": view, "labels": list(self.labels)}


class SentimentTask(TextTask):
    """Negative, neutral or positive, of one text (Financial PhraseBank, FiQA, TFNS, NWGI folded)."""

    def __init__(self) -> None:
        super().__init__(
            "sentiment", ("negative", "neutral", "positive"), "The sentiment of this text is", "sentiment@1"
        )


class StanceTask(TextTask):
    """Dovish, neutral or hawkish, of one sentence of a central bank (Shah et al., ACL 2023)."""

    def __init__(self) -> None:
        super().__init__("fomc", ("dovish", "neutral", "hawkish"), "The policy stance of this text is", "fomc@1")


class GradedSentimentTask(ChoiceTask):
    """The seven classes of NWGI, from strong negative to strong positive.

    Two labels start with the same word ("strong"), so they cannot be told apart by their first token: replies are read.
    """

    view = "text"
    variables_of_view = TEXT_VARIABLES

    def __init__(self) -> None:
        sides = [f"{degree} negative" for degree in ("strong", "moderately", "mildly")]
        labels = (*sides, "neutral", *(side.replace("negative", "positive") for side in reversed(sides)))
        super().__init__("sentiment7", labels, "The sentiment of this text is", "sentiment7@1")

    def variables(self, view: str) -> Mapping[str, Any]:
        """The text and the labels to choose from."""
        return {"text": view, "labels": list(self.labels)}


FOLDED = {
    "strong negative": "negative",
    "moderately negative": "negative",
    "mildly negative": "neutral",
    "neutral": "neutral",
    "mildly positive": "neutral",
    "moderately positive": "positive",
    "strong positive": "positive",
}
"""Seven classes to three, as protocol fingpt-v3 folds NWGI: the mild ones count as neutral."""


@dataclass(frozen=True)
class HeadlineView:
    """A headline and a question on it."""

    text: str
    question: str


class HeadlineTask(LabelTask):
    """A yes-or-no question on a headline (Sinha and Khandait, 2021: what it says of the price of gold)."""

    view = "headline"
    variables_of_view = frozenset({"text", "question", "labels"})

    def __init__(self) -> None:
        super().__init__("headline", ("no", "yes"), "The answer to the question is", "headline@1")

    def variables(self, view: HeadlineView) -> Mapping[str, Any]:
        """The headline, the question and the two answers."""
        return {"text": view.text, "question": view.question, "labels": list(self.labels)}
