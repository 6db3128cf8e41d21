"""Batch inference behind solved examples: rows that may not see them are set aside, and each set of them is work of its own."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from transformers import AutoTokenizer

from data_pipeline.dataset import read_split
from eval.backends.fake import FakeBackend
from eval.checkpoint import Checkpoint
from eval.evaluate import evaluate
from eval.inference import follow, infer
from eval.shots import shots_of
from tests.eval.conftest import made_samples, write_made
from tests.eval.inference.made import OPTIONS, read_lines, write_lines
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import EvalConfig, ShotsConfig
from tickertune.core.tasks import get_task

TWO = ShotsConfig(count=2)
MOVEMENT = get_task("movement")
LONG = replace(OPTIONS, max_length=2000)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Movement samples, 36 of the train split and 36 of the validation split."""
    samples = made_samples(test_days=12).with_columns(split=pl.col("split").replace("test", "validation"))
    return write_made(samples, tmp_path / "data", "movement")


def rows_of(data: Path, split: str) -> list[dict[str, Any]]:
    frame = read_split(data, split).select("sample_id", "messages", pl.col("as_of").dt.to_string("iso:strict"))
    return frame.to_dicts()


def test_prompts_stand_behind_the_examples(
    data: Path, tmp_path: Path, checkpoint: Checkpoint, monkeypatch: Any
) -> None:
    shots = shots_of(data, TWO, None, "movement")
    asked: list[list[int]] = []
    score = FakeBackend.score
    monkeypatch.setattr(
        FakeBackend, "score", lambda self, prompts, *rest: asked.extend(prompts) or score(self, prompts, *rest)
    )
    source = write_lines(tmp_path / "in.jsonl", rows_of(data, "validation"))
    done = infer(source, tmp_path / "o.jsonl", checkpoint, MOVEMENT, replace(LONG, shots=shots))
    assert (done.rows, done.rejected, done.shots) == (36, 0, shots.facts)
    texts = AutoTokenizer.from_pretrained(checkpoint.base).batch_decode(asked)
    assert len(texts) == 36
    assert all(turn["content"] in text for text in texts for turn in shots.turns)
    followed = follow(source, tmp_path / "f.jsonl", checkpoint, MOVEMENT, replace(LONG, shots=shots), 0)
    assert (followed.rows, followed.shots) == (36, shots.facts)
    assert (tmp_path / "f.jsonl").read_bytes() == (tmp_path / "o.jsonl").read_bytes()
    infer(source, tmp_path / "zero.jsonl", checkpoint, MOVEMENT, LONG)
    assert (tmp_path / "zero.jsonl").read_bytes() != (tmp_path / "o.jsonl").read_bytes()


def test_rows_that_could_not_know_the_examples_are_set_aside(
    data: Path, tmp_path: Path, checkpoint: Checkpoint
) -> None:
    """A row decided before the outcomes, one of the examples itself, an unreadable time, another system message."""
    shots = shots_of(data, TWO, None)
    assert shots.known_at is not None
    late, own = (
        rows_of(data, "validation")[0],
        next(row for row in rows_of(data, "train") if row["sample_id"] == shots.sample_ids[0]),
    )
    other = [{"role": "system", "content": "Say yes."}, *late["messages"][1:]]
    rows = [
        late, {**late, "as_of": shots.known_at.isoformat()}, own, {**late, "as_of": "yesterday"}, {**late, "as_of": None},
        {**late, "messages": other},
    ]  # fmt: skip
    source = write_lines(tmp_path / "in.jsonl", rows)
    done = infer(source, tmp_path / "o.jsonl", checkpoint, MOVEMENT, replace(LONG, shots=shots))
    assert [row["outcome"] for row in read_lines(tmp_path / "o.jsonl")] == [
        "label",
        "error",
        "error",
        "error",
        "label",
        "error",
    ]
    reasons = [row["reason"] for row in read_lines(done.quarantine)]  # type: ignore[arg-type]
    for reason, told in zip(
        reasons, ("were not known", "one of the shots", "no time with a zone", "system message"), strict=True
    ):
        assert told in reason


def test_parts_scored_behind_other_examples_are_not_taken_over(
    data: Path, tmp_path: Path, checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write_lines(tmp_path / "in.jsonl", rows_of(data, "validation"))
    whole = replace(LONG, shots=shots_of(data, ShotsConfig(count=2, seed=1), None))
    infer(source, tmp_path / "whole.jsonl", checkpoint, MOVEMENT, whole)
    score, calls = FakeBackend.score, []

    def dies(backend: FakeBackend, prompts: Any, *rest: Any) -> Any:
        calls.append(len(prompts))
        if len(calls) == 3:
            raise KeyboardInterrupt
        return score(backend, prompts, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(FakeBackend, "score", dies)
        with pytest.raises(KeyboardInterrupt):
            infer(source, tmp_path / "o.jsonl", checkpoint, MOVEMENT, replace(LONG, shots=shots_of(data, TWO, None)))
    infer(source, tmp_path / "o.jsonl", checkpoint, MOVEMENT, whole)
    assert (tmp_path / "o.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


def test_a_calibration_belongs_to_its_examples(data: Path, tmp_path: Path, checkpoint: Checkpoint) -> None:
    config = EvalConfig(backend="fake", dtype="float32", resamples=200, baselines=[], split="validation", shots=TWO)
    evaluate(data, [checkpoint], config, tmp_path / "eval", "w")
    source = write_lines(tmp_path / "in.jsonl", rows_of(data, "validation"))
    fitted = replace(LONG, calibration=tmp_path / "eval" / "predictions" / "base.parquet")
    same = replace(fitted, shots=shots_of(data, TWO, read_split(data, "validation")))
    assert infer(source, tmp_path / "o.jsonl", checkpoint, MOVEMENT, same).calibration is not None
    with pytest.raises(TickerTuneError, match="other shots"):
        infer(source, tmp_path / "p.jsonl", checkpoint, MOVEMENT, fitted)


def test_examples_of_another_task_are_refused(data: Path) -> None:
    with pytest.raises(TickerTuneError, match="is of task movement, and task sentiment is asked"):
        shots_of(data, TWO, None, "sentiment")
