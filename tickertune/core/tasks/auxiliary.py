"""The auxiliary tasks of SSPT (2025) for a language model: which stock, which sector, whither the moving average.

SSPT trains a transformer on slices of prices to tell the stock, its sector and the next moving average. Here the same
is asked of a movement view: news and past moves of a company whose name the view must not show, which the data build
sees to. The sector is a choice from the sectors of the market, the stock one from its symbols.
"""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from tickertune.core.tasks.base import GenerativeTask, LabelTask
from tickertune.core.tasks.movement import VARIABLES, VIEW, MovementView, movement_variables


class OriginTask(GenerativeTask):
    """Name what a view is of: the answer is ``<prefix> <name>.`` with any name on one line."""

    view = VIEW
    variables_of_view = VARIABLES
    prefix: ClassVar[str]

    def variables(self, view: MovementView) -> Mapping[str, Any]:
        """What a template may show of the view; ``options`` are the names to choose from."""
        return movement_variables(view, ())

    def answer(self, label: str) -> str:
        """Return the reply that names ``label``."""
        return f"{self.prefix} {label}"

    def read(self, text: str) -> str | None:
        """Return the name of a one-line reply."""
        found = re.fullmatch(rf"{re.escape(self.prefix)}[ ]+(\S(?:[^\n]*\S)?)", text.strip())
        return found[1].rstrip(".") or None if found else None


class TickerTask(OriginTask):
    """Stock code classification: the symbol of the company."""

    prefix = "This is the stock"

    def __init__(self) -> None:
        super().__init__("ticker", (), "ticker@1")


class SectorTask(OriginTask):
    """Stock sector classification: the sector of the company."""

    prefix = "The sector of this company is"

    def __init__(self) -> None:
        super().__init__("sector", (), "sector@1")


class AverageTask(LabelTask):
    """Moving average prediction: does the average of the next session stand above that of the last one?"""

    view = VIEW
    variables_of_view = VARIABLES

    def __init__(self) -> None:
        super().__init__("average", ("falling", "rising"), "The moving average of the price is", "average@1")

    def variables(self, view: MovementView) -> Mapping[str, Any]:
        """What a template may show of the view."""
        return movement_variables(view, self.labels)

    def position(self, label: str) -> float:
        """Return 1 for a rising average and -1 for a falling one."""
        return 1.0 if label == "rising" else -1.0
