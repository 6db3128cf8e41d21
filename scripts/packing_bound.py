"""How much less packed SFT has to read than padded SFT, from the lengths of a recipe's own samples.

    python scripts/packing_bound.py recipes/stocknet recipes/demo [--json]

Builds each recipe's data set into runs/bench (once; worlds after the first are left out) and tokenises its train split with the recipe's own
model. ``padded``: tokens that padded batches of ``batch`` samples read, in random order, for each token of a sample (mean of 20
orders): the recipe's ``batch_size``, or where it packs, the samples that so many rows hold; ``grouped``: the same in batches of like length; ``packed``: tokens of packed rows of ``max_length``. ``bound`` is padded over packed: no
packing is faster than that by more, as long as time goes by tokens. A recipe whose data are not on this machine is named with the reason.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from data_pipeline.build import build  # noqa: E402
from data_pipeline.dataset import read_info, read_split  # noqa: E402
from tickertune.core.errors import TickerTuneError  # noqa: E402
from tickertune.core.models import resolve_model  # noqa: E402
from tickertune.core.recipe import ModelConfig, load_recipe  # noqa: E402
from tickertune.core.tasks import get_task  # noqa: E402
from training.examples import build_examples  # noqa: E402
from training.models import load_tokenizer  # noqa: E402
from training.packing import pack  # noqa: E402

ORDERS = 20
COLUMNS = ("samples", "median", "longest", "rows_of", "batch", "padded", "grouped", "packed", "bound")


def shares(lengths: Sequence[int], batch: int, max_length: int, seed: int = 0) -> dict[str, float]:
    """Return what padded, grouped and packed batches read for each token of a sample.

    Args:
        lengths: Tokens of each sample.
        batch: Samples of a padded batch.
        max_length: Most tokens of a packed row.
        seed: Of the orders.
    """
    sizes, draw = np.array(lengths), np.random.default_rng(seed)
    total = sizes.sum()
    orders = [draw.permutation(sizes) for _ in range(ORDERS)]
    padded = float(np.mean([_padded(order, batch) for order in orders]) / total)
    rows = len(pack([[0] * size for size in lengths], max_length))
    packed = float(rows * max_length / total)
    return {
        "padded": padded,
        "grouped": _padded(np.sort(sizes), batch) / total,
        "packed": packed,
        "bound": padded / packed,
    }


def _padded(order: Any, batch: int) -> float:
    return float(sum(part.max() * len(part) for part in np.split(order, range(batch, len(order), batch))))


def look(recipe: Path) -> dict[str, Any]:
    """Return a recipe's lengths and shares."""
    resolved = load_recipe(recipe)
    if resolved.sft is None:
        raise TickerTuneError(f"{recipe} has no sft stage", "Name another recipe")
    folder = ROOT / "runs" / "bench" / resolved.name
    if not (folder / "dataset").is_dir():
        build(next(iter(resolved.worlds.values())).data, folder)
    own = Path(resolved.model.name)  # a model that the recipe's first command makes has SmolLM2's vocabulary
    model = ModelConfig(name="smollm2-135m") if own.parts[0] == "runs" and not own.is_dir() else resolved.model
    tokenizer = load_tokenizer(resolve_model(model), model)
    config = resolved.sft.model_copy(update={"token_budget": None})
    examples = build_examples(read_split(folder, "train"), tokenizer, get_task(read_info(folder).task), config)
    lengths = list(map(len, examples.input_ids))
    batch = config.batch_size
    if config.packing:  # of rows: the padded batch beside it holds as many samples
        batch = round(batch * len(lengths) / len(pack([[0] * size for size in lengths], config.max_length)))
    return {
        "recipe": resolved.name, "samples": len(lengths), "median": int(np.median(lengths)), "longest": max(lengths),
        "rows_of": config.max_length, "batch": batch, **shares(lengths, batch, config.max_length),
    }  # fmt: skip


def main() -> int:
    """Look at the recipes asked for, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipes", nargs="+", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found, absent = [], []
    for recipe in options.recipes:
        try:
            found.append(look(recipe))
        except TickerTuneError as error:
            absent.append(f"{recipe}: {error}")
    if options.json:
        print(json.dumps(found))
    else:
        print(f"{'recipe':<18}" + "".join(f"{name:>10}" for name in COLUMNS))
        for row in found:
            cells = (f"{row[name]:>10.2f}" if isinstance(row[name], float) else f"{row[name]:>10}" for name in COLUMNS)
            print(f"{row['recipe']:<18}" + "".join(cells))
    for line in absent:
        print(line, file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
