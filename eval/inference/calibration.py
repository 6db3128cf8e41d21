"""Confidence that means what it says: one temperature, fitted on predictions whose truth is known (Guo et al., 2017)."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from eval.prediction import Prediction
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json
from tickertune.core.table import read_table

LEAST_SAMPLES = 30
"""Fewer predictions fit no temperature."""
BOUNDS = (-5.0, 5.0)
"""Of the temperature's natural logarithm."""


@dataclass(frozen=True)
class Calibration:
    """A temperature, and what it did to the mean log loss of the predictions that it was fitted on (in nats)."""

    temperature: float
    samples: int
    split: str
    log_loss: float
    log_loss_calibrated: float


def read_calibration(path: Path, fingerprint: str, labels: tuple[str, ...], shots: str | None = None) -> Calibration:
    """Fit a temperature on the predictions of an evaluation.

    Args:
        path: ``predictions/<checkpoint>.parquet`` of ``tickertune eval``, of the validation split.
        fingerprint: Of the checkpoint that it is meant for.
        labels: The task's, in its order.
        shots: Hash of the examples before the prompts that it is meant for; None: there are none.

    Raises:
        TickerTuneError: They were had with other shots, are another checkpoint's or another task's, of the test split, too few, or carry no scores.
    """
    marker = path.with_suffix(".json")
    key = read_json(marker)["key"]
    if key.get("fingerprint") != fingerprint:
        raise TickerTuneError(
            f"Predictions {path} are of another checkpoint than the one that scores",
            "Evaluate this one on the validation split: tickertune eval ... --split validation",
        )
    if key["split"] == "test":
        raise TickerTuneError(
            f"Predictions {path} are of the test split, which nothing is fitted on",
            "Evaluate on the validation split: tickertune eval ... --split validation",
        )
    if key.get("shots_hash") != shots:
        raise TickerTuneError(
            f"Predictions {path} were made with other shots before the prompts than are shown now",
            "Evaluate on the validation split with the same shots, from the same data set",
        )
    frame = read_table(path, Prediction).filter(pl.col("logprobs").list.len() > 0)
    if foreign := sorted(set(frame["gold"]) - set(labels)) or set(frame["logprobs"].list.len()) - {len(labels)}:
        raise TickerTuneError(
            f"Predictions {path} are of another task (labels {', '.join(labels)}; found {foreign})", "Name another file"
        )
    if frame.height < LEAST_SAMPLES:
        raise TickerTuneError(
            f"Predictions {path} hold {frame.height} label scores, and a temperature takes {LEAST_SAMPLES}",
            "Evaluate on a larger validation split",
        )
    logprobs = np.array(frame["logprobs"].to_list())
    gold = np.array([labels.index(label) for label in frame["gold"]], dtype=np.int64)
    temperature = fit_temperature(logprobs, gold)
    return Calibration(
        temperature, frame.height, key["split"], log_loss(logprobs, gold, 1.0), log_loss(logprobs, gold, temperature)
    )


def fit_temperature(logprobs: NDArray[np.float64], gold: NDArray[np.int64]) -> float:
    """The temperature with the least mean log loss.

    Args:
        logprobs: Log-probabilities of the labels [n, k].
        gold: Place of each true label [n].
    """
    found = minimize_scalar(lambda power: log_loss(logprobs, gold, float(np.exp(power))), bounds=BOUNDS)
    return float(np.exp(found.x))


def log_loss(logprobs: NDArray[np.float64], gold: NDArray[np.int64], temperature: float) -> float:
    """Mean negative log-likelihood of the truth, in nats, with log-probabilities [n, k] divided by a temperature."""
    scaled = log_softmax(logprobs / temperature, axis=1)
    return float(-scaled[np.arange(len(gold)), gold].mean())
