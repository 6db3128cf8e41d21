"""Checkpoints: which weights a name stands for, what an engine must load for them, and their fingerprint."""

from dataclasses import dataclass
from pathlib import Path

from tickertune.core import stage_facts
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import sha256_value
from tickertune.core.models import check_adapter, check_weights, folder_hashes, model_fingerprint, resolve_model
from tickertune.core.quantization import dequantised_base
from tickertune.core.recipe import ModelConfig
from tickertune.core.reward_model import KIND

FACTS, CHECKPOINTS = stage_facts.FACTS, stage_facts.CHECKPOINTS


@dataclass(frozen=True)
class Checkpoint:
    """A base model, with an adapter on it or with all of its weights replaced."""

    name: str
    base: str
    """Folder or Hub id; the tokenizer is always the base's."""
    adapter: Path | None = None
    """Folder of a peft adapter."""
    model: Path | None = None
    """Folder of fully trained weights."""
    quantization: str | None = None
    """``nf4`` where the adapter was trained on the base in 4 bits."""
    revision: str | None = None
    """Hub commit of the base."""
    dtype: str = "bfloat16"
    """Type in which the base was held, and quantised, in training."""

    @property
    def trained(self) -> bool:
        """Whether it differs from its base."""
        return self.adapter is not None or self.model is not None


@dataclass(frozen=True)
class Weights:
    """What an engine loads for a checkpoint; checkpoints with the same ``model`` share one engine."""

    model: str
    adapter: Path | None
    revision: str | None


def base_checkpoint(model: ModelConfig, name: str = "base") -> Checkpoint:
    """The model as it was before any training."""
    return Checkpoint(name, resolve_model(model), revision=model.revision, dtype=model.dtype)


def checkpoint_of(name: str, stage_folder: Path, model: ModelConfig) -> Checkpoint:
    """The result of a training stage.

    Args:
        name: Name in the report.
        stage_folder: A stage's folder (with ``adapter/`` or ``model/``), an adapter's or a model's own, or a checkpoint of
            a stage's training.
        model: The base model.

    Raises:
        TickerTuneError: No weights there, or an adapter for another base.
    """
    if not stage_folder.is_dir():
        raise TickerTuneError(f"Checkpoint folder {stage_folder} does not exist", "Train it first, or correct the path")
    base = resolve_model(model)
    facts = stage_facts.facts_near(stage_folder)
    if facts.get("kind") == KIND:
        raise TickerTuneError(f"{stage_folder} holds a reward model, which writes no replies", "Name a policy's folder")
    quantization, dtype = facts.get("quantization"), facts.get("dtype") or model.dtype
    for folder in (stage_folder / "model", stage_folder):
        if (folder / "config.json").is_file():
            check_weights(folder)
            return Checkpoint(name, base, model=folder, revision=model.revision, dtype=dtype)
    adapter = stage_folder / "adapter" if (stage_folder / "adapter").is_dir() else stage_folder
    check_adapter(adapter, base)
    stage_facts.check_base(adapter, base, model.revision)
    return Checkpoint(name, base, adapter, quantization=quantization, revision=model.revision, dtype=dtype)


def materialise(checkpoint: Checkpoint) -> Weights:
    """Make sure that what the checkpoint's engine loads is on disk.

    A LoRA adapter goes on the base; a QLoRA adapter on the base rounded to NF4 and back, which is what it was
    trained on.

    Raises:
        TickerTuneError: The quantisation is unknown.
    """
    if checkpoint.model is not None:
        return Weights(str(checkpoint.model), None, None)
    if checkpoint.quantization is None:
        return Weights(checkpoint.base, checkpoint.adapter, checkpoint.revision)
    if checkpoint.quantization != "nf4":
        raise TickerTuneError(
            f"Checkpoint {checkpoint.name} was trained on a base quantised by '{checkpoint.quantization}'", "Use nf4"
        )
    return Weights(
        str(dequantised_base(checkpoint.base, checkpoint.dtype, checkpoint.revision)), checkpoint.adapter, None
    )


def fingerprint(checkpoint: Checkpoint) -> str:
    """Hash of the contents that determine the checkpoint's answers: configuration, tokenizer, weights, adapter."""
    return sha256_value(
        {
            "base": model_fingerprint(checkpoint.base, checkpoint.revision),
            "adapter": None if checkpoint.adapter is None else folder_hashes(checkpoint.adapter),
            "model": None if checkpoint.model is None else folder_hashes(checkpoint.model),
            "quantization": checkpoint.quantization,
        }
    )
