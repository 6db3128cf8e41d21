import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.eval.conftest import made_samples, write_made
from tickertune.cli import checks, pipeline, steps
from tickertune.cli.clock import Clock, duration
from tickertune.cli.pipeline import run_recipe
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import write_json, write_text
from tickertune.core.hardware import native_dtype
from tickertune.core.lock import folder_lock
from tickertune.core.recipe import Recipe, load_recipe

ALL = [f"{world}/{stage}" for world in ("planted", "placebo") for stage in ("data", "sft", "grpo", "eval")]

OTHER_DTYPE = "float32" if native_dtype() == "bfloat16" else "bfloat16"


def load(folder: Path, **overrides: str) -> Recipe:
    return load_recipe(folder, {key.replace("__", "."): value for key, value in overrides.items()})


def test_stages_come_in_order_and_the_report_last(recipe_folder, played):
    report = run_recipe(load(recipe_folder))
    assert played.take() == ALL
    assert report.exists()


def test_finished_stages_are_not_repeated(recipe_folder, played):
    run_recipe(load(recipe_folder))
    played.take()
    run_recipe(load(recipe_folder))
    assert played.take() == []


@pytest.mark.parametrize(
    ("change", "redone"),
    [
        ({"sft__learning_rate": "0.002"}, ["sft", "grpo", "eval"]),
        ({"grpo__steps": "3"}, ["grpo", "eval"]),
        ({"eval__cost_bps": "9"}, ["eval"]),
        ({"model__dtype": OTHER_DTYPE}, ["sft", "grpo", "eval"]),
    ],
)
def test_change_redoes_the_stage_and_those_after_it(recipe_folder, played, change, redone):
    run_recipe(load(recipe_folder))
    played.take()
    run_recipe(load(recipe_folder, **change))
    assert played.take() == [name for name in ALL if name.partition("/")[2] in redone]


def test_change_of_one_world_leaves_the_other_alone(recipe_folder, played):
    run_recipe(load(recipe_folder))
    played.take()
    run_recipe(load(recipe_folder, worlds__placebo__data__max_documents="3"))
    assert played.take() == ALL[4:]


def test_interrupted_run_goes_on_at_its_stage(recipe_folder, played):
    played.fail_at = "planted/grpo"
    with pytest.raises(KeyboardInterrupt):
        run_recipe(load(recipe_folder))
    assert played.take() == ["planted/data", "planted/sft"]
    played.fail_at = ""
    run_recipe(load(recipe_folder))
    assert played.take() == ALL[2:]


def test_run_folder_may_be_moved(recipe_folder, played, tmp_path):
    run_recipe(load(recipe_folder))
    played.take()
    shutil.move(tmp_path / "run", tmp_path / "moved")
    run_recipe(load(recipe_folder, output=str(tmp_path / "moved")))
    assert played.take() == []


def test_second_run_in_the_folder_is_refused(recipe_folder, played, tmp_path):
    with folder_lock(tmp_path / "run"), pytest.raises(TickerTuneError, match="in use by another tickertune"):
        run_recipe(load(recipe_folder))
    assert played.take() == []


def test_changed_source_files_redo_the_data(recipe_folder, played, tmp_path):
    source = tmp_path / "stocknet"
    write_text(source / "price/raw/AAPL.csv", "a")
    change = {"worlds__planted__data__source": f"{{kind: stocknet, path: {source}}}"}
    run_recipe(load(recipe_folder, **change))
    played.take()
    run_recipe(load(recipe_folder, **change))
    assert played.take() == []
    write_text(source / "price/raw/AAPL.csv", "b")  # another price, as long as before
    run_recipe(load(recipe_folder, **change))
    assert played.take() == ALL[:4]


def test_other_weights_under_a_model_folders_name_redo_what_uses_them(recipe_folder, played, tmp_path):
    model = tmp_path / "model"
    write_text(model / "config.json", "{}")
    write_text(model / "model.safetensors", "a")
    run_recipe(load(recipe_folder, model__name=str(model)))
    played.take()
    run_recipe(load(recipe_folder, model__name=str(model)))
    assert played.take() == []
    write_text(model / "model.safetensors", "b")
    run_recipe(load(recipe_folder, model__name=str(model)))
    assert played.take() == [name for name in ALL if not name.endswith("data")]


def test_run_without_training_scores_the_base_model(recipe_folder, played):
    run_recipe(load(recipe_folder, sft="null", grpo="null"))
    assert played.take() == ["planted/data", "planted/eval", "placebo/data", "placebo/eval"]


ARGUED = [f"planted/{stage}" for stage in ("data", "rationales", "sft", "dpo", "grpo", "eval")]


def test_rationales_come_before_sft_and_dpo_after_it(argued_folder, played, tmp_path):
    run_recipe(load(argued_folder))
    assert played.take() == ARGUED
    world, given = tmp_path / "run" / "planted", played.configs
    assert given["rationales"].dataset == world / "data"
    assert given["sft"].dataset == world / "rationales" / "sft"
    assert (given["dpo"].dataset, given["dpo"].init) == (world / "rationales", world / "sft")
    assert (given["grpo"].dataset, given["grpo"].init) == (world / "data", world / "dpo")
    run_recipe(load(argued_folder))
    assert played.take() == []


@pytest.mark.parametrize(
    ("change", "redone"),
    [
        ({"rationales__draws": "6"}, ["rationales", "sft", "dpo", "grpo", "eval"]),
        ({"sft__learning_rate": "0.002"}, ["sft", "dpo", "grpo", "eval"]),
        ({"dpo__beta": "0.3"}, ["dpo", "grpo", "eval"]),
        ({"grpo__steps": "3"}, ["grpo", "eval"]),
        ({"tracking": "[tensorboard]", "sft__tracking": "none"}, []),
    ],
)
def test_change_redoes_the_stage_and_those_after_it_with_rationales_too(argued_folder, played, change, redone):
    run_recipe(load(argued_folder))
    played.take()
    run_recipe(load(argued_folder, **change))
    assert played.take() == [name for name in ARGUED if name.partition("/")[2] in redone]


def test_replies_that_were_paid_stay_when_the_rationales_start_afresh(argued_folder, played, tmp_path):
    run_recipe(load(argued_folder))
    run_recipe(load(argued_folder, rationales__draws="6"))
    folder = tmp_path / "run" / "planted" / "rationales"
    assert (folder / "answers.jsonl").read_text() == "a reply\na reply\n"


def test_a_run_that_was_cut_off_in_dpo_goes_on_there(argued_folder, played):
    played.fail_at = "planted/dpo"
    with pytest.raises(KeyboardInterrupt):
        run_recipe(load(argued_folder))
    assert played.take() == ARGUED[:3]
    played.fail_at = ""
    run_recipe(load(argued_folder))
    assert played.take() == ARGUED[3:]


def test_dpo_without_a_pair_is_told_before_sft_is_trained(argued_folder, played):
    played.pairs = 0
    with pytest.raises(TickerTuneError, match=r"gave no preference pair.*Raise rationales\.draws"):
        run_recipe(load(argued_folder))
    assert played.take() == ARGUED[:2]
    played.pairs = 2
    run_recipe(load(argued_folder, rationales__draws="6"))
    assert played.take() == ARGUED[1:]


def test_without_dpo_or_grpo_the_others_keep_their_order(argued_folder, played, tmp_path):
    run_recipe(load(argued_folder, dpo="null"))
    assert played.take() == [name for name in ARGUED if name != "planted/dpo"]
    assert played.configs["grpo"].init == tmp_path / "run" / "planted" / "sft"
    run_recipe(load(argued_folder, grpo="null"))
    assert played.take() == ["planted/dpo", "planted/eval"]


def test_a_reward_model_reads_the_pairs_beside_the_policies_and_picks_among_the_votes(
    argued_folder, played, tmp_path, monkeypatch
):
    scored = []

    def evaluate(data, found, config, folder, world):
        scored.append(([name for name, _ in found[1:]], config.votes))
        return played.note(folder)

    monkeypatch.setattr("eval.evaluate.evaluate", evaluate)
    rated = {"reward_model": "{held_out: 0.3}", "eval__votes": "4"}
    run_recipe(load(argued_folder, **rated))
    assert played.take() == [*ARGUED[:4], "planted/reward_model", *ARGUED[4:]]
    world, given = tmp_path / "run" / "planted", played.configs
    assert given["reward_model"].dataset == world / "rationales"
    assert given["reward_model"].model.name == "tiny-llama"
    assert given["grpo"].init == world / "dpo"
    ((policies, votes),) = scored
    assert policies == ["sft", "dpo", "grpo"]
    assert (votes.samples, votes.rules, votes.reward_model) == (4, ["majority", "best_of_n"], world / "reward_model")
    run_recipe(load(argued_folder, **rated | {"reward_model": "{held_out: 0.4}"}))
    assert played.take() == ["planted/reward_model", "planted/eval"]


def test_a_reward_model_without_a_pair_is_told_before_sft_is_trained(argued_folder, played):
    played.pairs = 0
    with pytest.raises(TickerTuneError, match="gave no preference pair, and reward_model needs some"):
        run_recipe(load(argued_folder, dpo="null", reward_model="{}", eval__votes="4"))
    assert played.take() == ARGUED[:2]


def test_tracking_goes_to_the_stages_and_auto_is_settled_once(argued_folder, played, capsys, monkeypatch):
    monkeypatch.setattr(checks, "trackers_of", lambda tracking: [])
    run_recipe(load(argued_folder, dpo__tracking="[tensorboard]"))
    assert {name: played.configs[name].tracking for name in ("sft", "dpo", "grpo")} == {
        "sft": "none", "dpo": ["tensorboard"], "grpo": "none",
    }  # fmt: skip
    assert capsys.readouterr().err.count("tracking: none, since trackio is not installed") == 1


def test_lines_say_stage_and_place_in_the_run(recipe_folder, played, capsys):
    run_recipe(load(recipe_folder))
    said = capsys.readouterr()
    assert "[2/8] planted sft …  elapsed" in said.err
    assert "[5/8] placebo data …" in said.err
    assert said.out == ""


def test_changed_versions_are_told_when_a_run_is_taken_up(recipe_folder, played, capsys, monkeypatch):
    run_recipe(load(recipe_folder))
    assert "Warning" not in capsys.readouterr().err
    monkeypatch.setattr(pipeline, "installed_versions", lambda: {"torch": "9"})
    run_recipe(load(recipe_folder))
    assert "installed packages changed" in capsys.readouterr().err


def test_training_under_accelerate_gets_its_whole_configuration_in_one_file(
    recipe_folder, played, tmp_path, monkeypatch
):
    accelerate = tmp_path / "cpu.yaml"
    write_text(accelerate, "distributed_type: NO\n")
    commands = []

    def runs(command, **options):
        commands.append((command, options))
        stage = Path(command[command.index("--config") + 1]).parent
        write_json(stage / "tickertune.json", {"steps": 3})
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(steps, "subprocess", SimpleNamespace(run=runs))
    recipe = load(recipe_folder, accelerate=str(accelerate), worlds="{planted: {data: " + _data(recipe_folder) + "}}")
    run_recipe(recipe)
    assert played.take() == ["planted/data", "planted/eval"]
    assert [command[-3] for command, _ in commands] == ["training.sft", "training.grpo"]
    command, options = commands[1]
    assert str(accelerate) in command
    assert len(options["pass_fds"]) == 1
    text = Path(command[-1]).read_text()
    assert f"init: {tmp_path}/run/planted/sft" in text
    assert f"dataset: {tmp_path}/run/planted/data" in text


def _data(folder: Path) -> str:
    return json.dumps(load_recipe(folder).worlds["planted"].data.model_dump(mode="json"))


def test_failure_under_accelerate_is_told(recipe_folder, played, tmp_path, monkeypatch):
    write_text(tmp_path / "cpu.yaml", "")
    monkeypatch.setattr(steps, "subprocess", SimpleNamespace(run=lambda *_, **__: SimpleNamespace(returncode=1)))
    with pytest.raises(TickerTuneError, match=r"training\.sft .* exit code 1"):
        run_recipe(load(recipe_folder, accelerate=str(tmp_path / "cpu.yaml")))


def test_eta_comes_once_every_kind_of_stage_was_seen():
    clock = Clock(["data", "sft", "data", "sft"])
    clock.finished("data", 10)
    assert clock.estimate() is None
    clock.finished("sft", 100)
    assert clock.estimate() == pytest.approx(110)
    clock.finished("data", 30)
    assert clock.estimate() == pytest.approx(100)


@pytest.mark.parametrize(("seconds", "text"), [(4.4, "4s"), (200, "3m 20s"), (3720, "1h 02m")])
def test_durations_read_well(seconds, text):
    assert duration(seconds) == text


def test_shots_that_the_data_do_not_have_are_refused_before_training(recipe_folder, played, monkeypatch):
    """48 training samples, of which the last day's three end on the first day that is scored."""

    def build(config, folder):
        write_made(made_samples(train_days=17, test_days=3), folder, "movement")
        return played.note(folder)

    monkeypatch.setattr("data_pipeline.build.build", build)
    with pytest.raises(TickerTuneError, match="99 shots are asked for, and 48 of 51"):
        run_recipe(load(recipe_folder, eval__shots="99"))
    assert played.take() == ["planted/data"]
    run_recipe(load(recipe_folder, eval__shots="4"))
    assert played.take() == ALL[1:]
