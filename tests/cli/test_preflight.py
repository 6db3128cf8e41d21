"""``tickertune preflight`` as a user calls it."""

import json
import re
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.training.rationales.scripted import made_pairs, tagged_data, write_made_pairs
from tickertune.cli import checks, doctor
from tickertune.cli import preflight as command
from tickertune.cli.main import main
from tickertune.core.errors import TickerTuneError

WARN = ("--set", "grpo.on_constant_wins=warn")
"""The made data have too few samples for a reward to be balanced on them."""
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
    assert found["warnings"] == []
    assert world["grpo"]["dropped"] == {"too_long": 0, "no_outcome": 0, "other_task": 0}
    versions = {row["package"]: row for row in found["versions"]}
    assert versions["trl"] == {"package": "trl", "wanted": "==1.16.0", "found": version("trl"), "ok": True}


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
        (
            "grpo.trainer={num_iterations: 3}",
            1,
            "planted, grpo: save_steps 2 is no multiple of trainer.num_iterations 3",
        ),
        ("sft.trainer={max_grad_nrm: 1}", 1, "planted, sft: unknown key 'trainer.max_grad_nrm' (did you mean"),
    ],
)
def test_what_is_wrong_is_named_and_the_exit_says_so(change: str, code: int, said: str, tmp_path: Path, call) -> None:
    ended, printed = call("--output", str(tmp_path / "run"), "--build", "--set", change)
    assert ended == code
    assert said in " ".join(printed.split())


def test_a_trainer_block_is_read_before_there_are_data(tmp_path: Path, call) -> None:
    code, printed = call("--output", str(tmp_path / "run"), "--set", "grpo.trainer={loss_type: dappo}")
    assert code == 1
    assert "'trainer.loss_type' is 'dappo' (did you mean 'dapo'?)" in " ".join(printed.split())


def test_one_thing_that_is_wrong_hides_no_other(tmp_path: Path, call, monkeypatch) -> None:
    """A version that is off, an accelerate configuration with a typo, and a GRPO mistake; SFT is shown all the same."""
    off = doctor.Finding("trl", "9.9, but ==1.16.0 was tried", "off", "Run make clean setup")
    monkeypatch.setattr(command, "packages", lambda: [off])
    (tmp_path / "own.yaml").write_text("distributed_type: MULTI_CPU\nnum_proceses: 2\n")
    changes = [f"accelerate={tmp_path}/own.yaml", "grpo.max_completion_length=2"]
    code, printed = call(
        "--output", str(tmp_path / "run"), "--build", "--json", "--set", changes[0], "--set", changes[1]
    )
    assert code == 1
    found = json.loads(printed.splitlines()[0])
    assert [sentence.split()[0] for sentence in found["wrong"]] == ["accelerate", "trl", "planted,"]
    assert "unknown key 'num_proceses' (did you mean 'num_processes'?)" in found["wrong"][0]
    assert found["worlds"][0]["sft"]["lengths"][0]["rows"] == 160


def test_a_memory_that_does_not_suffice_is_a_warning(tmp_path: Path, call, monkeypatch) -> None:
    monkeypatch.setattr("training.preflight.memory.available_bytes", lambda: 10**6)
    code, printed = call("--output", str(tmp_path / "run"), "--build")
    assert code == 0
    assert re.search(
        r"Warning: planted, sft: about \d\.\d GB are needed .*and there are 0\.0 GB", " ".join(printed.split())
    )


def test_a_gated_base_is_told_without_a_traceback(tmp_path: Path, call, monkeypatch) -> None:
    """Also where its tokenizer is then looked for, which the Hub refuses as well."""

    def refused(*args: object, **kwargs: object) -> None:
        raise OSError("You are trying to access a gated repo.\nMake sure to have access to it")

    def gated(name: str) -> None:
        raise TickerTuneError(f"Model {name} is gated on the Hub", "Ask for access")

    monkeypatch.setattr("transformers.AutoTokenizer.from_pretrained", refused)
    monkeypatch.setattr(checks, "check_hub_rights", gated)
    model = (
        "--set",
        "model.name=owner/gated",
        "--set",
        "sft.model.name=owner/gated",
        "--set",
        "grpo.model.name=owner/gated",
    )
    code, printed = call("--output", str(tmp_path / "run"), "--build", *model)
    assert code == 1
    said = " ".join(printed.split())
    assert "Wrong: Model owner/gated is gated on the Hub. Ask for access." in said
    assert said.count("The tokenizer of owner/gated cannot be loaded (You are trying to access a gated repo.)") == 1


def test_the_right_to_push_is_asked_for(tmp_path: Path, call, monkeypatch) -> None:
    monkeypatch.setattr(command, "check_push", lambda name: f"HF_TOKEN may write to {name}")
    code, printed = call("--output", str(tmp_path / "run"), "--push", "me/model", "--json")
    assert (code, json.loads(printed.splitlines()[0])["push"]) == (0, "HF_TOKEN may write to me/model")
    monkeypatch.undo()
    monkeypatch.delenv("HF_TOKEN", raising=False)
    code, printed = call("--output", str(tmp_path / "run"), "--push", "me/model")
    assert code == 1
    assert "push: HF_TOKEN is not set" in printed


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
        main(["preflight", str(argued_folder), "--set", f"dpo.max_length={limit}", *WARN])
    printed = capsys.readouterr()
    assert (end.value.code or 0) == code
    assert said in " ".join((printed.out + printed.err).split())


def test_a_reward_models_pairs_are_looked_at(tmp_path: Path, argued_folder: Path, capsys) -> None:
    world = tmp_path / "run" / "planted"
    tagged_data(world / "data")
    write_made_pairs(world / "rationales", made_pairs(24))
    with pytest.raises(SystemExit) as end:
        main(
            [
                "preflight",
                str(argued_folder),
                "--json",
                "--set",
                "reward_model={held_out: 0.34}",
                "--set",
                "eval.votes=4",
                *WARN,
            ]
        )
    printed = capsys.readouterr().out
    found = json.loads(printed.splitlines()[0])
    assert (end.value.code or 0) == 0, found["wrong"]
    seen = found["worlds"][0]["reward_model"]
    assert [(row["split"], row["rows"]) for row in seen["lengths"]] == [("train", 12), ("held out", 8)]
    assert seen["memory"]["stage"] == "reward_model"
