"""Trackers of training curves: which ones a recipe asks for, and whether they can be used here."""

import os
from importlib.util import find_spec
from typing import Literal

from tickertune.core.errors import TickerTuneError

Tracker = Literal["trackio", "wandb", "tensorboard"]
Tracking = Literal["auto", "none"] | Tracker | list[Tracker]
"""Value of the key ``tracking``."""
UNTRACKED = "tracking: none, since trackio is not installed (for curves run: make setup, or pip install trackio)"
"""What is said once where ``auto`` finds no tracker."""
WANDB_KEY = "WANDB_API_KEY"
WANDB_MODE = "WANDB_MODE"
WANDB_LOCAL = ("offline", "disabled")
"""Modes of wandb that send nothing and need no key."""


def trackers_of(tracking: Tracking) -> list[Tracker]:
    """Return the trackers that a recipe's key stands for, each once.

    ``auto`` is trackio where it is installed, else none.

    Raises:
        TickerTuneError: One that is named is not installed, or wandb is to send and has no key.
    """
    if tracking == "auto":
        return ["trackio"] if find_spec("trackio") is not None else []
    if tracking == "none":
        return []
    named = list(dict.fromkeys(tracking)) if isinstance(tracking, list) else [tracking]
    if missing := [name for name in named if find_spec(name) is None]:
        raise TickerTuneError(
            f"tracking names {', '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} not installed",
            f"Run make setup (or pip install {' '.join(missing)}), or set tracking to none",
        )
    if "wandb" in named and os.environ.get(WANDB_MODE) not in WANDB_LOCAL and not os.environ.get(WANDB_KEY):
        raise TickerTuneError(
            f"tracking names wandb, and {WANDB_KEY} is not set",
            f"Put the key into the environment variable {WANDB_KEY}, or set {WANDB_MODE} to offline",
        )
    return named
