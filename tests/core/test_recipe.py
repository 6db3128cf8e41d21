"""Recipes: every shipped one parses, and every mistake is told with its remedy."""

import re
from pathlib import Path

import pytest
import yaml
from pydantic import TypeAdapter

from tests.conftest import ROOT
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import (
    DataConfig,
    DpoConfig,
    EvalConfig,
    GrpoConfig,
    ModelConfig,
    RationalesConfig,
    RewardModelConfig,
    SftConfig,
    load_config,
    load_recipe,
    read_yaml,
)
from tickertune.core.recipe.agents import AgentsConfig
from tickertune.core.recipe.loading import parse_overrides, validate
from training.trainer_values import CLOSED

RECIPES = sorted(str(path.parent.relative_to(ROOT / "recipes")) for path in (ROOT / "recipes").rglob("run.yaml"))
STAGES = {
    **dict.fromkeys(("sft", "qlora", "form"), SftConfig),
    **dict.fromkeys(("grpo", "grpo_server"), GrpoConfig),
    **dict.fromkeys(("eval", "sets"), EvalConfig),
    **dict.fromkeys(("rationales", "own_teacher"), RationalesConfig),
    **dict.fromkeys(("data", "fiqa", "tfns", "articles"), DataConfig),
    "dpo": DpoConfig,
    "reward_model": RewardModelConfig,
    "agents": AgentsConfig,
}
"""Model of each file by its name; run.yaml is a whole recipe."""
FILES = sorted(path for path in (ROOT / "recipes").rglob("*.yaml") if path.parent.name != "accelerate")
LAUNCHES = sorted((ROOT / "recipes" / "accelerate").glob("*.yaml"))
PLACEBO_OR_STUDY = {"demo", "seeds", "costs", "stocknet"}


def head(path: Path) -> str:
    """The comment lines of a file."""
    return "\n".join(line for line in path.read_text().splitlines() if line.startswith("#"))


@pytest.fixture
def recipe(tmp_path) -> Path:
    """A copy of the smoke recipe that may be spoilt."""
    for file in (ROOT / "recipes" / "smoke").iterdir():
        (tmp_path / file.name).write_text(file.read_text())
    return tmp_path


def spoil(folder: Path, file: str, **changes: object) -> None:
    values = yaml.safe_load((folder / file).read_text())
    (folder / file).write_text(yaml.safe_dump({**values, **changes}))


@pytest.mark.parametrize("name", RECIPES)
def test_every_shipped_recipe_parses(name):
    recipe = load_recipe(ROOT / "recipes" / name)
    assert recipe.name == Path(name).name
    assert str(recipe.output) == f"runs/{recipe.name}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT / "recipes")))
def test_every_recipe_file_parses_alone_and_opens_with_a_command(file):
    assert file.read_text().startswith("#")
    assert re.search(r"^#.*(tickertune|python) ", head(file), re.MULTILINE)
    if file.name == "run.yaml":
        load_recipe(file)
    elif STAGES[file.stem] is DataConfig:
        validate(TypeAdapter(DataConfig), read_yaml(file), str(file))
    else:
        load_config(STAGES[file.stem], file)


@pytest.mark.parametrize(
    "file",
    [*(path for path in FILES if path.name == "run.yaml"), *LAUNCHES],
    ids=lambda file: str(file.relative_to(ROOT / "recipes")),
)
def test_every_run_and_launch_says_its_hardware_and_memory(file):
    assert re.search(r"GPU|CPU|core", head(file))
    assert re.search(r"\d Gi?B", head(file))
    assert re.search("estimate|seen", head(file), re.IGNORECASE)


@pytest.mark.parametrize(
    "file",
    [path for path in FILES if STAGES.get(path.stem) is GrpoConfig],
    ids=lambda file: f"{file.parent.name}/{file.stem}",
)
def test_every_grpo_recipe_names_its_loss_and_why(file):
    lines = file.read_text().splitlines()
    (place,) = (at for at, line in enumerate(lines) if line.startswith("trainer:"))
    loss = load_config(GrpoConfig, file).trainer["loss_type"]
    assert loss in CLOSED["GRPOConfig"]["loss_type"]
    assert lines[place - 1].startswith(f"# {loss}: ")


def test_a_constant_policy_stops_every_recipe_that_is_no_study():
    for file in FILES:
        if STAGES.get(file.stem) is not GrpoConfig:
            continue
        (line, *_) = [line for line in file.read_text().splitlines() if line.startswith("on_constant_wins")] or [""]
        assert load_config(GrpoConfig, file).on_constant_wins == (
            "warn" if file.parent.name in PLACEBO_OR_STUDY else "stop"
        )
        assert bool(line) == (file.parent.name in PLACEBO_OR_STUDY) == ("  # " in line)


def test_models_have_a_recipe_for_each_method():
    folders = [path for path in (ROOT / "recipes" / "models").iterdir() if path.is_dir()]
    assert len(folders) == 7
    for folder in folders:
        recipe, qlora = load_recipe(folder), load_config(SftConfig, folder / "qlora.yaml")
        assert (recipe.sft.method, qlora.method) == ("lora", "qlora")
        assert recipe.sft.model.name == qlora.model.name == recipe.grpo.model.name


@pytest.mark.parametrize("path", LAUNCHES, ids=lambda path: path.stem)
def test_every_launch_configuration_is_one_that_accelerate_knows(path):
    from accelerate.commands.config.config_args import load_config_from_file

    launch = load_config_from_file(str(path))
    assert launch.num_processes >= 1
    assert "accelerate launch" in path.read_text()


def test_an_unknown_key_names_the_nearest_one(recipe):
    spoil(recipe, "sft.yaml", learning_rat=1e-4)
    with pytest.raises(TickerTuneError, match=r"unknown key 'sft.learning_rat' \(did you mean 'learning_rate'\?\)"):
        load_recipe(recipe)


def test_an_unknown_key_inside_a_union_names_the_nearest_one(recipe):
    values = yaml.safe_load((recipe / "data.yaml").read_text())
    spoil(recipe, "data.yaml", source={**values["source"], "signall": 1})
    with pytest.raises(TickerTuneError, match=r"signall' \(did you mean 'signal'\?\)"):
        load_recipe(recipe)


def test_all_errors_are_told_at_once(recipe):
    spoil(recipe, "sft.yaml", learning_rate=-1, batch_size="many")
    with pytest.raises(TickerTuneError) as error:
        load_recipe(recipe)
    assert "sft.learning_rate" in str(error.value)
    assert "sft.batch_size" in str(error.value)


def test_dates_out_of_order_are_refused(recipe):
    values = yaml.safe_load((recipe / "data.yaml").read_text())
    spoil(recipe, "data.yaml", split={**values["split"], "test_end": "2023-01-01"})
    with pytest.raises(TickerTuneError, match="train_start < train_end"):
        load_recipe(recipe)


def test_a_stage_may_not_train_another_model(recipe):
    spoil(recipe, "sft.yaml", model={"name": "smollm2-135m"})
    with pytest.raises(TickerTuneError, match=r"sft.model is smollm2-135m, but the run's model is tiny-llama"):
        load_recipe(recipe)


@pytest.mark.parametrize("name", ["../data", "/tmp/data", "a/b", "", ".."])
def test_a_world_name_cannot_lead_out_of_the_run_folder(recipe, name):
    spoil(recipe, "run.yaml", worlds={name: {"data": "data.yaml"}})
    with pytest.raises(TickerTuneError, match="worlds"):
        load_recipe(recipe)


def test_a_stage_may_not_use_another_revision(recipe):
    spoil(recipe, "run.yaml", model={"name": "tiny-llama", "dtype": "float32", "revision": "aaa"})
    assert load_recipe(recipe).sft.model.revision == "aaa"
    spoil(recipe, "sft.yaml", model={"name": "tiny-llama", "revision": "bbb"})
    with pytest.raises(TickerTuneError, match=r"sft.model.revision is bbb, but the run's is aaa"):
        load_recipe(recipe)


@pytest.mark.parametrize("world", [{"data": None}, {"set": {"source.signal": 0}}, {"data": "data.yaml", "set": 3}])
def test_a_world_without_data_is_told(recipe, world):
    spoil(recipe, "run.yaml", worlds={"planted": world})
    with pytest.raises(TickerTuneError, match=r"worlds.planted needs `data`"):
        load_recipe(recipe)


def test_an_override_that_is_no_yaml_is_told(recipe):
    with pytest.raises(TickerTuneError, match="is not YAML"):
        load_recipe(recipe, {"sft.learning_rate": "[1"})


def test_overrides_reach_nested_keys_and_read_numbers(recipe):
    changed = load_recipe(recipe, {"sft.learning_rate": "1e-4", "worlds.planted.data.source.signal": "0", "seed": "3"})
    assert changed.sft.learning_rate == 1e-4
    assert changed.worlds["planted"].data.source.signal == 0


def test_the_seed_reaches_every_stage(recipe):
    changed = load_recipe(recipe, {"seed": "7"})
    source = changed.worlds["planted"].data.source
    assert {source.seed, changed.sft.seed, changed.grpo.seed, changed.eval.seed} == {7}


def test_a_missing_recipe_names_the_nearest_file(recipe):
    with pytest.raises(TickerTuneError, match=r"did you mean 'run.yaml'\?"):
        load_recipe(recipe / "rum.yaml")


def test_yaml_cannot_make_objects(tmp_path):
    (tmp_path / "sft.yaml").write_text("model: !!python/object/apply:os.getcwd []\n")
    with pytest.raises(TickerTuneError, match="is not YAML"):
        load_config(SftConfig, tmp_path / "sft.yaml")


@pytest.mark.parametrize("words", [["--steps"], ["steps", "3"]])
def test_an_option_without_value_is_refused(words):
    with pytest.raises(TickerTuneError, match="Write"):
        parse_overrides(words)


def test_both_forms_of_an_option_are_read():
    assert parse_overrides(["--a.b", "1", "--c=x=y"]) == {"a.b": "1", "c": "x=y"}


def test_a_reward_without_weights_is_refused():
    with pytest.raises(ValueError, match="at least one reward"):
        GrpoConfig(model=ModelConfig(name="tiny-llama"), rewards={"pnl": 0.0})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"rationales": None}, "dpo trains on pairs of the rationales stage"),
        ({"sft": {"method": "full"}}, "sft.method is full"),
        ({"sft": {"select": {}}}, "sft.select scores plain replies"),
        ({"sft": None, "dpo": None}, "the run has neither"),
        ({"reward_model": {}, "eval": {}}, "reward_model picks among replies that eval.votes draws"),
        ({"reward_model": {}, "rationales": None, "dpo": None}, "reward_model trains on the rationales' pairs"),
        (
            {"reward_model": {}, "eval": {"votes": {"rules": ["best_of_n"], "reward_model": "runs/other"}}},
            "both pick replies",
        ),
        ({"reward_model": {"model": {"name": "tiny-llama"}}}, "reward_model.model is tiny-llama"),
        ({"dpo": {"model": {"name": "tiny-llama"}}}, "dpo.model is tiny-llama, but the run's model is smollm2-135m"),
    ],
)
def test_stages_that_do_not_fit_together_are_refused(tmp_path, changes, said):
    for file in (ROOT / "recipes" / "rationales").iterdir():
        (tmp_path / file.name).write_text(file.read_text())
    recipe = load_recipe(tmp_path)
    assert [name for name, _ in recipe.training()] == ["sft", "dpo"]
    assert recipe.rationales.seed == recipe.dpo.seed == recipe.seed
    spoil(tmp_path, "run.yaml", **changes)
    with pytest.raises(TickerTuneError, match=said):
        load_recipe(tmp_path)


def test_pairs_need_reflections(tmp_path):
    with pytest.raises(TickerTuneError, match="reflection_rounds is 0"):
        load_recipe(ROOT / "recipes" / "rationales", {"rationales.reflection_rounds": "0"})


def test_tracking_goes_from_the_run_to_its_stages(recipe):
    spoil(recipe, "run.yaml", tracking=["tensorboard", "trackio"])
    spoil(recipe, "grpo.yaml", tracking="none")
    loaded = load_recipe(recipe)
    assert (loaded.sft.tracking, loaded.grpo.tracking) == (["tensorboard", "trackio"], "none")
    spoil(recipe, "run.yaml", tracking="mlflow")
    with pytest.raises(TickerTuneError, match="tracking"):
        load_recipe(recipe)


@pytest.mark.parametrize("key", ["seed", "sft.seed", "eval.seed", "worlds.planted.data.source.seed"])
@pytest.mark.parametrize("seed", ["-1", "4294967296"])
def test_a_seed_that_no_generator_takes_is_refused(recipe, key, seed):
    with pytest.raises(TickerTuneError, match=r"seed: input should be .*than or equal to .*\(given: -?\d"):
        load_recipe(recipe, {key: seed})


@pytest.mark.parametrize("number", [".inf", "-inf", "nan"])
@pytest.mark.parametrize("key", ["grpo.pnl.cost_bps", "grpo.terms.class_bonus.move", "grpo.beta", "sft.learning_rate"])
def test_a_number_that_is_not_finite_is_refused(recipe, key, number):
    with pytest.raises(TickerTuneError, match=rf"{key}: input should be a finite number \(given: "):
        load_recipe(recipe, {key: number})
