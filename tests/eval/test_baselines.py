from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from eval.baselines import Evidence, predict_baseline
from eval.text_baseline import TextClassifier, prompt_text
from tickertune.core.tasks import get_task


@pytest.fixture
def evidence(movement_samples: pl.DataFrame) -> Evidence:
    train, test = (movement_samples.filter(split=split) for split in ("train", "test"))
    tones = test.select("instrument_id", "session", pl.col("ret_scaled").alias("tone"))
    return Evidence(get_task("movement"), train, test, tones, seed=0)


def labels(name: str, evidence: Evidence) -> list[str]:
    frame = predict_baseline(name, evidence)  # type: ignore[arg-type]
    assert frame is not None
    assert frame["sample_id"].to_list() == evidence.test["sample_id"].to_list()
    return frame["label"].to_list()


def test_majority_is_that_of_the_train_split(evidence: Evidence) -> None:
    down = evidence.train.with_columns(label=pl.lit("down"))
    assert set(labels("majority", replace(evidence, train=down))) == {"down"}
    assert set(labels("always_up", evidence)) == {"up"}


def test_tfidf_reads_the_news(evidence: Evidence) -> None:
    told = ["up" if "record contract" in messages[-1]["content"] else "down" for messages in evidence.test["messages"]]
    assert np.mean(np.array(labels("tfidf", evidence)) == np.array(told)) > 0.9


def test_tfidf_learns_from_the_train_split_alone(evidence: Evidence) -> None:
    """Neither the test split's labels nor its words change what a test sample gets."""
    frame = predict_baseline("tfidf", evidence)
    assert frame is not None
    flipped = evidence.test.with_columns(label=pl.lit("up"))
    again = predict_baseline("tfidf", replace(evidence, test=flipped.head(3)))
    assert again is not None
    np.testing.assert_allclose(again["logprobs"].to_list(), frame["logprobs"].to_list()[:3])
    shuffled = evidence.train.with_columns(pl.col("label").reverse())
    other = predict_baseline("tfidf", replace(evidence, train=shuffled))
    assert other is not None
    assert other["logprobs"].to_list() != frame["logprobs"].to_list()


def test_tfidf_strength_is_chosen_on_later_sessions_only(evidence: Evidence, monkeypatch: pytest.MonkeyPatch) -> None:
    from eval import text_baseline

    seen: list[tuple[object, object]] = []
    real = text_baseline._folds

    def spied(frame: pl.DataFrame, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
        folds = list(real(frame, seed))
        seen.extend(
            (frame["session"][past.tolist()].max(), frame["session"][future.tolist()].min()) for past, future in folds
        )
        return folds

    monkeypatch.setattr(text_baseline, "_folds", spied)
    classifier = TextClassifier(evidence.train, ["down", "up"])
    assert classifier.strength in text_baseline.STRENGTHS
    assert len(seen) == text_baseline.FOLDS
    assert all(past < future for past, future in seen)  # type: ignore[operator]


def test_tfidf_gives_probability_zero_to_a_label_it_never_saw(evidence: Evidence) -> None:
    chances = TextClassifier(evidence.train, ["down", "flat", "up"]).probabilities(evidence.test)
    np.testing.assert_allclose(chances.sum(axis=1), 1)
    assert (chances[:, 1] == 0).all()


def test_one_class_in_training_has_no_tfidf(evidence: Evidence) -> None:
    assert predict_baseline("tfidf", replace(evidence, train=evidence.train.filter(label="up"))) is None


def test_momentum_follows_the_five_session_move_of_the_prompt(evidence: Evidence) -> None:
    def with_moves(line: str) -> Evidence:
        content = f"Aldor (ALD), 2020-01-01 09:00\n{line}\n<news>\nWed 08:00 Moves: 5d +9.9%\n</news>"
        test = evidence.test.head(1).with_columns(
            messages=pl.Series([[{"role": "user", "content": content}]], dtype=evidence.test.schema["messages"])
        )
        return replace(evidence, test=test)

    assert labels("momentum", with_moves("Moves: 1d +1.0%, 5d -0.3%, 20d +2.0%")) == ["down"]
    assert labels("momentum", with_moves("Moves: 5d +0.3%")) == ["up"]
    assert predict_baseline("momentum", with_moves("Moves: 1d +1.0%, 25d -4.0%")) is None


def test_random_keeps_the_prior_and_the_seed(evidence: Evidence) -> None:
    skewed = replace(
        evidence,
        train=evidence.train.with_columns(
            label=pl.when(pl.int_range(pl.len()) % 4 == 0).then(pl.lit("up")).otherwise(pl.lit("down"))
        ),
        test=pl.concat([evidence.test] * 40),
    )
    drawn = labels("random", skewed)
    assert drawn.count("up") / len(drawn) == pytest.approx(0.25, abs=0.05)
    assert drawn == labels("random", skewed)
    assert drawn != labels("random", replace(skewed, seed=1))


def test_oracle_decides_by_the_tone_and_by_the_majority_without_one(evidence: Evidence) -> None:
    assert labels("oracle", evidence) == ["up" if value > 0 else "down" for value in evidence.test["ret_scaled"]]
    assert evidence.tones is not None
    silent = replace(evidence, tones=evidence.tones.head(0))
    assert set(labels("oracle", silent)) == {evidence.majority}
    assert predict_baseline("oracle", replace(evidence, tones=None)) is None


def test_prompt_text_is_the_fenced_news_without_stamps() -> None:
    content = "Aldor (ALD)\nMoves: 5d +1.0%\n<news>\nMon 09:31 First story\nTue Second one\n</news>"
    assert prompt_text([{"role": "user", "content": content}]) == "First story\nSecond one"
    assert prompt_text([{"role": "user", "content": "<text>\nProfit rose\n</text>"}]) == "Profit rose"
    assert prompt_text([{"role": "user", "content": "no fence"}]) == ""


def test_bayes_policy_trades_where_the_planted_return_exceeds_the_cost_of_both_sides(evidence: Evidence) -> None:
    """Expected returns of 0.3%, -0.3%, 0.1% and none, 10 basis points a side: 0.2% is paid."""
    samples = evidence.test.head(4)
    expected = samples.select("instrument_id", "session").with_columns(
        tone=pl.lit(1.0), expected_excess=pl.Series([0.003, -0.003, 0.001, None], dtype=pl.Float64)
    )
    evidence = Evidence(get_task("movement3"), evidence.train, samples, expected, seed=0, cost_bps=10)
    assert labels("bayes", evidence) == ["up", "down", "flat", "flat"]
    assert labels("bayes", replace(evidence, cost_bps=4)) == ["up", "down", "up", "flat"]


def test_bayes_policy_needs_a_flat_label_and_the_planted_return(evidence: Evidence) -> None:
    assert predict_baseline("bayes", evidence) is None
    assert evidence.tones is not None
    told = replace(evidence, tones=evidence.tones.with_columns(expected_excess=pl.col("tone")))
    assert predict_baseline("bayes", told) is None
