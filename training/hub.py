"""What is pushed to the Hub: weights, recipe and a model card, without a path of the machine they were made on or an address of a server."""

import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from eval.checkpoint import FACTS, Checkpoint
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import atomic_dir, canonical_json, read_json, write_text
from tickertune.core.hub import publishable
from tickertune.core.models import BUILT_IN
from tickertune.core.recipe import ModelConfig, read_yaml
from tickertune.core.tasks import get_task
from training.merge import MERGE, merge

BUILT_IN_HUB = {"smollm2-135m": ("HuggingFaceTB/SmolLM2-135M-Instruct", "apache-2.0")}
"""Hub id and licence of the models that are built in."""
ADAPTER_FILES = ("adapter_model.safetensors",)
SHOWN_FACTS = ("method", "dtype", "quantization", "tokens", "samples", "pairs", "steps", "dropped", "seconds")
STAGES = ("rationales", "sft", "dpo", "grpo")
"""Stages of a run that a checkpoint may come from, in their order."""
SHOWN_METRICS = (
    "accuracy",
    "mcc",
    "macro_f1",
    "weighted_f1",
    "pnl_reward",
    "sharpe_gross",
    "sharpe_net",
    "max_drawdown",
)


@dataclass(frozen=True)
class Origin:
    """Where a checkpoint comes from, as its card tells it."""

    base_id: str
    """Hub id of the base model."""
    licence: str | None
    """Hub's short name of the licence; None where the base model's card is to be asked."""
    cutoff: str | None = None
    """When the base model's training data end, as its makers say; None where they do not."""


def origin_of(model: ModelConfig, base_id: str | None, licence: str | None, cutoff: str | None = None) -> Origin:
    """Settle the base model's Hub id, licence and cutoff.

    Raises:
        TickerTuneError: The base is a local folder and no Hub id was given.
    """
    known_id, known_licence = BUILT_IN_HUB.get(model.name, (None, None))
    is_local = model.name in BUILT_IN or Path(model.name).expanduser().is_dir()
    found = base_id or known_id or (None if is_local else model.name)
    if found is None:
        raise TickerTuneError(f"The base model {model.name} is not on the Hub", "Give its Hub id: --base-id owner/name")
    return Origin(found, licence or (known_licence if found == known_id else None), cutoff)


def write_package(checkpoint: Checkpoint, stage: Path, origin: Origin, title: str, merged: bool, target: Path) -> None:
    """Write exactly what is pushed into the new folder ``target``.

    Args:
        checkpoint: The weights.
        stage: The training stage's folder; in a run folder its data and scores go into the card.
        origin: The base model.
        title: Title of the card.
        merged: Whether an adapter is merged into its base.
        target: Folder that must not exist.

    Raises:
        TickerTuneError: The target exists, there are no weights of its own, or the merge is not faithful.
    """
    if target.exists():
        raise TickerTuneError(f"Folder {target} exists already", "Delete it or name another")
    if not checkpoint.trained:
        raise TickerTuneError(f"{stage} holds no trained weights", "Give the folder of a finished training stage")
    with atomic_dir(target) as folder:
        fidelity: dict[str, Any] = {}
        if merged:
            fidelity = asdict(merge(checkpoint, folder / "merged"))
            for entry in (folder / "merged").iterdir():
                entry.rename(folder / entry.name)
            (folder / "merged").rmdir()
        elif checkpoint.adapter is not None:
            _copy_adapter(checkpoint.adapter, origin, folder)
        else:
            assert checkpoint.model is not None
            _copy_model(checkpoint.model, folder)
            if (checkpoint.model / MERGE).is_file():
                merged, fidelity = True, read_json(checkpoint.model / MERGE)
        recipe = _public_recipe(stage)
        if recipe:
            write_text(folder / "recipe.yaml", recipe)
        write_text(folder / "README.md", model_card(checkpoint, stage, origin, title, merged, fidelity, recipe))


def _copy_adapter(adapter: Path, origin: Origin, folder: Path) -> None:
    for name in ADAPTER_FILES:
        shutil.copyfile(adapter / name, folder / name)
    config = read_json(adapter / "adapter_config.json") | {"base_model_name_or_path": origin.base_id}
    write_text(folder / "adapter_config.json", canonical_json(config) + "\n")


def _copy_model(model: Path, folder: Path) -> None:
    """Copy weights, configuration and tokenizer, and nothing that is pickled or of the trainer."""
    for entry in sorted(model.iterdir()):
        if entry.suffix in (".safetensors", ".json", ".jinja", ".txt", ".model") and entry.name != FACTS:
            shutil.copyfile(entry, folder / entry.name)


def _public_recipe(stage: Path) -> str:
    """The resolved recipe of the run, or of a stage trained alone, as text, without paths and addresses; empty where there is none."""
    files = (stage.parent.parent / "recipe.yaml", stage / "config.yaml")
    file = next((path for path in files if path.is_file()), None)
    if file is None:
        return ""
    return str(yaml.safe_dump(publishable(read_yaml(file)), sort_keys=False, allow_unicode=True))


def model_card(
    checkpoint: Checkpoint,
    stage: Path,
    origin: Origin,
    title: str,
    merged: bool,
    fidelity: Mapping[str, Any],
    recipe: str,
) -> str:
    """Render the card from what lies beside the stage: its facts, the data set's info.json and the scores."""
    from huggingface_hub import ModelCardData
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    facts = read_json(stage / FACTS) if (stage / FACTS).is_file() else {}
    file = stage.parent / "data" / "dataset" / "info.json"
    info = read_json(file) if file.is_file() else None
    task = None if info is None else get_task(info["task"])
    header = ModelCardData(
        language="en",
        license=origin.licence,
        base_model=origin.base_id,
        library_name="peft" if checkpoint.adapter is not None and not merged else "transformers",
        pipeline_tag="text-generation",
        tags=["finance", "tickertune"],
    )
    pages = Environment(loader=FileSystemLoader(Path(__file__).parent), undefined=StrictUndefined, autoescape=False)
    card: str = pages.get_template("model_card.md.j2").render(
        header=f"---\n{header.to_yaml()}\n---",
        title=title,
        base_id=origin.base_id,
        merged=merged,
        adapter=checkpoint.adapter is not None,
        method=facts.get("method", "LoRA"),
        quantization=None if merged else checkpoint.quantization,
        facts={
            **_lineage(stage),
            **{name: facts[name] for name in SHOWN_FACTS if facts.get(name) is not None},
            **fidelity,
        },
        data=info,
        replies=[] if task is None else [task.answer(label) for label in task.labels],
        rows=_scores(stage),
        recipe=recipe,
        cutoff=origin.cutoff,
        licence_sentence=_licence_sentence(origin),
    )
    return card


def _lineage(stage: Path) -> dict[str, Any]:
    """The stages of its run that a checkpoint went through, and the teacher that it learned from."""
    recipe = stage.parent.parent / "recipe.yaml"
    if stage.name not in STAGES or not recipe.is_file():
        return {}
    values = read_yaml(recipe)
    through = [name for name in STAGES[: STAGES.index(stage.name) + 1] if values.get(name)]
    told: dict[str, Any] = {"stages": ", ".join(through)} if through else {}
    file = stage.parent / "rationales" / FACTS
    if "rationales" in through and file.is_file():
        made = read_json(file)
        told["teacher"] = publishable(made["teacher"]).get("model", made["teacher"]["kind"])
        told["rationales kept"] = f"{made['rationales']['kept']} of {made['rationales']['asked']} replies"
    return told


def _scores(stage: Path) -> list[dict[str, Any]]:
    """Rows of the checkpoint, of its base and of their difference."""
    file = stage.parent / "eval" / "metrics.json"
    wanted = (stage.name, "base", f"{stage.name} minus base")
    rows = read_json(file) if file.is_file() else []
    return [row for row in rows if row["checkpoint"] in wanted and row["metric"] in SHOWN_METRICS]


def _licence_sentence(origin: Origin) -> str:
    if origin.licence is None:
        return f"The weights derive from {origin.base_id}: its licence applies."
    return f"{origin.licence}, as the base model {origin.base_id}."
