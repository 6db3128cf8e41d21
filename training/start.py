"""The weights that a stage starts from: those of the stage before it."""

from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json
from tickertune.core.models import check_weights
from training.models import Method
from training.stage import FACTS


@dataclass(frozen=True)
class Start:
    """The weights that a stage starts from."""

    method: Method
    weights: Path | None
    """An adapter's or a model's folder; None: a new adapter on the base."""


def start_of(init: Path | None) -> Start:
    """Find the weights to start from.

    Args:
        init: Folder of a finished training stage; None: a new adapter.

    Raises:
        TickerTuneError: ``init`` is no finished training stage.
    """
    if init is None:
        return Start("lora", None)
    if not init.is_dir():
        raise TickerTuneError(f"Folder {init} to start from does not exist", "Train it first, or correct --init")
    method = read_json(init / FACTS).get("method")
    if method not in get_args(Method):
        raise TickerTuneError(f"{init / FACTS} names no training method (given: {method!r})", "Run the SFT stage again")
    weights = init / ("model" if method == "full" else "adapter")
    if method == "full":
        check_weights(weights)
    return Start(method, weights)
