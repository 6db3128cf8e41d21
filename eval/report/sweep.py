"""A sweep as the report shows it."""

from dataclasses import dataclass
from pathlib import Path

from eval.metrics import MetricRow
from eval.report.layout import Rows, metric_title, title_of, with_interval
from eval.sweep import SWEEP_FILE
from tickertune.core.files import read_json
from tickertune.core.run import MARKER

FOLDER = "sweep"


@dataclass(frozen=True)
class Sweep:
    """Scores of the checkpoints that training kept."""

    rows: Rows
    split: str
    headline: str
    """The metric that decides."""
    steps: dict[str, list[tuple[int, str]]]
    """Steps and the names of their checkpoints, by stage."""

    def best(self) -> MetricRow | None:
        """The first row with the highest headline metric."""
        names = [name for steps in self.steps.values() for _, name in steps]
        rows = [row for name in names if (row := self.rows.get(name, self.headline)) is not None]
        return max(rows, key=lambda row: row.value, default=None)


def read_sweep(folder: Path, rows: Rows) -> Sweep:
    """Read a sweep's folder.

    Args:
        folder: Where ``eval.sweep.sweep`` wrote.
        rows: Its metric rows.
    """
    about = read_json(folder / SWEEP_FILE)
    stages = dict.fromkeys(entry["stage"] for entry in about["steps"].values())
    steps = {
        stage: sorted((entry["step"], name) for name, entry in about["steps"].items() if entry["stage"] == stage)
        for stage in stages
    }
    return Sweep(rows, about["split"], about["headline"], steps)


def is_current(world: Path) -> bool:
    """Whether a world has a whole sweep, and its stages are still those that it is of."""
    path = world / FOLDER / SWEEP_FILE
    if not path.is_file():
        return False
    keys = read_json(path)["keys"]
    return all(_key(world / stage) == key for stage, key in keys.items())


def _key(stage: Path) -> str | None:
    return str(read_json(stage / MARKER)["key"]) if (stage / MARKER).is_file() else None


def sweep_note(sweep: Sweep) -> str:
    """What a reader of the curve has to know."""
    best = sweep.best()
    count = sum(map(len, sweep.steps.values()))
    text = f"Scored on the {sweep.split} split."
    if best is not None and count > 1:
        stage, step = next(
            (stage, step) for stage, steps in sweep.steps.items() for step, name in steps if name == best.checkpoint
        )
        text += (
            f" Of {count} checkpoints {title_of(stage)} at step {step} has the highest {metric_title(sweep.headline)}: "
            f"{with_interval(best)}. The best of several looks better than it is; its interval does not know that it was chosen."
        )
    if sweep.split == "test":
        text += " A checkpoint that is chosen here has seen the test split: its score on it is no held-out score."
    return text
