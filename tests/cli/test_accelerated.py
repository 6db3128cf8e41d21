"""The accelerate configuration that a run names."""

from pathlib import Path

import pytest

from tests.conftest import ROOT
from tickertune.cli.accelerated import load_accelerate, processes_of
from tickertune.cli.checks import preflight
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import write_text
from tickertune.core.recipe import load_recipe

SOUND = "distributed_type: MULTI_CPU\nnum_processes: 3\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SOUND + "num_machine: 2\n", r"unknown key 'num_machine' \(did you mean 'num_machines'\?\)"),
        ("num_processes: 2\n", "`distributed_type` must be specified"),
        ("distributed_type: MULTI_GPUS\n", "'MULTI_GPUS' is not a valid DistributedType"),
        (SOUND + "num_processes: many\n", "num_processes is 'many', not a number"),
        ("{", "is no YAML"),
        ("", "has no keys"),
    ],
)
def test_a_configuration_that_accelerate_would_refuse_is_refused_with_its_cause(
    text: str, said: str, recipe_folder: Path, tmp_path: Path
) -> None:
    write_text(tmp_path / "own.yaml", text)
    with pytest.raises(TickerTuneError, match=said):
        preflight(load_recipe(recipe_folder, {"accelerate": str(tmp_path / "own.yaml")}))


@pytest.mark.parametrize("path", sorted((ROOT / "recipes/accelerate").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_configurations_of_the_recipes_are_read(path: Path) -> None:
    assert load_accelerate(path).num_processes >= 1


def test_processes_are_those_that_accelerate_starts(
    recipe_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_text(tmp_path / "own.yaml", SOUND)
    assert processes_of(load_recipe(recipe_folder, {"accelerate": str(tmp_path / "own.yaml")})) == 3
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert processes_of(load_recipe(recipe_folder)) == 2
