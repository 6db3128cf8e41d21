"""A whole run with rationales and DPO on the tiny model, with a teacher that follows a script: cut off and taken up, it ends alike."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.training.conftest import Cut, cut_after
from tests.training.rationales.scripted import TASK, ScriptedTeacher, turn_of
from tickertune.cli.pipeline import run_recipe
from tickertune.core.answers import tagged_reply
from tickertune.core.files import read_json
from tickertune.core.recipe import Recipe, load_recipe
from training.rationales.teacher import Chat

COMPARED = (
    "*/data/**/*.parquet",
    "*/rationales/**/*.parquet",
    "*/rationales/**/*.md",
    "*/*/adapter/*.safetensors",
    "metrics.json",
)
CHANGES = {
    **dict.fromkeys(("model", "sft.model", "dpo.model"), "{name: tiny-llama, dtype: float32}"),
    "worlds.planted.data.source.companies": "12",
    "worlds.planted.data.limit": "{train: 24, validation: 8, test: 24}",
    "rationales.draws": "2",
    "rationales.style": "free",
    "sft.save_steps": "2",
    "dpo.save_steps": "2",
    "reward_model": "{batch_size: 2, held_out: 0.3}",
    "eval": "{backend: fake, resamples: 200, baselines: [majority], votes: {samples: 2, max_tokens: 4}}",
    "tracking": "none",
}


def one_right_one_wrong(messages: Chat, draw: int) -> str:
    """Up, then down; after a reflection the other label."""
    if turn_of(messages) == "reflection":
        return "I read the news the wrong way round."
    words = tagged_reply("The news is good.", TASK.answer("up")), tagged_reply("The news is bad.", TASK.answer("down"))
    if turn_of(messages) == "first":
        return words[draw]
    return words[1] if messages[-4]["content"] == words[0] else words[0]


def recipe(folder: Path) -> Recipe:
    return load_recipe(ROOT / "recipes" / "rationales", {**CHANGES, "output": str(folder)})


def teacher(monkeypatch: pytest.MonkeyPatch, dies_after: int | None = None) -> ScriptedTeacher:
    scripted = ScriptedTeacher(one_right_one_wrong, dies_after)

    @contextmanager
    def opened(config: Any) -> Iterator[ScriptedTeacher]:
        yield scripted

    monkeypatch.setattr("training.rationales.synthesis.open_teacher", opened)
    return scripted


def contents(run: Path) -> dict[str, bytes]:
    return {str(path.relative_to(run)): path.read_bytes() for pattern in COMPARED for path in run.glob(pattern)}


@pytest.mark.slow
def test_a_run_that_was_cut_off_in_rationales_and_in_dpo_ends_as_an_undisturbed_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = teacher(monkeypatch)
    run_recipe(recipe(tmp_path / "whole"))
    stages = {path.parent.name for path in (tmp_path / "whole" / "planted").glob("*/done.json")}
    assert stages == {"data", "rationales", "sft", "dpo", "reward_model", "eval"}
    rows = {row["checkpoint"] for row in read_json(tmp_path / "whole" / "metrics.json")}
    assert {"base", "sft", "dpo", "dpo minus sft", "dpo@2", "dpo@2-best_of_n"} <= rows
    assert "DPO" in (tmp_path / "whole" / "report.html").read_text(encoding="utf-8")

    killed = teacher(monkeypatch, dies_after=30)
    with pytest.raises(KeyboardInterrupt):
        run_recipe(recipe(tmp_path / "cut"))
    resumed = teacher(monkeypatch)
    with monkeypatch.context() as patch:
        cut_after(patch, 5)  # SFT has six steps
        with pytest.raises(Cut):
            run_recipe(recipe(tmp_path / "cut"))
    with monkeypatch.context() as patch:
        cut_after(patch, 3)  # SFT goes on after step 4, and DPO has three
        with pytest.raises(Cut):
            run_recipe(recipe(tmp_path / "cut"))
    run_recipe(recipe(tmp_path / "cut"))
    assert len(killed.asked) + len(resumed.asked) == len(asked.asked)
    whole = contents(tmp_path / "whole")
    assert {
        f"planted/{stage}/adapter/adapter_model.safetensors" for stage in ("sft", "dpo", "reward_model")
    } <= whole.keys()
    assert contents(tmp_path / "cut") == whole
