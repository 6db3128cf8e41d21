"""The recipe of an auxiliary task trains on it, and the task itself goes on from its weights."""

from pathlib import Path

from data_pipeline.build import build
from data_pipeline.dataset import read_info, read_split
from tests.conftest import ROOT
from tests.training.conftest import equal_weights, sft_config
from tickertune.core.recipe import load_recipe
from tickertune.core.tasks import get_task
from training.sft import train

RECIPE = ROOT / "recipes" / "auxiliary"


def test_the_moving_average_is_trained_on_and_the_task_after_it(dataset: Path, tmp_path: Path) -> None:
    recipe = load_recipe(RECIPE)
    assert recipe.sft is not None
    build(recipe.worlds["auxiliary"].data, tmp_path / "data")
    task = get_task(read_info(tmp_path / "data").task)
    rows = read_split(tmp_path / "data", "train")
    assert task.name == "average"
    assert set(rows["label"]) == {"falling", "rising"}
    assert rows["answer"].to_list() == [task.answer(label) for label in rows["label"]]
    changes = {"dataset": tmp_path / "data", "output": tmp_path / "first", "epochs": 0.5}
    first = train(recipe.sft.model_copy(update=changes))
    assert first["steps"] > 0
    assert first["selected_by"] == "log_score"
    start = tmp_path / "first" / "model"
    model = {"name": str(start), "dtype": "float32"}
    second = train(sft_config(dataset, tmp_path / "second", model=model, method="full", lora={}, epochs=1))
    assert second["base"] == str(start)
    assert not equal_weights(start, tmp_path / "second" / "model")
