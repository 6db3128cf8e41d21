"""Predictors without a language model, which every score must be read against."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from eval.pnl import SIDES
from eval.prediction import predictions_of
from eval.scoring import decide
from eval.text_baseline import TextClassifier, learnable
from tickertune.core.decision import Decision
from tickertune.core.recipe.evaluation import BaselineName
from tickertune.core.tasks import LabelTask, MovementTask

MOMENTUM_SESSIONS = 5
FLAT = "flat"
_LEAST_PROBABILITY = 1e-12


@dataclass(frozen=True)
class Evidence:
    """What a baseline may use: the whole train split, the prompts of the test split, and simulated truth."""

    task: LabelTask
    train: pl.DataFrame
    test: pl.DataFrame
    tones: pl.DataFrame | None
    """Truth table (instrument_id, session, tone, expected_excess) of a simulated source."""
    seed: int
    cost_bps: float = 0.0
    """Cost of each side, in basis points."""

    @property
    def majority(self) -> str:
        """The most frequent label of the train split, the first in the task's order of equals."""
        counts = self.train["label"].to_list()
        return max(self.task.labels, key=counts.count)


def predict_baseline(name: BaselineName, evidence: Evidence) -> pl.DataFrame | None:
    """Return the ``Prediction`` rows of a baseline, or None where the task or source does not support it."""
    return _BASELINES[name](evidence)


def _of_labels(evidence: Evidence, labels: list[str]) -> pl.DataFrame:
    decisions = [Decision(outcome="label", label=label) for label in labels]
    return predictions_of(evidence.test, evidence.task, decisions)


def majority(evidence: Evidence) -> pl.DataFrame | None:
    """Always the train split's most frequent label."""
    if evidence.train.is_empty():
        return None
    return _of_labels(evidence, [evidence.majority] * evidence.test.height)


def always_up(evidence: Evidence) -> pl.DataFrame | None:
    """Always ``up``."""
    if not isinstance(evidence.task, MovementTask):
        return None
    return _of_labels(evidence, ["up"] * evidence.test.height)


def tfidf(evidence: Evidence) -> pl.DataFrame | None:
    """TF-IDF and logistic regression on the prompts' news, fitted on the train split."""
    if not learnable(evidence.train):
        return None
    classifier = TextClassifier(evidence.train, evidence.task.labels, evidence.seed)
    chances = np.maximum(classifier.probabilities(evidence.test), _LEAST_PROBABILITY)
    decisions, normalised = decide(evidence.task, np.log(chances))
    return predictions_of(evidence.test, evidence.task, decisions, normalised)


def momentum(evidence: Evidence) -> pl.DataFrame | None:
    """The sign of the 5-session move that the prompt shows.

    The move is read from the line ``Moves: 1d +0.4%, 5d -1.2%, …``, so that no more is known than the model is told;
    the train split's majority stands in where it is absent or 0.0%.
    """
    if not isinstance(evidence.task, MovementTask) or evidence.train.is_empty():
        return None
    moves = [_past_move(messages[-1]["content"]) for messages in evidence.test["messages"].to_list()]
    if not any(moves):
        return None
    return _of_signs(evidence, moves)


def _past_move(content: str) -> float | None:
    found = re.search(rf"^Moves: (?:.*, )?{MOMENTUM_SESSIONS}d ([+-][\d.]+)%", content, re.MULTILINE)
    return float(found[1]) if found else None


def _of_signs(evidence: Evidence, values: list[float | None]) -> pl.DataFrame:
    other = evidence.majority
    return _of_labels(
        evidence, ["up" if value > 0 else "down" if value < 0 else other for value in map(_or_zero, values)]
    )


def _or_zero(value: float | None) -> float:
    return 0.0 if value is None else value


def random(evidence: Evidence) -> pl.DataFrame | None:
    """A seeded draw from the train split's class shares."""
    if evidence.train.is_empty():
        return None
    counts = evidence.train["label"].to_list()
    shares: NDArray[np.float64] = np.array([counts.count(label) for label in evidence.task.labels]) / len(counts)
    drawn = np.random.default_rng(evidence.seed).choice(len(shares), size=evidence.test.height, p=shares)
    return _of_labels(evidence, [evidence.task.labels[place] for place in drawn])


def oracle(evidence: Evidence) -> pl.DataFrame | None:
    """The sign of the tone that the simulated news was written with: what a perfect reader would answer."""
    if evidence.tones is None or not isinstance(evidence.task, MovementTask) or evidence.train.is_empty():
        return None
    return _of_signs(evidence, _planted(evidence.test, evidence.tones, "tone"))


def bayes(evidence: Evidence) -> pl.DataFrame | None:
    """The position with the highest expected P&L: that of the planted return where it exceeds the cost of both sides, else flat.

    The clip of the P&L reward at three volatilities is left out of the expectation. Only where the task can stay flat and the
    truth says what return the news announced.
    """
    if evidence.tones is None or "expected_excess" not in evidence.tones.columns or FLAT not in evidence.task.labels:
        return None
    cost = SIDES * evidence.cost_bps / 1e4
    expected = map(_or_zero, _planted(evidence.test, evidence.tones, "expected_excess"))
    return _of_labels(evidence, ["up" if value > cost else "down" if value < -cost else FLAT for value in expected])


def _planted(samples: pl.DataFrame, truth: pl.DataFrame, column: str) -> list[float | None]:
    """What the truth says of each sample's stock and session."""
    key = ["instrument_id", "session"]
    joined = samples.select(key).join(
        truth.select(*key, column), on=key, how="left", maintain_order="left", validate="m:1"
    )
    return joined[column].to_list()


_BASELINES: dict[BaselineName, Callable[[Evidence], pl.DataFrame | None]] = {
    "majority": majority,
    "always_up": always_up,
    "tfidf": tfidf,
    "momentum": momentum,
    "random": random,
    "oracle": oracle,
    "bayes": bayes,
}
