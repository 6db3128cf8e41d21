"""A recipe whose stages are played by stand-ins, so that only the order of things is tested."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tickertune.cli import pipeline
from tickertune.core.files import write_json, write_text

SPLIT = {
    "train_start": "2020-01-02",
    "train_end": "2020-06-01",
    "validation_end": "2020-07-01",
    "test_start": "2020-07-01",
    "test_end": "2020-09-01",
}


@pytest.fixture
def recipe_folder(tmp_path: Path) -> Path:
    """A folder with run.yaml and the files that it names: two worlds, sft and grpo."""
    folder = tmp_path / "recipe"
    data = {"kind": "movement", "source": {"kind": "simulated"}, "split": SPLIT}
    world = {"data": "data.yaml"}
    files: dict[str, Any] = {
        "data.yaml": data,
        "sft.yaml": {"learning_rate": 0.001},
        "grpo.yaml": {"steps": 2},
        "eval.yaml": {"backend": "fake"},
        "run.yaml": {
            "name": "played",
            "model": {"name": "tiny-llama"},
            "worlds": {"planted": world, "placebo": {**world, "set": {"source.signal": 0}, "placebo": True}},
            "sft": "sft.yaml",
            "grpo": "grpo.yaml",
            "eval": "eval.yaml",
            "output": str(tmp_path / "run"),
        },
    }
    for name, values in files.items():
        write_text(folder / name, yaml.safe_dump(values, sort_keys=False))
    return folder


class Played:
    """Stand-ins for the stages: each notes its call, and fails where it is told to."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.fail_at = ""

    def note(self, folder: Path) -> dict[str, Any]:
        """Note a stage by its folder, ``world/stage``."""
        name = f"{folder.parent.name}/{folder.name}"
        if name == self.fail_at:
            raise KeyboardInterrupt
        self.calls.append(name)
        write_text(folder / "result", name)
        return {"done": name}

    def take(self) -> list[str]:
        """The calls since the last time."""
        calls, self.calls = self.calls, []
        return calls


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> Played:
    """Replace data, training, evaluation and report by stand-ins."""
    stages = Played()

    def report(folder: Path) -> Path:
        write_json(folder / "metrics.json", [])
        write_text(folder / "report.html", "")
        return folder / "report.html"

    monkeypatch.setattr("data_pipeline.build.build", lambda config, folder: stages.note(folder))
    monkeypatch.setattr(pipeline, "_train", lambda config: stages.note(config.output))
    monkeypatch.setattr("eval.checkpoint.checkpoint_of", lambda name, folder, model: (name, folder))
    monkeypatch.setattr("eval.evaluate.evaluate", lambda data, found, config, folder, world: stages.note(folder))
    monkeypatch.setattr("eval.report.write_report", report)
    monkeypatch.setattr(pipeline, "preflight", lambda recipe: None)
    return stages
