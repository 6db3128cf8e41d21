"""Whether each checkpoint that training kept is better than the base model, corrected for their number."""

from collections import Counter
from collections.abc import Mapping

import numpy as np

from eval.prediction import Prediction
from eval.report.collect import World
from eval.report.sweep import FOLDER, Sweep
from eval.report.verdicts import WORDS, Comparison
from eval.slices import Sampling, answers_of, score_part
from eval.statistics import block_length, holm, p_of_interval
from tickertune.core.files import read_json
from tickertune.core.table import read_table

BASE = "base"


def against_base(world: World) -> dict[str, Comparison]:
    """Each checkpoint of a sweep minus the base model, by name; empty where the predictions are not at hand.

    Raises:
        TickerTuneError: A file of the sweep is damaged, or its predictions are of different samples.
    """
    sweep = world.sweep
    if sweep is None or world.folder is None:
        return {}
    folder = world.folder / FOLDER
    names = [BASE, *(name for steps in sweep.steps.values() for _, name in steps)]
    paths = {name: folder / "predictions" / f"{name}.parquet" for name in names}
    if len(names) < 2 or not all(path.is_file() for path in paths.values()):
        return {}
    settings = read_json(folder / "meta.json")
    sampling = Sampling(settings["resamples"], settings["seed"], settings["block_sessions"], world.horizon)
    answers = answers_of({name: read_table(path, Prediction) for name, path in paths.items()}, world.labels)
    part = score_part(answers, np.ones(len(answers.samples), dtype=bool), sweep.headline, sampling)
    rows = {name: part.difference(name, BASE, world.name) for name in names[1:]}
    block = block_length(sampling.block_sessions, sampling.horizon)
    alone = {
        name: p_of_interval(row.value, row.low, row.high, row.days / block)
        for name, row in rows.items()
        if row.low is not None and row.high is not None
    }
    corrected = holm(alone)
    return {
        name: Comparison(BASE, row, alone.get(name), corrected.get(name), trained=False) for name, row in rows.items()
    }


def said_of_sweep(found: Mapping[str, Comparison], sweep: Sweep) -> str:
    """How many of the checkpoints are better than the base model on the split that was swept."""
    if not found:
        return ""
    counts = Counter(one.word for one in found.values())
    told = ", ".join(f"{counts[word]} {word}" for word in WORDS if counts[word])
    return (
        f"Of {len(found)} checkpoints that training kept, against the base model on the {sweep.split} split, corrected for "
        f"their number (Holm): {told}."
    )
