"""The temperature is the one that the data were made with; it is taken from no other checkpoint and not from the test split."""

import json
from pathlib import Path

import numpy as np
import pytest

from eval.checkpoint import Checkpoint, fingerprint
from eval.evaluate import evaluate
from eval.inference import Options, infer
from eval.inference.calibration import fit_temperature, log_loss, read_calibration
from tests.eval.conftest import made_samples, write_made
from tests.eval.inference.made import OPTIONS, TEXTS, read_lines, write_lines
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import EvalConfig
from tickertune.core.tasks import get_task


@pytest.mark.parametrize("temperature", [0.4, 1.0, 3.0])
def test_the_fit_finds_the_temperature(temperature: float) -> None:
    """Truths are drawn from softmax(logits / temperature); 20,000 draws place it within a few per cent."""
    generator = np.random.default_rng(0)
    logits = generator.normal(scale=3.0, size=(20_000, 3))
    odds = np.exp(logits / temperature)
    chosen = (generator.random((20_000, 1)) > (odds / odds.sum(axis=1, keepdims=True)).cumsum(axis=1)).sum(axis=1)
    found = fit_temperature(logits, chosen)
    assert found == pytest.approx(temperature, rel=0.05)
    assert all(log_loss(logits, chosen, found) <= log_loss(logits, chosen, found * shift) for shift in (0.9, 1.1))


@pytest.fixture
def predictions(tmp_path: Path, checkpoint: Checkpoint) -> Path:
    """Predictions of an evaluation on a validation split of 36 samples."""
    import polars as pl

    samples = made_samples(test_days=12).with_columns(
        split=pl.when(pl.col("split") == "test").then(pl.lit("validation")).otherwise(pl.col("split"))
    )
    data = write_made(samples, tmp_path / "data", "movement")
    config = EvalConfig(backend="fake", dtype="float32", resamples=200, baselines=["majority"], split="validation")
    evaluate(data, [checkpoint], config, tmp_path / "eval", "w")
    return tmp_path / "eval" / "predictions" / "base.parquet"


def test_rows_carry_the_calibrated_confidence(predictions: Path, tmp_path: Path, checkpoint: Checkpoint) -> None:
    rows = [{"messages": [{"role": "user", "content": row["text"]}]} for row in TEXTS]
    options = Options(**{**vars(OPTIONS), "calibration": predictions})
    done = infer(
        write_lines(tmp_path / "in.jsonl", rows), tmp_path / "o.jsonl", checkpoint, get_task("movement"), options
    )
    assert done.calibration is not None
    assert (done.calibration.samples, done.calibration.split) == (36, "validation")
    assert done.calibration.log_loss_calibrated <= done.calibration.log_loss
    for row in read_lines(tmp_path / "o.jsonl"):
        scaled = np.array(list(row["logprobs"].values())) / done.calibration.temperature
        expected = np.exp(scaled.max()) / np.exp(scaled).sum()
        assert row["calibrated"] == pytest.approx(expected, abs=2e-6)
        assert row["label"] == max(row["logprobs"], key=row["logprobs"].get)


def test_predictions_that_calibrate_nothing_are_refused(predictions: Path, checkpoint: Checkpoint) -> None:
    own, labels = fingerprint(checkpoint), ("down", "up")
    with pytest.raises(TickerTuneError, match="another checkpoint"):
        read_calibration(predictions, "other", labels)
    with pytest.raises(TickerTuneError, match="another task"):
        read_calibration(predictions, own, ("negative", "positive"))
    with pytest.raises(TickerTuneError, match="does not exist"):
        read_calibration(predictions.with_name("none.parquet"), own, labels)
    marker = predictions.with_suffix(".json")
    stored = json.loads(marker.read_text())
    marker.write_text(json.dumps({**stored, "key": {**stored["key"], "split": "test"}}))
    with pytest.raises(TickerTuneError, match="of the test split, which nothing is fitted on"):
        read_calibration(predictions, own, labels)


def test_too_few_predictions_are_refused(predictions: Path, checkpoint: Checkpoint) -> None:
    import polars as pl

    pl.read_parquet(predictions).head(20).write_parquet(predictions)
    with pytest.raises(TickerTuneError, match="hold 20 label scores, and a temperature takes 30"):
        read_calibration(predictions, fingerprint(checkpoint), ("down", "up"))
