from pathlib import Path
from typing import Any

import polars as pl
import pytest

from eval.answers import Prompts
from eval.backends import fake
from eval.backends.turns import packed
from eval.checkpoint import base_checkpoint
from eval.evaluate import evaluate
from eval.results import Answer, Ledger
from eval.results.store import raw_results
from scripts.reply_pairs import drawn_replies, main, pairs_of, replies_to, saved_key
from tests.eval.conftest import made_samples, write_made
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import EvalConfig, ModelConfig
from tickertune.core.recipe.loading import parse_config
from tickertune.core.tasks import label_task
from training.pairs import pairs_info, read_pairs

TASK = label_task("movement")
BASE = "tiny-llama"
UP, DOWN = TASK.answer("up"), TASK.answer("down")


@pytest.fixture
def evaluated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """A data stage, and an evaluation whose replies are drawn from prose, up, down and up."""
    made = fake.FakeBackend.__init__
    monkeypatch.setattr(fake.FakeBackend, "__init__", lambda self: made(self, ("Hard to say", UP, DOWN, UP)))
    data = write_made(made_samples(), tmp_path / "data", "movement")
    return data, draw(data, tmp_path / "eval")


def draw(data: Path, evaluation: Path, **changes: Any) -> Path:
    """Evaluate the tiny model by votes of four."""
    block = {"backend": "fake", "resamples": 200, "baselines": ["majority"], "votes": {"samples": 4}, **changes}
    base = base_checkpoint(ModelConfig(name="tiny-llama"))
    evaluate(data, [base], parse_config(EvalConfig, block, "r"), evaluation, "w")
    return evaluation


def stored(evaluation: Path) -> pl.DataFrame:
    return drawn_replies(evaluation, "base@4", saved_key(evaluation, "base@4"), TASK)


def ledger_of(evaluation: Path) -> Ledger:
    """Where the drawn replies lie."""
    (found,) = (path for path in (evaluation / "store").glob("*/setting.json") if '"replies"' in path.read_text())
    return Ledger(found.parent)


def test_a_right_reply_stands_beside_a_wrong_one(evaluated: tuple[Path, Path], tmp_path: Path) -> None:
    data, evaluation = evaluated
    main(data, evaluation, "base@4", tmp_path / "pairs", BASE)
    pairs, _ = read_pairs(tmp_path / "pairs")
    rows = stored(evaluation)
    both = rows.filter(pl.col("replies").list.contains(UP) & pl.col("replies").list.contains(DOWN))
    assert 10 < both.height < rows.height == 24
    assert set(pairs["sample_id"]) == set(both["sample_id"])
    for label, chosen, rejected in pairs.select("label", "chosen", "rejected").iter_rows():
        assert (chosen, rejected) == ((UP, DOWN) if label == "up" else (DOWN, UP))
    assert pairs["as_of"].null_count() == 0
    assert pairs_info(tmp_path / "pairs")["task"] == "movement"


def test_samples_whose_replies_are_all_right_or_all_wrong_give_none(evaluated: tuple[Path, Path]) -> None:
    _, evaluation = evaluated
    assert saved_key(evaluation, "base@4")["split"] == "test"
    samples = made_samples().filter(pl.col("split") == "test")
    same = stored(evaluation).with_columns(replies=pl.lit([UP, UP, "Hard to say", UP]))
    assert pairs_of(samples, TASK, same).is_empty()


def test_what_has_no_replies_is_told(evaluated: tuple[Path, Path], tmp_path: Path) -> None:
    data, evaluation = evaluated
    with pytest.raises(TickerTuneError, match="has no votes"):
        main(data, evaluation, "base", tmp_path / "pairs", BASE)
    with pytest.raises(TickerTuneError, match=r"nobody@4"):
        main(data, evaluation, "nobody@4", tmp_path / "pairs", BASE)


def test_another_data_set_than_the_evaluated_one_is_refused(evaluated: tuple[Path, Path], tmp_path: Path) -> None:
    _, evaluation = evaluated
    turned = made_samples().with_columns(
        label=pl.when(pl.col("label") == "up").then(pl.lit("down")).otherwise(pl.lit("up"))
    )
    other = write_made(turned, tmp_path / "turned", "movement")
    with pytest.raises(TickerTuneError, match=rf"{evaluation} is not of {other}: outcome_hash differ"):
        main(other, evaluation, "base@4", tmp_path / "pairs", BASE)
    fewer = write_made(made_samples(test_days=5), tmp_path / "fewer", "movement")
    with pytest.raises(TickerTuneError, match=r"split_hash, prompt_hash, outcome_hash differ"):
        main(fewer, evaluation, "base@4", tmp_path / "pairs", BASE)
    assert not (tmp_path / "pairs").exists()


def test_replies_behind_solved_examples_are_refused(evaluated: tuple[Path, Path], tmp_path: Path) -> None:
    data, _ = evaluated
    shown = draw(data, tmp_path / "shown", shots=2)
    with pytest.raises(TickerTuneError, match=r"solved examples before each prompt.*without eval\.shots"):
        main(data, shown, "base@4", tmp_path / "pairs", BASE)


def test_replies_to_earlier_prompts_of_the_same_samples_are_left_out(
    evaluated: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, evaluation = evaluated
    main(data, evaluation, "base@4", tmp_path / "pairs", BASE)
    first = f"{tmp_path / 'pairs'}: {read_pairs(tmp_path / 'pairs')[0].height} pairs of 24 samples, 0 of which had no reply; 0 stored"
    assert first in capsys.readouterr().out
    told = made_samples().with_columns(
        messages=pl.col("messages").list.eval(
            pl.struct(pl.element().struct["role"], pl.element().struct["content"] + pl.lit(" Think."))
        )
    )
    again = write_made(told, tmp_path / "told", "movement")
    draw(again, evaluation)
    assert stored(evaluation).height == 48
    main(again, evaluation, "base@4", tmp_path / "pairs", BASE)
    assert "of 24 samples, 0 of which had no reply; 24 stored answers are to other prompts" in capsys.readouterr().out
    assert all(
        turns[-1]["content"].endswith("Think.") for turns in read_pairs(tmp_path / "pairs")[0]["prompt"].to_list()
    )


def test_samples_without_a_reply_are_counted(
    evaluated: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, evaluation = evaluated
    ledger, rows = ledger_of(evaluation), stored(evaluation)
    for path in ledger.folder.glob("*.parquet"):
        path.unlink()
    ledger.append(rows.head(17))
    main(data, evaluation, "base@4", tmp_path / "pairs", BASE)
    assert "of 24 samples, 7 of which had no reply" in capsys.readouterr().out


def test_prompts_that_another_tokenizer_wrote_are_refused(evaluated: tuple[Path, Path], tmp_path: Path) -> None:
    data, evaluation = evaluated
    with pytest.raises(TickerTuneError, match=r"None of 24 stored replies answers.*server that chats.*Give --model"):
        main(data, evaluation, "base@4", tmp_path / "pairs")


def test_a_server_that_chats_was_sent_turns() -> None:
    samples = made_samples().head(3)
    names, turns = (samples[column].to_list() for column in ("sample_id", "messages"))
    keys = Prompts.of(names, [packed(one) for one in turns]).keys
    said = Answer([], [UP, DOWN], [True, True], [2, 2])
    rows = raw_results(keys["sample_id"].to_list(), keys["prompt_hash"].to_list(), [said] * 3)
    assert replies_to(samples, rows.reverse(), None)["sample_id"].to_list() == names
    with pytest.raises(TickerTuneError, match=r"None of 3 stored replies.*tokenizer of tiny-llama"):
        replies_to(samples, rows, ModelConfig(name=BASE))
