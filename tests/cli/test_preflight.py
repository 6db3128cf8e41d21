"""``tickertune preflight`` as a user calls it."""

import json
from pathlib import Path

import pytest

from tests.training.rationales.scripted import made_pairs, tagged_data, write_made_pairs
from tickertune.cli.main import main

SMOKE = "recipes/smoke/run.yaml"


@pytest.fixture
def call(capsys):
    """Run the command line; returns (exit code, all that was printed)."""

    def run(*words: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as end:
            main(["preflight", SMOKE, *words])
        printed = capsys.readouterr()
        return end.value.code or 0, printed.out + printed.err

    return run


def test_a_sound_recipe_is_shown_and_nothing_is_trained(tmp_path: Path, call) -> None:
    code, printed = call("--output", str(tmp_path / "run"), "--build", "--json")
    assert code == 0, printed
    found = json.loads(printed.splitlines()[0])
    assert found["wrong"] == []
    (world,) = found["worlds"]
    assert world["sft"]["lengths"][0]["rows"] == 160
    assert world["sft"]["reading"]["trained"][-1] is True
    assert world["grpo"]["batches"]["steps"] > 0
    resolved = json.loads((tmp_path / "run" / "recipe.json").read_text())
    assert resolved["sft"]["model"]["name"] == "tiny-llama"
    assert not list((tmp_path / "run").rglob("adapter*"))


def test_without_a_data_set_it_says_what_to_do(tmp_path: Path, call) -> None:
    code, printed = call("--output", str(tmp_path / "run"))
    assert code == 0, printed
    assert "give --build" in printed


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        ("sft.learning_rat=1e-3", 2, "did you mean"),
        ("sft.max_length=40", 1, "No training example is left"),
        ("grpo.max_completion_length=2", 1, "max_completion_length to at least"),
    ],
)
def test_what_is_wrong_is_named_and_the_exit_says_so(change: str, code: int, said: str, tmp_path: Path, call) -> None:
    ended, printed = call("--output", str(tmp_path / "run"), "--build", "--set", change)
    assert ended == code
    assert said in " ".join(printed.split())


@pytest.mark.parametrize(
    ("limit", "code", "said"), [(1536, 0, "planted, dpo: tokens"), (40, 1, "planted, dpo: No pair")]
)
def test_pairs_that_a_teacher_has_left_are_looked_at(
    limit: int, code: int, said: str, tmp_path: Path, argued_folder: Path, capsys
) -> None:
    world = tmp_path / "run" / "planted"
    tagged_data(world / "data")
    write_made_pairs(world / "rationales", made_pairs())
    with pytest.raises(SystemExit) as end:
        main(["preflight", str(argued_folder), "--set", f"dpo.max_length={limit}"])
    printed = capsys.readouterr()
    assert (end.value.code or 0) == code
    assert said in " ".join((printed.out + printed.err).split())
