"""Checks before a run starts, so that what must fail fails in the first second and not in the third hour."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from tickertune.cli.accelerated import load_accelerate
from tickertune.cli.hub_models import check_hub_rights, hub_names
from tickertune.core.errors import TickerTuneError
from tickertune.core.models import check_adapter, resolve_model
from tickertune.core.recipe import (
    CollectedSourceConfig,
    DataConfig,
    EndpointTeacherConfig,
    EngineTeacherConfig,
    FilesSourceConfig,
    FundamentalsContextConfig,
    MacroContextConfig,
    MixtureDataConfig,
    PromptConfig,
    Recipe,
    SentimentDataConfig,
    SourceConfig,
    StockNetSourceConfig,
)
from tickertune.core.tracking import UNTRACKED, trackers_of

MIN_FREE_BYTES = 1_000_000_000
"""A small model's adapters, optimiser states and predictions for one run, with room to spare."""


def preflight(recipe: Recipe) -> None:
    """Check everything that a run needs and that can be known before it starts.

    Raises:
        TickerTuneError: All that is wrong, with all remedies.
    """
    raise_all(failures(recipe))


def failures(recipe: Recipe) -> list[TickerTuneError]:
    """Return all that is wrong with what a run needs and that can be known before it starts, each once."""
    found: dict[str, TickerTuneError] = {}
    for check in _checks(recipe):
        try:
            check()
        except TickerTuneError as error:
            found.setdefault(str(error), error)  # two stages may lack the same
    return list(found.values())


def raise_all(found: Sequence[TickerTuneError]) -> None:
    """Raise what was found wrong, as one error with all causes and remedies; nothing where nothing was."""
    if len(found) == 1:
        raise found[0]
    if found:
        raise TickerTuneError("; ".join(e.cause for e in found), "; ".join(e.remedy for e in found))


def _checks(recipe: Recipe) -> Iterator[Callable[[], object]]:
    yield lambda: check_output(recipe.output)
    for world in recipe.worlds.values():
        yield from (partial(check_source_path, path) for path in source_paths(world.data))
    yield lambda: check_engine(recipe)
    yield lambda: check_rollouts(recipe)
    yield lambda: check_adapter_kind(recipe)
    yield lambda: check_quantization(recipe)
    if recipe.accelerate is not None:
        yield partial(load_accelerate, recipe.accelerate)
    yield lambda: resolve_model(recipe.model)
    yield from (partial(_check_rights, name) for name in hub_names(recipe))
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


def check_rollouts(recipe: Recipe) -> None:
    """Refuse rollouts by vLLM where it cannot be handed the policy: no GPU, or a QLoRA adapter."""
    if recipe.grpo is None or not recipe.grpo.vllm or find_spec("vllm") is None:  # the last is told by check_engine
        return
    from training.preflight import check_vllm

    check_vllm(recipe.grpo, "lora" if recipe.sft is None else recipe.sft.method)


def check_adapter_kind(recipe: Recipe) -> None:
    """Refuse an adapter that the evaluation's vLLM would not load after hours of training: that of the first policy, on which the others go on."""
    chosen = recipe.eval.backend == "vllm" or (recipe.eval.backend == "auto" and find_spec("vllm") is not None)
    first = recipe.policies()[:1]
    if not chosen or not first or (recipe.sft is not None and recipe.sft.method == "full"):
        return
    from eval.backends.adapters import reasons_against_vllm

    lora = getattr(recipe, first[0]).lora
    reasons = reasons_against_vllm({"r": lora.r, "use_dora": lora.dora})
    if reasons:
        raise TickerTuneError(
            f"vLLM would not load the adapter of {first[0]}.lora: {'; '.join(reasons)}",
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


def _check_rights(name: str) -> None:
    note = check_hub_rights(name)
    if note is not None:
        print(note, file=sys.stderr, flush=True)


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
