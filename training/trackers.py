"""Trackers of training curves: a stage's run in each, which gets the lines of ``log.jsonl`` once, also after a kill."""

import io
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

from huggingface_hub import constants

from tickertune.core.files import read_json, write_json
from tickertune.core.hub import publishable
from tickertune.core.progress import console
from tickertune.core.run import RUN_FILE
from tickertune.core.tracking import WANDB_LOCAL, WANDB_MODE, Tracker

FOLDER = "tracking"
"""In a stage's folder: the run's name and id, and the files of TensorBoard and wandb."""
PROJECT = "tickertune"
Line = Mapping[str, Any]
SENDING = ("TRACKIO_SPACE_ID", "TRACKIO_SERVER_URL", "TRACKIO_BUCKET_ID", "TRACKIO_DATASET_ID", "TRACKIO_WEBHOOK_URL")
"""Variables by which trackio would send what it is to keep here."""


@dataclass(frozen=True)
class Tracked:
    """A stage as its trackers know it."""

    name: str
    id: str
    folder: Path
    config: Mapping[str, Any]
    """The stage's resolved recipe without the paths of this machine."""


class Writer(Protocol):
    """An open run of a tracker."""

    def add(self, line: Line) -> None:
        """Write one logged step."""
        ...

    def close(self, failed: bool) -> None:
        """End the run, and wait until it is written."""
        ...


def tracked(output: Path, config: Mapping[str, Any]) -> Tracked:
    """Return a stage's name and id, which it keeps until it starts afresh.

    Args:
        output: The stage's folder.
        config: Its resolved recipe.
    """
    folder = output / FOLDER
    file = folder / "run.json"
    if not file.is_file():
        stage, identity = output.resolve(), uuid4().hex
        in_run = (stage.parent.parent / RUN_FILE).is_file()
        words = (stage.parent.parent.name, stage.parent.name, stage.name) if in_run else (stage.name,)
        write_json(file, {"name": "-".join((*words, identity[:8])), "id": identity})
    return Tracked(folder=folder, config=publishable(config), **read_json(file))


def scalars(line: Line) -> dict[str, float]:
    """The numbers of a logged step, by the names that transformers gives them in trackers."""
    return {f"train/{key}": value for key, value in line.items() if key != "step" and isinstance(value, int | float)}


class TensorBoardWriter:
    """Event files in ``tracking/tensorboard``; what they hold of steps that are done again is purged.

    Args:
        run: The stage.
        lines: Steps before those to come.
    """

    def __init__(self, run: Tracked, lines: Sequence[Line]) -> None:
        from torch.utils.tensorboard import SummaryWriter

        folder = run.folder / "tensorboard"
        begun = any(folder.glob("events.*"))
        first = lines[-1]["step"] + 1 if begun and lines else 1
        self._writer = SummaryWriter(str(folder), purge_step=first)
        for line in () if begun else lines:
            self.add(line)

    def add(self, line: Line) -> None:
        """Write one logged step to the disk, so that it is there before the step's checkpoint."""
        for name, value in scalars(line).items():
            self._writer.add_scalar(name, value, line["step"])
        self._writer.flush()

    def close(self, failed: bool) -> None:
        """Close the event file."""
        self._writer.close()


class TrackioWriter:
    """A run in trackio's own folder (``TRACKIO_DIR``) on this machine, whatever the environment says of sending.

    A run that is taken up gets the steps that it has not got: trackio writes half a second behind, so that a kill may cost it some.

    Args:
        run: The stage.
        lines: Steps before those to come.
    """

    def __init__(self, run: Tracked, lines: Sequence[Line]) -> None:
        import trackio
        from trackio.sqlite_storage import SQLiteStorage

        self._trackio = trackio
        if ignored := [name for name in SENDING if name in os.environ]:
            said = f"Warning: {', '.join(ignored)} is not followed: trackio stays on this machine, and trackio sync sends it"
            console.print(said, style="yellow", highlight=False, markup=False, soft_wrap=True)
        with _silent_and_local():
            self._run = trackio.init(
                project=PROJECT, name=run.name, resume="allow", config=dict(run.config), embed=False
            )
            self._last = SQLiteStorage.get_max_step_for_run(PROJECT, run.name) or 0
        for line in lines:
            self.add(line)

    def add(self, line: Line) -> None:
        """Hand over one logged step, unless it is there."""
        if line["step"] > self._last:
            self._run.log(scalars(line), step=line["step"])
            self._last = line["step"]

    def close(self, failed: bool) -> None:
        """Write what is left."""
        with redirect_stdout(io.StringIO()):
            self._trackio.finish()


@contextmanager
def _silent_and_local() -> Iterator[None]:
    """Keep trackio from standard output, which may be JSON, and from the network: it asks the Hub for the user's name."""
    hidden = {name: os.environ.pop(name) for name in SENDING if name in os.environ}
    offline, constants.HF_HUB_OFFLINE = constants.HF_HUB_OFFLINE, True
    try:
        with redirect_stdout(io.StringIO()):
            yield
    finally:
        constants.HF_HUB_OFFLINE = offline
        os.environ.update(hidden)


class WandbWriter:
    """A run of Weights & Biases, by its own variables (``WANDB_API_KEY``, ``WANDB_PROJECT``, ``WANDB_ENTITY``, ``WANDB_MODE``).

    Online, a run that is taken up gets the steps that it has not got. Offline, its files are written again.

    Args:
        run: The stage.
        lines: Steps before those to come.
    """

    def __init__(self, run: Tracked, lines: Sequence[Line]) -> None:
        import wandb

        if os.environ.get(WANDB_MODE) in WANDB_LOCAL:
            for before in (run.folder / "wandb").glob(f"offline-run-*-{run.id}"):
                shutil.rmtree(before)
        self._run = wandb.init(
            project=os.environ.get("WANDB_PROJECT", PROJECT),
            name=run.name,
            id=run.id,
            resume="allow",
            dir=str(run.folder),
            config=dict(run.config),
            settings=wandb.Settings(console="off", disable_git=True, disable_code=True, x_disable_meta=True),
        )
        for line in lines:
            self.add(line)

    def add(self, line: Line) -> None:
        """Hand over one logged step, unless it is there."""
        if line["step"] >= self._run.step:
            self._run.log(scalars(line), step=line["step"])

    def close(self, failed: bool) -> None:
        """Send what is left, and say how training ended."""
        self._run.finish(exit_code=int(failed))


WRITERS: dict[Tracker, Callable[[Tracked, Sequence[Line]], Writer]] = {
    "tensorboard": TensorBoardWriter,
    "trackio": TrackioWriter,
    "wandb": WandbWriter,
}
