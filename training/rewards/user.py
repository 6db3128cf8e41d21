"""Reward terms of the user's own, by dotted path. Naming one runs its module's code, with the rights of the training."""

import importlib
import math
import sys
import sysconfig
import traceback
from collections.abc import Callable
from importlib.machinery import PathFinder
from pathlib import Path

from tickertune.core.answers import Answer
from tickertune.core.disk import is_disk_full
from tickertune.core.errors import TickerTuneError
from training.rewards.batch import Outcome

UserTerm = Callable[[Answer, Outcome, str], float | None]
"""``term(answer, outcome, prompt)``: a finite number, or None where the sample has no outcome for it."""


def load_user_term(path: str) -> UserTerm:
    """Import a function by its dotted path, from the working folder or an installed package and from nowhere else.

    Raises:
        TickerTuneError: There is no such module there, importing it fails, or there is no such function in it.
    """
    module_name, _, name = path.rpartition(".")
    top = module_name.partition(".")[0]
    places = [str(Path.cwd()), *dict.fromkeys(sysconfig.get_path(kind) for kind in ("purelib", "platlib"))]
    if top in sys.builtin_module_names or PathFinder.find_spec(top, places) is None:
        raise TickerTuneError(
            f"Reward term '{path}' is neither in the working folder {places[0]} nor in an installed package",
            "Start where the module lies, or install it",
        )
    if places[0] not in sys.path:
        sys.path.insert(0, places[0])
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not module_name.startswith(error.name):
            raise _raised(
                f"The module of reward term '{path}'", error
            ) from error  # one that the user's own code misses
        raise TickerTuneError(f"Reward term '{path}': there is no module '{error.name}'", "Correct the path") from error
    except Exception as error:
        raise _raised(f"The module of reward term '{path}'", error) from error
    function = getattr(module, name, None)
    if not callable(function):
        raise TickerTuneError(f"Module '{module_name}' has no function '{name}' for a reward", "Correct the path")
    return function  # type: ignore[no-any-return]


def value_of(path: str, term: UserTerm, answer: Answer, outcome: Outcome, prompt: str) -> float:
    """Return what a user's term gives for an answer, NaN for None.

    Raises:
        TickerTuneError: It raises, or gives no finite number: a reward that fails never turns into a reward of 0.
    """
    try:
        value = term(answer, outcome, prompt)
    except Exception as error:
        if isinstance(error, TickerTuneError) or is_disk_full(error):
            raise
        raise _raised(f"Reward term '{path}'", error) from error
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TickerTuneError(
            f"Reward term '{path}' returned {value!r}, not a finite number",
            "Return a float, or None without an outcome",
        )
    return float(value)


def _raised(what: str, error: Exception) -> TickerTuneError:
    """What a user's code raised, and where: the outermost line of it; a syntax error says so itself."""
    ours = (__file__, importlib.__file__)
    lines = [
        f" ({Path(frame.filename).name}, line {frame.lineno})"
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename not in ours and not frame.filename.startswith("<")
    ]
    said = str(error).splitlines()
    return TickerTuneError(
        f"{what} raised {type(error).__name__}{f': {said[0]}' if said else ''}{lines[0] if lines else ''}",
        "Correct it and give the same command again: training goes on from its last checkpoint",
    )
