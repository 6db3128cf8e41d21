"""Extraction tasks: named entities and relations, one a line.

Labels are the canonical answers themselves: entries without repetition, in the order in which they were given for
entities, sorted for relations, whose order means nothing. So two replies that extract the same have one label.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tickertune.core.tasks.base import GenerativeTask, fenced

NONE = "none"
"""The answer where the text holds nothing to extract."""
SEPARATOR = " | "
ENTITY_TYPES = ("person", "organization", "location")
RELATIONS = (
    "brand", "business division", "chairperson", "chief executive officer", "creator", "currency", "developer",
    "director/manager", "distributed by", "distribution format", "employer", "founded by", "headquarters location",
    "industry", "legal form", "location of formation", "manufacturer", "member of", "operator", "original broadcaster",
    "owned by", "owner of", "parent organization", "platform", "position held", "product/material produced", "publisher",
    "stock exchange", "subsidiary",
)  # fmt: skip
"""The 29 relations of FinRED (Sharma et al., 2022)."""


class ExtractionTask(GenerativeTask):
    """Lines of fields, of which one is from a closed list."""

    view = "text"
    variables_of_view = frozenset({"text", "labels"})
    fields: int
    """Fields of a line."""
    kind: int
    """The field that is from the closed list."""

    def __init__(self, name: str, kinds: Sequence[str], template: str) -> None:
        super().__init__(name, (), template)
        self.kinds = tuple(kinds)

    def variables(self, view: str) -> Mapping[str, Any]:
        """The text, and as ``labels`` the kinds to extract."""
        return {"text": view, "labels": list(self.kinds)}

    def label(self, rows: Iterable[Sequence[str]]) -> str:
        """Return the canonical label of rows; ``none`` where there are none.

        Raises:
            ValueError: A row has another number of fields or an unknown kind, or a field is empty or holds a separator.
        """
        lines = []
        for row in rows:
            line = self._line(row)
            if line is None:
                raise ValueError(f"{tuple(row)} is no row of task {self.name}")
            lines.append(line)
        return "\n".join(self._ordered(lines)) or NONE

    def rows(self, label: str) -> list[tuple[str, ...]]:
        """Return the rows of a canonical label, for scores by row."""
        return [] if label == NONE else [tuple(line.split(SEPARATOR)) for line in label.split("\n")]

    def answer(self, label: str) -> str:
        """Return the label itself: it is the reply."""
        return label

    def read(self, text: str) -> str | None:
        """Return the canonical label of a reply; None where a line breaks the grammar."""
        given = [line.strip() for line in text.strip().splitlines() if line.strip()]
        if [line.lower() for line in given] == [NONE]:
            return NONE
        lines = [self._line([part.strip() for part in line.split("|")]) for line in given]
        if not lines or None in lines:
            return None
        return "\n".join(self._ordered([line for line in lines if line is not None]))

    def _line(self, row: Sequence[str]) -> str | None:
        cells = [fenced(cell) for cell in row]
        if len(cells) != self.fields or not all(cells) or any("|" in cell for cell in cells):
            return None
        cells[self.kind] = cells[self.kind].lower()
        return SEPARATOR.join(cells) if cells[self.kind] in self.kinds else None

    def _ordered(self, lines: list[str]) -> list[str]:
        return list(dict.fromkeys(lines))


class EntitiesTask(ExtractionTask):
    """Persons, organizations and locations of a text: ``type | name`` lines, in the order of the text."""

    fields, kind = 2, 0

    def __init__(self) -> None:
        super().__init__("entities", ENTITY_TYPES, "entities@1")


class RelationsTask(ExtractionTask):
    """Relations between two phrases of a text: ``head | relation | tail`` lines."""

    fields, kind = 3, 1

    def __init__(self) -> None:
        super().__init__("relations", RELATIONS, "relations@1")

    def _ordered(self, lines: list[str]) -> list[str]:
        return sorted(set(lines))
