"""How the training stages open: what is checked first, the weights that they start from, the base model."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json
from tickertune.core.models import check_adapter, check_weights, resolve_model
from tickertune.core.recipe import RewardModelConfig, SftConfig, StageConfig
from tickertune.core.recipe.run import TrainingConfig
from tickertune.core.reward_model import KIND
from tickertune.core.stage_facts import check_base
from tickertune.core.tracking import UNTRACKED, trackers_of
from training.models import Method
from training.preflight import check_output, check_quantization, folders
from training.stage import FACTS, Timer, main_process, say, settle_libraries


@dataclass(frozen=True)
class Start:
    """The weights that a stage starts from."""

    method: Method
    weights: Path | None
    """An adapter's or a model's folder; None: a new adapter on the base."""


@dataclass(frozen=True)
class Opening:
    """A stage before its data and its model are loaded."""

    timer: Timer
    dataset: Path
    output: Path
    start: Start


def opening(config: TrainingConfig) -> Opening:
    """Settle the libraries, find the folders and the weights to start from, and check what can be checked by then.

    Raises:
        TickerTuneError: A folder is not named or not there, ``init`` is no finished stage, or bitsandbytes or a tracker is not installed.
    """
    timer = Timer()
    settle_libraries()
    dataset, output = folders(config)
    start = Start(config.method, None) if isinstance(config, SftConfig | RewardModelConfig) else start_of(config.init)
    check_quantization(start.method)
    if not trackers_of(config.tracking) and config.tracking == "auto":
        say(UNTRACKED)
    return Opening(timer, dataset, output, start)


def base_of(config: StageConfig, opened: Opening, args: Any) -> str:
    """Return the base model's folder or Hub id; the main process fetches or makes it first.

    Raises:
        TickerTuneError: It is not there, the adapter to start from is of another one, or the disk has no room for the result.
    """
    start = opened.start
    with main_process(args):
        base = resolve_model(config.model)
        check_output(opened.output, base, start.method)
        if start.weights is not None and start.method != "full":
            check_adapter(start.weights, base)
            check_base(start.weights, base, config.model.revision)
    return base


def start_of(init: Path | None) -> Start:
    """Find the weights to start from.

    Args:
        init: Folder of a finished training stage; None: a new adapter.

    Raises:
        TickerTuneError: ``init`` is no finished training stage.
    """
    if init is None:
        return Start("lora", None)
    if not init.is_dir():
        raise TickerTuneError(f"Folder {init} to start from does not exist", "Train it first, or correct --init")
    facts = read_json(init / FACTS)
    if facts.get("kind") == KIND:
        raise TickerTuneError(f"{init} holds a reward model, which writes no replies", "Start from an SFT stage")
    method = facts.get("method")
    if method not in get_args(Method):
        raise TickerTuneError(f"{init / FACTS} names no training method (given: {method!r})", "Run the SFT stage again")
    weights = init / ("model" if method == "full" else "adapter")
    if method == "full":
        check_weights(weights)
    return Start(method, weights)
