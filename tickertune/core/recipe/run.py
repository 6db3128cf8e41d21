"""A whole run: worlds (data sets), one model, and the stages that each world goes through."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, model_validator

from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe.base import Config, ModelConfig
from tickertune.core.recipe.data import DataConfig
from tickertune.core.recipe.evaluation import EvalConfig
from tickertune.core.recipe.grpo import GrpoConfig
from tickertune.core.recipe.loading import put, read_yaml, set_key, validate
from tickertune.core.recipe.sft import SftConfig

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
"""A name that is also a folder's: it cannot lead out of the run folder."""


class WorldConfig(Config):
    """One data set and its role."""

    data: DataConfig
    placebo: bool = False
    """Nothing may be found here; the report checks it."""


class Recipe(Config):
    """The resolved recipe: run.yaml with every file it names read in."""

    name: Name
    model: ModelConfig
    worlds: dict[Name, WorldConfig] = Field(min_length=1)
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
            if stage is None:
                continue
            if stage.model.name != self.model.name:
                raise ValueError(f"{name}.model is {stage.model.name}, but the run's model is {self.model.name}")
            if stage.model.revision != self.model.revision:
                raise ValueError(
                    f"{name}.model.revision is {stage.model.revision}, but the run's is {self.model.revision}"
                )
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
    for name, world in _blocks(values.get("worlds")).items():
        if isinstance(world.get("data"), str):
            world["data"] = read_yaml(path.parent / world["data"])
        changes = world.pop("set", None) or {}
        if not isinstance(changes, dict) or not isinstance(world.get("data"), dict):
            raise TickerTuneError(
                f"{path}: worlds.{name} needs `data`, and `set` holds keys and values", "Correct the recipe"
            )
        for key, value in changes.items():
            put(world["data"], key, value)
    for key, text in (overrides or {}).items():
        set_key(values, key, text)
    _share(values)
    values.setdefault("output", f"runs/{values.get('name', 'run')}")
    return validate(TypeAdapter(Recipe), values, str(path))


def _share(values: dict[str, Any]) -> None:
    """Hand the run's model and seed to the stages that do not set their own."""
    seed = values.get("seed", 0)
    model = values.get("model")
    for stage in _blocks({name: values.get(name) for name in ("sft", "grpo")}).values():
        stage.setdefault("seed", seed)
        own = stage.setdefault("model", model)
        if isinstance(own, dict) and isinstance(model, dict) and model.get("revision") is not None:
            own.setdefault("revision", model["revision"])
    values.setdefault("eval", {})
    for stage in _blocks({"eval": values["eval"]}).values():
        stage.setdefault("seed", seed)
    for world in _blocks(values.get("worlds")).values():
        for source in _blocks({"source": _block(world.get("data")).get("source")}).values():
            if source.get("kind") == "simulated":
                source.setdefault("seed", seed)


def _block(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _blocks(value: Any) -> dict[str, dict[str, Any]]:
    """The entries that are blocks; what is none is left to validation, which names it."""
    return {name: entry for name, entry in _block(value).items() if isinstance(entry, dict)}
