from pathlib import Path
from typing import Any

import polars as pl
import pytest

from eval.backends import fake
from eval.checkpoint import base_checkpoint
from eval.evaluate import evaluate
from scripts.reply_pairs import drawn_replies, main, pairs_of
from tests.eval.conftest import made_samples, write_made
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import EvalConfig, ModelConfig
from tickertune.core.recipe.loading import parse_config
from tickertune.core.tasks import label_task
from training.pairs import pairs_info, read_pairs

TASK = label_task("movement")
UP, DOWN = TASK.answer("up"), TASK.answer("down")


@pytest.fixture
def evaluated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """A data stage, and an evaluation whose replies are drawn from prose, up, down and up."""
    made = fake.FakeBackend.__init__
    monkeypatch.setattr(fake.FakeBackend, "__init__", lambda self: made(self, ("Hard to say", UP, DOWN, UP)))
    data = write_made(made_samples(), tmp_path / "data", "movement")
    block: dict[str, Any] = {"backend": "fake", "resamples": 200, "baselines": ["majority"], "votes": {"samples": 4}}
    base = base_checkpoint(ModelConfig(name="tiny-llama"))
    evaluate(data, [base], parse_config(EvalConfig, block, "r"), tmp_path / "eval", "w")
    return data, tmp_path / "eval"


def test_a_right_reply_stands_beside_a_wrong_one(evaluated: tuple[Path, Path], tmp_path: Path) -> None:
    data, evaluation = evaluated
    main(data, evaluation, "base@4", tmp_path / "pairs")
    pairs, _ = read_pairs(tmp_path / "pairs")
    rows, _ = drawn_replies(evaluation, "base@4", TASK)
    both = rows.filter(pl.col("replies").list.contains(UP) & pl.col("replies").list.contains(DOWN))
    assert 10 < both.height < rows.height == 24
    assert set(pairs["sample_id"]) == set(both["sample_id"])
    for label, chosen, rejected in pairs.select("label", "chosen", "rejected").iter_rows():
        assert (chosen, rejected) == ((UP, DOWN) if label == "up" else (DOWN, UP))
    assert pairs["as_of"].null_count() == 0
    assert pairs_info(tmp_path / "pairs")["task"] == "movement"


def test_samples_whose_replies_are_all_right_or_all_wrong_give_none(evaluated: tuple[Path, Path]) -> None:
    _, evaluation = evaluated
    rows, key = drawn_replies(evaluation, "base@4", TASK)
    assert key["split"] == "test"
    samples = made_samples().filter(pl.col("split") == "test")
    same = rows.with_columns(replies=pl.lit([UP, UP, "Hard to say", UP]))
    assert pairs_of(samples, TASK, same).is_empty()


def test_what_has_no_replies_is_told(evaluated: tuple[Path, Path], tmp_path: Path) -> None:
    data, evaluation = evaluated
    with pytest.raises(TickerTuneError, match="has no votes"):
        main(data, evaluation, "base", tmp_path / "pairs")
    with pytest.raises(TickerTuneError, match=r"nobody@4"):
        main(data, evaluation, "nobody@4", tmp_path / "pairs")
