"""A recipe whose stages are played by stand-ins, so that only the order of things is tested."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tickertune.cli import pipeline, steps
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


@pytest.fixture
def argued_folder(recipe_folder: Path) -> Path:
    """The same for one world, with a teacher's rationales before sft and dpo after it."""
    run = yaml.safe_load((recipe_folder / "run.yaml").read_text(encoding="utf-8"))
    run |= {"worlds": {"planted": {"data": "data.yaml"}}, "rationales": "rationales.yaml", "dpo": "dpo.yaml"}
    teacher = {"kind": "endpoint", "base_url": "http://127.0.0.1:9/v1", "model": "m", "allow_private": True}
    files = {"run.yaml": run, "rationales.yaml": {"teacher": teacher}, "dpo.yaml": {"beta": 0.2}}
    for name, values in files.items():
        write_text(recipe_folder / name, yaml.safe_dump(values, sort_keys=False))
    return recipe_folder


class Played:
    """Stand-ins for the stages: each notes its call, and fails where it is told to."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.fail_at = ""
        self.pairs = 3
        self.configs: dict[str, Any] = {}

    def trained(self, config: Any) -> dict[str, Any]:
        """Note a training stage and what it was given."""
        self.configs[config.output.name] = config
        return self.note(config.output)

    def argued(self, config: Any) -> dict[str, Any]:
        """Note the rationales, and pay for a reply."""
        self.configs["rationales"] = config
        facts = self.note(config.output)
        with (config.output / "answers.jsonl").open("a", encoding="utf-8") as handle:
            handle.write("a reply\n")
        return {**facts, "pairs": self.pairs}

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
    monkeypatch.setattr(steps, "_train", stages.trained)
    monkeypatch.setattr("training.rationales.synthesis.synthesise", stages.argued)
    monkeypatch.setattr("training.pairs.check_pairs", lambda folder, config: None)
    monkeypatch.setattr("eval.checkpoint.checkpoint_of", lambda name, folder, model: (name, folder))
    monkeypatch.setattr("eval.evaluate.evaluate", lambda data, found, config, folder, world: stages.note(folder))
    monkeypatch.setattr("eval.report.write_report", report)
    monkeypatch.setattr(pipeline, "preflight", lambda recipe: None)
    monkeypatch.setattr(pipeline, "look_before_training", lambda run, recipe, plan, after: [])
    return stages
