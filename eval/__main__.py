"""``python -m eval``: score a model, and an adapter on it, on a data set.

python -m eval --data runs/demo/planted/data --model smollm2-135m --adapter runs/demo/planted/sft --output scores
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from eval.checkpoint import Checkpoint, base_checkpoint, checkpoint_of
from eval.evaluate import evaluate
from eval.metrics import MetricRow
from eval.report.table import render_table
from tickertune.core.disk import disk_full_error, is_disk_full
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json
from tickertune.core.lock import folder_lock
from tickertune.core.recipe import EvalConfig, ModelConfig, parse_config, read_yaml
from tickertune.core.recipe.loading import parse_overrides, set_key


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m eval",
        description="Score a model on a data set. Further --key value pairs override the evaluation recipe.",
    )
    parser.add_argument("--data", type=Path, required=True, help="data stage or data set folder")
    parser.add_argument("--model", required=True, help="Hub id, folder or built-in")
    parser.add_argument("--adapter", type=Path, action="append", default=[], help="stage or adapter folder; repeatable")
    parser.add_argument("--output", type=Path, required=True, help="folder of the results")
    parser.add_argument("--config", type=Path, help="evaluation recipe (eval.yaml)")
    parser.add_argument("--endpoint", help="address of a model server, for --backend server")
    parser.add_argument("--served-model", help="the base model's name there")
    parser.add_argument("--world", help="name in the table; by default the data folder's")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    options, rest = parser.parse_known_args(arguments)
    world = options.world or _world(options.data)
    try:
        values = {} if options.config is None else read_yaml(options.config)
        served = {"server.endpoint": options.endpoint, "server.model": options.served_model}
        named = {key: text for key, text in served.items() if text is not None}
        for key, text in (parse_overrides(rest) | named).items():
            set_key(values, key, text)
        config = parse_config(EvalConfig, values, str(options.config or "the command line"))
        checkpoints = _checkpoints(options.model, options.adapter)
        with folder_lock(options.output):
            evaluate(options.data, checkpoints, config, options.output, world)
        rows = read_json(options.output / "metrics.json")
    except TickerTuneError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        if not is_disk_full(error):
            raise
        print(f"Error: {disk_full_error(options.output)}", file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps(rows, indent=1))
    else:
        Console().print(render_table([MetricRow.model_validate(row) for row in rows], world))
    return 0


def _checkpoints(model_name: str, folders: Sequence[Path]) -> list[Checkpoint]:
    model = ModelConfig(name=model_name)
    names = [(folder.parent if folder.name in ("adapter", "model") else folder).resolve().name for folder in folders]
    trained = [checkpoint_of(name, folder, model) for name, folder in zip(names, folders, strict=True)]
    return [base_checkpoint(model), *trained]


def _world(data: Path) -> str:
    folder = data.resolve()
    while folder.name in ("data", "dataset") and folder.parent != folder:
        folder = folder.parent
    return folder.name


if __name__ == "__main__":
    sys.exit(main())
