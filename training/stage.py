"""What the training stages share: starting alike, resuming, the result's files, and ``python -m``."""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

import datasets
import polars as pl
import yaml
from huggingface_hub import constants
from safetensors import SafetensorError
from transformers import PrinterCallback
from transformers.utils import logging as transformers_logging

from data_pipeline.dataset import DatasetInfo
from tickertune.core.disk import disk_full_error, is_disk_full
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import canonical_json, remove_leftovers, sha256_value, write_json, write_text
from tickertune.core.lock import folder_lock
from tickertune.core.models import model_fingerprint
from tickertune.core.recipe import GrpoConfig, RationalesConfig, SftConfig, StageConfig, load_config
from tickertune.core.recipe.base import WITHOUT_EFFECT
from tickertune.core.recipe.loading import parse_overrides
from tickertune.core.tracking import trackers_of
from training.checkpoints import (
    AdapterCallback,
    check_origin,
    keep_last,
    last_complete,
    move_result,
    note_origin,
    remove_incomplete,
    save_result,
    stop_where_it_ended,
)
from training.completion_scores import completion_scores_only
from training.log import LogCallback
from training.models import Method
from training.tracking import TrackingCallback
from training.trainer_args import world_size

FACTS = "tickertune.json"
RECIPE = "config.yaml"
"""The resolved recipe of a stage, in its folder."""
LEARNT = ("sample_id", "answer", "weight", "ret_beta")
"""What of a training sample is in no hash of the data set."""
EXIT_ERROR, EXIT_INTERRUPTED = 2, 130
C = TypeVar("C", bound=StageConfig | RationalesConfig)


def settle_libraries() -> None:
    """Keep TRL from reporting what is trained here, and leave the terminal to our one bar."""
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    constants.HF_HUB_DISABLE_TELEMETRY = True  # the variable alone is read only at import
    datasets.disable_progress_bars()
    transformers_logging.disable_progress_bar()


def say(line: str) -> None:
    """Print a line on standard error, once for all processes."""
    if os.environ.get("RANK", "0") == "0":
        print(line, file=sys.stderr, flush=True)


@contextmanager
def main_process(args: Any) -> Iterator[bool]:
    """Let the main process go first; yields whether this is it."""
    with args.main_process_first(local=False):
        yield args.process_index == 0


def origin(
    config: SftConfig | GrpoConfig, info: DatasetInfo, samples: pl.DataFrame, base: str, init: Path | None = None
) -> dict[str, Any]:
    """Return all that determines a stage's weights: what may be resumed must have had the same."""
    learnt = samples.select(name for name in LEARNT if name in samples.columns).fill_nan(None)
    return {
        **config.model_dump(mode="json", exclude=set(WITHOUT_EFFECT)),
        "base": model_fingerprint(base, config.model.revision),
        "init": None if init is None else model_fingerprint(str(init)),
        "split_hash": info.split_hash,
        "prompt_hash": info.prompt_hash,
        "outcome_hash": info.outcome_hash,
        "answer_hash": sha256_value(sorted(learnt.rows(), key=lambda row: row[0])),
        "processes": world_size(),
    }


def run_trainer(
    trainer: Any,
    log: LogCallback,
    start: dict[str, Any],
    output: Path,
    config: StageConfig,
) -> None:
    """Train from the last whole checkpoint, or from the start.

    Args:
        trainer: A trainer whose checkpoints go to ``output/checkpoints``.
        log: Its log, which is closed.
        start: What ``origin`` gave.
        output: The stage's folder.
        config: The stage, whose trackers get what the log gets.
    """
    folder = output / "checkpoints"
    trainer.remove_callback(PrinterCallback)
    tracking = TrackingCallback(trackers_of(config.tracking), log, output, config.model_dump(mode="json"))
    trainer.add_callback(tracking)
    stop_where_it_ended(trainer)
    with main_process(trainer.args) as main:
        if main:
            folder.mkdir(parents=True, exist_ok=True)
            remove_leftovers(output)
            check_origin(folder, start)
            note_origin(folder, start)
            write_text(output / RECIPE, dump(config))
            if cut_off := remove_incomplete(folder):
                say(f"{cut_off} checkpoint(s) in {folder} were cut off while they were saved, and are left out")
    resume = last_complete(folder)
    if resume is not None:
        say(f"Resuming from {resume}")
        if not (trainer.is_fsdp_enabled or trainer.is_deepspeed_enabled):  # they load checkpoints of their own kind
            trainer.add_callback(AdapterCallback(resume))
    try:
        with completion_scores_only():
            trainer.train(resume_from_checkpoint=None if resume is None else str(resume))
    finally:
        log.close()
        tracking.close()


def finish(
    trainer: Any, output: Path, method: Method, dtype: str, facts: dict[str, Any], chosen: Path | None = None
) -> dict[str, Any]:
    """Save the weights, then the facts, and keep only the last checkpoint unless all are to stay; returns the facts.

    Args:
        trainer: The trainer after training.
        output: The stage's folder.
        method: How it was trained.
        dtype: Type in which fully trained weights are stored.
        facts: What else to store.
        chosen: Folder of saved weights that are the result in place of the last ones; absent once they are moved.
    """
    target = output / ("model" if method == "full" else "adapter")
    if chosen is None:
        save_result(trainer, target, dtype)
    elif trainer.is_world_process_zero() and chosen.exists():
        move_result(chosen, target)
    return conclude(trainer, output, method, dtype, facts)


def conclude(trainer: Any, output: Path, method: Method, dtype: str, facts: dict[str, Any]) -> dict[str, Any]:
    """Write the facts of a stage whose weights are saved, and leave the checkpoints that are to stay; as ``finish``."""
    facts = {
        "method": method,
        "dtype": dtype,
        "quantization": "nf4" if method == "qlora" else None,
        "steps": int(trainer.state.global_step),
        "tokens": int(trainer.state.num_input_tokens_seen),
        **facts,
    }
    if trainer.is_world_process_zero():
        write_json(output / FACTS, facts)
        if trainer.args.save_total_limit is not None:
            keep_last(output / "checkpoints")
    trainer.accelerator.wait_for_everyone()
    return facts


class Timer:
    """Wall-clock seconds since it was made."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds so far, to a tenth."""
        return round(time.monotonic() - self._started, 1)


def main(
    kind: type[C],
    train: Callable[[C], dict[str, Any]],
    arguments: Sequence[str] | None = None,
    package: str | None = None,
) -> int:
    """Run a stage by ``python -m`` or ``accelerate launch -m``: read the recipe, apply overrides, train.

    Args:
        kind: Class of the stage's recipe.
        train: Does the stage.
        arguments: Words of the command line; None: those of this process.
        package: What ``python -m`` names, where that is not the module of ``train``.

    Returns:
        The exit status: 0, 2 where the user can act on the failure, or 130 after Ctrl-C.
    """
    module = package or train.__module__
    name = module if module != "__main__" else "training"
    parser = argparse.ArgumentParser(prog=f"python -m {name}", description=sys.modules[module].__doc__)
    parser.add_argument(
        "--config", type=Path, required=True, help="the stage's recipe; further --key value override it"
    )
    parser.add_argument("--json", action="store_true", help="print the facts as JSON")
    options, rest = parser.parse_known_args(arguments)
    try:
        config = load_config(kind, options.config, parse_overrides(rest))
        first = os.environ.get("RANK", "0") == "0"
        holds = isinstance(config, StageConfig)  # a teacher's rationales hold their folder by themselves
        with folder_lock(config.output) if first and holds and config.output else nullcontext():
            facts = train(config)
    except TickerTuneError as error:
        say(f"Error: {error}")
        return EXIT_ERROR
    except KeyboardInterrupt:
        say("Interrupted. Run the same command again to resume.")
        return EXIT_INTERRUPTED
    except (OSError, RuntimeError, SafetensorError) as error:
        if not is_disk_full(error):
            raise
        say(f"Error: {disk_full_error(config.output or 'the result')}")
        return EXIT_ERROR
    if first:
        lines = canonical_json(facts) if options.json else "\n".join(f"{key}: {value}" for key, value in facts.items())
        print(lines)
    return 0


def dump(config: StageConfig | RationalesConfig) -> str:
    """Return a configuration as YAML."""
    return yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
