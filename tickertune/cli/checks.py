"""Checks before a run starts, so that what must fail fails in the first second and not in the third hour."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from tickertune.core.errors import TickerTuneError
from tickertune.core.models import BUILT_IN, check_adapter, resolve_model
from tickertune.core.recipe import (
    CollectedSourceConfig,
    DataConfig,
    EndpointTeacherConfig,
    EngineTeacherConfig,
    FilesSourceConfig,
    FundamentalsContextConfig,
    MacroContextConfig,
    MixtureDataConfig,
    ModelConfig,
    PromptConfig,
    Recipe,
    SentimentDataConfig,
    SourceConfig,
    StockNetSourceConfig,
    read_yaml,
)
from tickertune.core.tracking import UNTRACKED, trackers_of

MIN_FREE_BYTES = 1_000_000_000
"""A small model's adapters, optimiser states and predictions for one run, with room to spare."""


def preflight(recipe: Recipe) -> None:
    """Check everything that a run needs and that can be known before it starts.

    Raises:
        TickerTuneError: All that is wrong, with all remedies.
    """
    found: dict[str, TickerTuneError] = {}
    for check in _checks(recipe):
        try:
            check()
        except TickerTuneError as error:
            found.setdefault(str(error), error)  # two stages may lack the same
    failures = list(found.values())
    if len(failures) == 1:
        raise failures[0]
    if failures:
        raise TickerTuneError("; ".join(e.cause for e in failures), "; ".join(e.remedy for e in failures))


def _checks(recipe: Recipe) -> Iterator[Callable[[], object]]:
    yield lambda: check_output(recipe.output)
    for world in recipe.worlds.values():
        yield from (partial(check_source_path, path) for path in source_paths(world.data))
    yield lambda: check_engine(recipe)
    yield lambda: check_adapter_kind(recipe)
    yield lambda: check_quantization(recipe)
    yield lambda: check_accelerate(recipe.accelerate)
    yield lambda: resolve_model(recipe.model)
    yield lambda: check_teacher(recipe)
    for _, stage in recipe.training():
        yield partial(trackers_of, stage.tracking)


def check_output(folder: Path) -> None:
    """Refuse a run folder that cannot be written or whose disk is nearly full."""
    nearest = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK):
        raise TickerTuneError(f"Folder {nearest} cannot be written", "Choose another --output or change its owner")
    free = shutil.disk_usage(nearest).free
    if free < MIN_FREE_BYTES:
        raise TickerTuneError(
            f"Only {free / 1e9:.2f} GB are free in {nearest}, and a run needs {MIN_FREE_BYTES / 1e9:.0f} GB",
            "Free some space or choose another --output",
        )


def source_paths(data: DataConfig) -> list[Path]:
    """Files and folders that a data stage reads; none for a simulated source."""
    if isinstance(data, SentimentDataConfig):
        return [part.path for part in (*data.train, *data.test)]
    if isinstance(data, MixtureDataConfig):
        return [block.path for block in data.sets]
    aliases = [data.aliases] if data.aliases else []
    return [*_paths_of_source(data.source), *_paths_of_prompt(data.prompt), *aliases]


def _paths_of_prompt(prompt: PromptConfig) -> list[Path]:
    figures = (FundamentalsContextConfig, MacroContextConfig)
    paths = [block.path for block in prompt.context if isinstance(block, figures)]
    paths.append(prompt.anonymise.aliases if prompt.anonymise else None)
    template = prompt.template or ""
    paths += [Path(template)] if template.endswith((".yaml", ".yml")) else []
    return [path for path in paths if path]


def _paths_of_source(source: SourceConfig) -> list[Path]:
    if isinstance(source, StockNetSourceConfig):
        return [source.path]
    if isinstance(source, CollectedSourceConfig):
        return [source.store]
    if isinstance(source, FilesSourceConfig):
        return [path for path in (source.documents, source.bars, source.instruments, source.actions) if path]
    return []


def check_source_path(path: Path) -> None:
    """Refuse a data path that does not exist or holds nothing."""
    if not path.exists():
        raise TickerTuneError(f"Data path {path} does not exist", "Correct the path in the recipe or fetch the data")
    if path.is_dir() and not any(path.iterdir()):
        raise TickerTuneError(f"Data folder {path} is empty", "Correct the path in the recipe or fetch the data")


def check_engine(recipe: Recipe) -> None:
    """Refuse a recipe that asks for vLLM where it is not installed."""
    rollouts = recipe.grpo is not None and recipe.grpo.vllm
    if (recipe.eval.backend == "vllm" or rollouts) and find_spec("vllm") is None:
        key = "eval.backend is vllm" if recipe.eval.backend == "vllm" else "grpo.vllm is true"
        raise TickerTuneError(
            f"The recipe's {key}, but no vLLM is installed",
            "Run make setup, or set eval.backend to auto and grpo.vllm to false",
        )


def check_adapter_kind(recipe: Recipe) -> None:
    """Refuse an adapter that the evaluation's vLLM would not load after hours of training."""
    chosen = recipe.eval.backend == "vllm" or (recipe.eval.backend == "auto" and find_spec("vllm") is not None)
    if not chosen or recipe.sft is None or recipe.sft.method == "full":
        return
    from eval.backends.adapters import reasons_against_vllm

    reasons = reasons_against_vllm({"r": recipe.sft.lora.r, "use_dora": recipe.sft.lora.dora})
    if reasons:
        raise TickerTuneError(
            f"vLLM would not load the adapter of sft.lora: {'; '.join(reasons)}",
            "Set eval.backend to transformers, or train without it; scripts/merge_adapter.py makes a model of it that vLLM loads",
        )


def check_quantization(recipe: Recipe) -> None:
    """Refuse QLoRA where bitsandbytes is not installed."""
    if recipe.sft is not None and recipe.sft.method == "qlora" and find_spec("bitsandbytes") is None:
        raise TickerTuneError("sft.method is qlora, but bitsandbytes is not installed", "Run make setup")


def check_teacher(recipe: Recipe) -> None:
    """Refuse a teacher whose key is not set, or whose model or adapter is not there, before the data are built."""
    teacher = None if recipe.rationales is None else recipe.rationales.teacher
    if isinstance(teacher, EndpointTeacherConfig) and teacher.key_env and not os.environ.get(teacher.key_env):
        raise TickerTuneError(
            f"The teacher's key {teacher.key_env} is not set", f"Put it into the environment variable {teacher.key_env}"
        )
    if isinstance(teacher, EngineTeacherConfig):
        base = resolve_model(teacher.model)
        if teacher.adapter is not None:
            check_adapter(teacher.adapter, base)


def check_accelerate(path: Path | None) -> None:
    """Refuse an accelerate configuration that is not there."""
    if path is not None and not path.is_file():
        raise TickerTuneError(f"Accelerate configuration {path} does not exist", "Use one of recipes/accelerate/*.yaml")


def settle_tracking(recipe: Recipe) -> Recipe:
    """Return the recipe with the trackers that ``auto`` stands for here; says it once where that is none."""
    named = {name: trackers_of(stage.tracking) for name, stage in recipe.training() if stage.tracking == "auto"}
    if any(not trackers for trackers in named.values()):
        print(UNTRACKED, file=sys.stderr, flush=True)
    stages = {
        name: getattr(recipe, name).model_copy(update={"tracking": trackers or "none"})
        for name, trackers in named.items()
    }
    return recipe.model_copy(update=stages)


def pin_revision(recipe: Recipe) -> Recipe:
    """Return the recipe with the commit of each Hub model that it names without one, so that no stage drifts.

    A run that is taken up keeps the commit that it was started with; a stored copy answers without the network.

    Raises:
        TickerTuneError: The Hub does not know a model, or cannot be reached and holds no stored copy.
    """
    started = recipe.output / "recipe.yaml"
    before = read_yaml(started) if started.is_file() else {}
    model = _pinned(recipe.model, before.get("model"))
    changes: dict[str, object] = {"model": model}
    for name, stage in recipe.training():
        if stage.model.revision is None:
            changes[name] = stage.model_copy(
                update={"model": stage.model.model_copy(update={"revision": model.revision})}
            )
    rationales = recipe.rationales
    if rationales is not None and isinstance(rationales.teacher, EngineTeacherConfig):
        asked_before = ((before.get("rationales") or {}).get("teacher") or {}).get("model")
        teacher = rationales.teacher.model_copy(update={"model": _pinned(rationales.teacher.model, asked_before)})
        changes["rationales"] = rationales.model_copy(update={"teacher": teacher})
    return recipe.model_copy(update=changes)


def _pinned(model: ModelConfig, before: dict[str, str] | None) -> ModelConfig:
    """The model with the commit that it had ``before``, else with the Hub's; one that needs none as it is."""
    if model.revision is not None or model.name in BUILT_IN or Path(model.name).expanduser().is_dir():
        return model
    known = before.get("revision") if before is not None and before.get("name") == model.name else None
    return model.model_copy(update={"revision": known or hub_commit(model.name)})


def hub_commit(name: str) -> str:
    """Return the commit that the Hub's main branch of a model stands at, or that of the copy stored here."""
    import httpx
    from huggingface_hub import HfApi, constants
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    stored = Path(constants.HF_HUB_CACHE) / f"models--{name.replace('/', '--')}" / "refs" / "main"
    try:
        return str(HfApi().model_info(name, timeout=20).sha)
    except (HfHubHTTPError, OfflineModeIsEnabled, httpx.HTTPError, OSError) as error:
        if stored.is_file():
            return stored.read_text(encoding="ascii").strip()
        raise TickerTuneError(
            f"Model {name} could not be found on the Hub ({str(error).splitlines()[0]})",
            "Correct the name, set HF_TOKEN for a gated model, or give a local folder",
        ) from error
