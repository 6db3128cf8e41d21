"""A whole run: worlds (data sets), one model, and the stages that each world goes through."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, TypeAdapter, model_validator

from tickertune.core.recipe.base import Config, ModelConfig
from tickertune.core.recipe.data import DataConfig
from tickertune.core.recipe.evaluation import EvalConfig
from tickertune.core.recipe.grpo import GrpoConfig
from tickertune.core.recipe.loading import read_yaml, set_key, validate
from tickertune.core.recipe.sft import SftConfig


class WorldConfig(Config):
    """One data set and its role."""

    data: DataConfig
    placebo: bool = False
    """Nothing may be found here; the report checks it."""


class Recipe(Config):
    """The resolved recipe: run.yaml with every file it names read in."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    model: ModelConfig
    worlds: dict[str, WorldConfig] = Field(min_length=1)
    """Data sets by name; each goes through all stages on its own."""
    sft: SftConfig | None = None
    grpo: GrpoConfig | None = None
    eval: EvalConfig = EvalConfig()
    accelerate: Path | None = None
    """Accelerate configuration with which the training stages are launched; None: in this process."""
    output: Path
    """Run folder."""
    seed: int = 0

    @model_validator(mode="after")
    def _one_model(self) -> "Recipe":
        for name, stage in (("sft", self.sft), ("grpo", self.grpo)):
            if stage is not None and stage.model.name != self.model.name:
                raise ValueError(f"{name}.model is {stage.model.name}, but the run's model is {self.model.name}")
        return self


def load_recipe(path: Path, overrides: Mapping[str, str] | None = None) -> Recipe:
    """Read run.yaml and the files that it names, apply overrides and the seed, and check it all.

    ``worlds.<name>`` is ``{data: FILE, set: {dotted key: value}, placebo: bool}``; ``sft``, ``grpo`` and ``eval``
    are file names beside run.yaml. The run's ``model`` goes to every stage, and ``seed`` to the simulated
    source, to training and to the bootstrap, unless a stage file sets its own model.

    Args:
        path: run.yaml, or the folder that holds it.
        overrides: Dotted keys of the resolved recipe to YAML scalars, such as ``{"sft.learning_rate": "1e-4"}``.

    Raises:
        TickerTuneError: Anything in it is wrong; the message lists all of it.
    """
    if path.is_dir():
        path = path / "run.yaml"
    values = read_yaml(path)
    for stage in ("sft", "grpo", "eval"):
        if isinstance(values.get(stage), str):
            values[stage] = read_yaml(path.parent / values[stage])
    worlds = values.get("worlds")
    for world in worlds.values() if isinstance(worlds, dict) else []:
        if isinstance(world, dict):
            if isinstance(world.get("data"), str):
                world["data"] = read_yaml(path.parent / world["data"])
            for key, value in (world.pop("set", None) or {}).items():
                set_key(world["data"], key, str(value))
    for key, text in (overrides or {}).items():
        set_key(values, key, text)
    _share(values)
    values.setdefault("output", f"runs/{values.get('name', 'run')}")
    return validate(TypeAdapter(Recipe), values, str(path))


def _share(values: dict[str, Any]) -> None:
    """Hand the run's model and seed to the stages that do not set their own."""
    seed = values.get("seed", 0)
    for name in ("sft", "grpo"):
        stage = values.get(name)
        if isinstance(stage, dict):
            stage.setdefault("model", values.get("model"))
            stage.setdefault("seed", seed)
    if isinstance(values.setdefault("eval", {}), dict):
        values["eval"].setdefault("seed", seed)
    worlds = values.get("worlds")
    for world in worlds.values() if isinstance(worlds, dict) else []:
        source = world.get("data", {}).get("source") if isinstance(world, dict) else None
        if isinstance(source, dict) and source.get("kind") == "simulated":
            source.setdefault("seed", seed)
