"""What a guard found, in words and figures, and guards.json."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json, write_json
from tickertune.core.noun import Noun

Verdict = Literal["pass", "flag", "remark", "not_applicable"]
"""``flag``: the score may not mean what it seems to. ``remark``: worth knowing, nothing is wrong."""
RESULT = "guards.json"


class GuardResult(Noun):
    """One guard's finding on one checkpoint, or on the data."""

    guard: str
    checkpoint: str | None
    """None where the finding is about the data or the prompts."""
    verdict: Verdict
    said: str
    """The finding as sentences."""
    figures: dict[str, float | int | str | None] = {}
    """What the sentences rest on."""


def not_applicable(guard: str, why: str, checkpoint: str | None = None) -> GuardResult:
    """Say why a guard has nothing to look at."""
    return GuardResult(guard=guard, checkpoint=checkpoint, verdict="not_applicable", said=why)


def write_guards(results: Sequence[GuardResult], folder: Path) -> None:
    """Write guards.json."""
    write_json(folder / RESULT, [result.model_dump(mode="json") for result in results])


def read_guards(folder: Path) -> list[GuardResult]:
    """Read guards.json of an evaluation; nothing where no guards ran.

    Raises:
        TickerTuneError: The file is damaged or of another version.
    """
    path = folder / RESULT
    if not path.is_file():
        return []
    try:
        return TypeAdapter(list[GuardResult]).validate_python(read_json(path))
    except ValidationError as error:
        raise TickerTuneError(
            f"File {path} holds no findings of guards ({error.errors()[0]['msg']})", "Run the eval stage again"
        ) from error
