"""A whole run: worlds (data sets), one model, and the stages that each world goes through."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, model_validator

from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe.base import Config, ModelConfig, Seed
from tickertune.core.recipe.data import DataConfig
from tickertune.core.recipe.dpo import DpoConfig
from tickertune.core.recipe.evaluation import EvalConfig
from tickertune.core.recipe.grpo import GrpoConfig
from tickertune.core.recipe.loading import put, read_yaml, set_key, validate
from tickertune.core.recipe.rationales import RationalesConfig
from tickertune.core.recipe.reward_model import RewardModelConfig
from tickertune.core.recipe.sft import SftConfig
from tickertune.core.tracking import Tracking

FILES = ("rationales", "sft", "dpo", "reward_model", "grpo", "eval")
"""Blocks of run.yaml that may stand in files beside it, in the order in which they come to work."""
TRAINING = ("sft", "dpo", "reward_model", "grpo")
"""Those that train."""
POLICIES = ("sft", "dpo", "grpo")
"""Those among them that make a checkpoint of the run's model, each from the one before it."""
TrainingConfig = SftConfig | DpoConfig | RewardModelConfig | GrpoConfig
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
    rationales: RationalesConfig | None = None
    """A teacher's rationales of the train split, on which SFT then trains, and preference pairs for DPO."""
    sft: SftConfig | None = None
    dpo: DpoConfig | None = None
    """DPO on the rationales' pairs, from the SFT stage."""
    reward_model: RewardModelConfig | None = None
    """A reward model on the rationales' pairs, from the run's model; it picks the best of the replies that ``eval.votes`` draws."""
    grpo: GrpoConfig | None = None
    """GRPO, from the stage before it."""
    eval: EvalConfig = EvalConfig()
    accelerate: Path | None = None
    """Accelerate configuration with which the training stages are launched; None: in this process."""
    tracking: Tracking = "auto"
    """Where the training stages show their curves, unless one says otherwise; see ``tracking`` of sft.yaml."""
    output: Path
    """Run folder."""
    seed: Seed = 0

    @model_validator(mode="after")
    def _one_model(self) -> "Recipe":
        for name, stage in self.training():
            if stage.model.name != self.model.name:
                raise ValueError(f"{name}.model is {stage.model.name}, but the run's model is {self.model.name}")
            if stage.model.revision != self.model.revision:
                raise ValueError(
                    f"{name}.model.revision is {stage.model.revision}, but the run's is {self.model.revision}"
                )
        return self

    @model_validator(mode="after")
    def _stages_fit_together(self) -> "Recipe":
        if self.dpo is not None and self.rationales is None:
            raise ValueError("dpo trains on pairs of the rationales stage: add rationales, or remove dpo")
        if self.dpo is not None and self.sft is not None and self.sft.method == "full":
            raise ValueError("dpo trains an adapter against its frozen copy, and sft.method is full: use lora or qlora")
        if self.dpo is not None and self.rationales is not None and self.rationales.reflection_rounds == 0:
            raise ValueError("dpo needs pairs, and rationales.reflection_rounds is 0, which makes none")
        if self.rationales is not None and self.sft is None and self.dpo is None:
            raise ValueError(
                "rationales are made for sft and dpo, and the run has neither: add sft, or remove rationales"
            )
        self._reward_model_fits()
        if self.rationales is not None and self.sft is not None and self.sft.select is not None:
            raise ValueError("sft.select scores plain replies, and sft trains on rationales: remove the select block")
        return self

    def _reward_model_fits(self) -> None:
        if self.reward_model is None:
            return
        if self.rationales is None or self.rationales.reflection_rounds == 0:
            raise ValueError(
                "reward_model trains on the rationales' pairs: add rationales with reflection_rounds, or remove it"
            )
        if self.eval.votes is None:
            raise ValueError("reward_model picks among replies that eval.votes draws: add votes, or remove it")
        if self.eval.votes.reward_model is not None:
            raise ValueError("the run's reward_model and eval.votes.reward_model both pick replies: remove one")

    def training(self) -> list[tuple[str, TrainingConfig]]:
        """The training stages that the run has, by name, in order."""
        stages = ((name, getattr(self, name)) for name in TRAINING)
        return [(name, stage) for name, stage in stages if stage is not None]

    def policies(self) -> list[str]:
        """Names of those that make a checkpoint of the run's model, in order."""
        return [name for name, _ in self.training() if name in POLICIES]


def load_recipe(path: Path, overrides: Mapping[str, str] | None = None) -> Recipe:
    """Read run.yaml and the files that it names, apply overrides and the seed, and check it all.

    ``worlds.<name>`` is ``{data: FILE, set: {dotted key: value}, placebo: bool}``; ``rationales``, ``sft``, ``dpo``,
    ``reward_model``, ``grpo`` and ``eval`` are file names beside run.yaml. The run's ``model`` and ``tracking`` go to every training stage,
    and ``seed`` to the simulated source, to the teacher, to training and to the bootstrap, unless a stage file sets its own.

    Args:
        path: run.yaml, or the folder that holds it.
        overrides: Dotted keys of the resolved recipe to YAML scalars, such as ``{"sft.learning_rate": "1e-4"}``.

    Raises:
        TickerTuneError: Anything in it is wrong; the message lists all of it.
    """
    if path.is_dir():
        path = path / "run.yaml"
    values = read_yaml(path)
    for stage in FILES:
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
    """Hand the run's model, seed and tracking to the stages that do not set their own."""
    seed = values.get("seed", 0)
    model = values.get("model")
    for stage in _blocks({"rationales": values.get("rationales")}).values():
        stage.setdefault("seed", seed)
    for stage in _blocks({name: values.get(name) for name in TRAINING}).values():
        stage.setdefault("seed", seed)
        stage.setdefault("tracking", values.get("tracking", "auto"))
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
