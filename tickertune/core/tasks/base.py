"""What every task has: a prompt from a template, an answer format, and a strict parser.

``Task`` is the interface. A ``ChoiceTask`` states one of a few labels in a sentence; a ``LabelTask`` is one whose
labels also start with different tokens, so that evaluation scores them in one forward pass; a ``GenerativeTask``
has an answer of its own grammar, which only a generated reply can give.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

from tickertune.core.decision import Decision
from tickertune.core.sample import Message
from tickertune.core.tasks.fencing import fenced
from tickertune.core.tasks.negation import has_negator, negated
from tickertune.core.tasks.template import Template, load_template

__all__ = ["ChoiceTask", "GenerativeTask", "LabelTask", "Task", "fenced"]


class Task(ABC):
    """A question with its prompt, its answer and the reading of a reply."""

    view: ClassVar[str]
    """The kind of view that its templates show: ``task`` in a template's YAML."""
    variables_of_view: ClassVar[frozenset[str]]
    """Names that a template may use."""
    has_positions: ClassVar[bool] = False
    """Whether a label is acted on in a market."""

    def __init__(self, name: str, labels: Sequence[str], template: str) -> None:
        self.name = name
        self.labels = tuple(labels)
        """The label space; empty where answers are open."""
        self.default_template = template

    @cached_property
    def template(self) -> Template:
        """The template that the task uses where a recipe names none."""
        return self.load(self.default_template)

    def load(self, reference: str | None) -> Template:
        """Load a template for this task by ``name@version`` or path; None: the default one.

        Raises:
            TickerTuneError: There is none, or it is not for this task.
        """
        if reference is None:
            return self.template
        return load_template(reference, self.view, self.variables_of_view)

    @abstractmethod
    def variables(self, view: Any) -> Mapping[str, Any]:
        """What a template may show of a view: texts, numbers, lists and mappings of them."""

    def messages(self, view: Any, template: Template | None = None) -> list[Message]:
        """Render the prompt; the template engine fences every text of the view."""
        return (template or self.template).render(self.variables(view))

    @abstractmethod
    def answer(self, label: str) -> str:
        """Return the reply that states ``label``, in the canonical form that ``parse`` gives back."""

    @abstractmethod
    def well_formed(self, text: str) -> bool:
        """Whether ``text`` is exactly one answer in the required format and nothing else."""

    @abstractmethod
    def parse(self, text: str, *, finished: bool = True) -> Decision:
        """Read a generated reply.

        Args:
            text: The reply without special tokens.
            finished: Whether the model ended it by itself.

        Returns:
            The decision; its ``label`` is canonical, so that equal answers have equal labels. A reply that states
            nothing readable is ``unparsed``, or ``truncated`` where it stopped at the length limit; an empty one is
            ``abstained``.
        """

    def position(self, label: str) -> float:
        """Return the position in [-1, 1] that acts on ``label``; tasks without a market refuse."""
        raise TypeError(f"task {self.name} has no positions")

    def move(self, label: str) -> float | None:
        """Return the signed return, as a fraction, that the label itself states; None where it states a side alone."""
        return None


class ChoiceTask(Task):
    """One of a few labels; the answer is ``<answer_prefix> <label>``, a sentence that a pretrained model finds natural."""

    def __init__(self, name: str, labels: Sequence[str], answer_prefix: str, template: str) -> None:
        super().__init__(name, labels, template)
        self.answer_prefix = answer_prefix
        words = "|".join(map(re.escape, sorted(self.labels, key=len, reverse=True)))
        self._answer = re.compile(rf"{re.escape(answer_prefix)}\s+({words})\s*\.?", re.IGNORECASE)
        self._word = re.compile(rf"(?<!\w)({words})(?!\w)", re.IGNORECASE)

    def answer(self, label: str) -> str:
        """Return the reply that states ``label``."""
        return f"{self.answer_prefix} {label}"

    def continuation(self, label: str) -> str:
        """Return what follows ``answer_prefix`` when the answer is ``label``."""
        return f" {label}"

    def well_formed(self, text: str) -> bool:
        """Whether ``text`` is exactly one answer in the required format and nothing else."""
        return self._answer.fullmatch(text.strip()) is not None

    def parse(self, text: str, *, finished: bool = True) -> Decision:
        """Read a reply: one that names no label, or several different ones, is ``unparsed``.

        A label that is denied ("did not go up") is not named.
        """
        if not text.strip():
            return Decision(outcome="abstained" if finished else "truncated")
        if has_negator(text):
            words = self._word.finditer(text)
            found = {word[0].lower() for word in words if not negated(text, word.start())}
        else:
            found = {word.lower() for word in self._word.findall(text)}
        if len(found) == 1:
            return Decision(outcome="label", label=found.pop())
        return Decision(outcome="unparsed" if finished or found else "truncated")


class LabelTask(ChoiceTask):
    """A choice whose labels start with different tokens.

    Evaluation scores the labels after ``answer_prefix`` in one forward pass; generation is read by ``parse``. Both mean
    the same thing.
    """


class GenerativeTask(Task):
    """A task whose answers have a grammar of their own, read from a generated reply."""

    @abstractmethod
    def read(self, text: str) -> str | None:
        """Return the canonical label that a whole reply states, or None where it breaks the grammar."""

    def well_formed(self, text: str) -> bool:
        """Whether the reply keeps to the grammar."""
        return self.read(text) is not None

    def parse(self, text: str, *, finished: bool = True) -> Decision:
        """Read a reply; one that was cut off is ``truncated``, for what it would have added nobody knows."""
        if not text.strip():
            return Decision(outcome="abstained" if finished else "truncated")
        label = self.read(text) if finished else None
        if label is None:
            return Decision(outcome="unparsed" if finished else "truncated")
        return Decision(outcome="label", label=label)
