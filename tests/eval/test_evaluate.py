import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from eval import checkpoint_scores
from eval import evaluate as module
from eval.__main__ import main
from eval.backends.fake import FakeBackend
from eval.checkpoint import Checkpoint, checkpoint_of
from eval.evaluate import evaluate
from eval.metrics import MetricRow
from tests.eval.conftest import write_made
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json
from tickertune.core.recipe import EvalConfig, ModelConfig

CONFIG = EvalConfig(backend="fake", resamples=400)
MODEL = ModelConfig(name="tiny-llama")


@pytest.fixture
def checkpoints(tiny_base: str, tiny_adapter: Path) -> list[Checkpoint]:
    return [Checkpoint("base", tiny_base), checkpoint_of("sft", tiny_adapter, MODEL)]


def test_everything_the_report_needs_is_written(
    movement_data: Path, checkpoints: list[Checkpoint], tmp_path: Path
) -> None:
    out = tmp_path / "eval"
    facts = evaluate(movement_data, checkpoints, CONFIG, out, "planted")
    names = ["base", "sft", "majority", "always_up", "tfidf", "momentum", "random", "oracle"]
    assert facts["predictors"] == names
    rows = [MetricRow.model_validate(row) for row in read_json(out / "metrics.json")]
    found = {(row.checkpoint, row.metric): row for row in rows}
    assert {"mcc", "accuracy", "pnl_reward", "sharpe_gross", "sharpe_net"} <= {
        metric for name, metric in found if name == "sft"
    }
    assert {name for name, _ in found} >= {*names, "ceiling", "sft minus base", "sft minus tfidf"}
    assert ("sft", "mcc_p_above_zero_holm") in found
    assert ("sft", "sharpe_gross_p_above_zero_holm") in found
    assert found["oracle", "accuracy"].value == 1.0
    assert found["ceiling", "mcc"].value == 0.6
    assert found["sft", "mcc"].days == 8
    assert found["sft", "mcc"].n == 24
    meta = read_json(out / "meta.json")
    assert meta["split_hash"]
    assert meta["predictors"]["sft"]["fingerprint"] != meta["predictors"]["base"]["fingerprint"]
    assert pl.read_parquet(out / "equity.parquet").columns == ["checkpoint", "session", "gross", "net", "turnover"]


def test_sentiment_has_no_portfolio_and_clusters_by_sample(
    sentiment_data: Path, checkpoints: list[Checkpoint], tmp_path: Path
) -> None:
    out = tmp_path / "eval"
    facts = evaluate(sentiment_data, checkpoints, CONFIG, out, "phrasebank")
    assert facts["predictors"] == ["base", "sft", "majority", "tfidf", "random"]
    rows = read_json(out / "metrics.json")
    assert not {row["metric"] for row in rows} & {"pnl_reward", "sharpe_gross", "accuracy_raw"}
    assert {row["days"] for row in rows} == {18}
    assert not (out / "equity.parquet").exists()


def test_second_run_scores_nothing_and_gives_the_same_bytes(
    movement_data: Path, checkpoints: list[Checkpoint], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "eval"
    evaluate(movement_data, checkpoints, CONFIG, out, "planted")
    before = {path.name: path.read_bytes() for path in out.rglob("*") if path.is_file() and path.name != "meta.json"}

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("scored again")

    monkeypatch.setattr(checkpoint_scores, "open_engine", refuse)
    monkeypatch.setattr(module, "predict_baseline", lambda name, _: refuse() if name != "bayes" else None)
    evaluate(movement_data, checkpoints, CONFIG, out, "planted")
    assert before == {path.name: path.read_bytes() for path in out.rglob("*") if path.name in before}


class Counted:
    """Notes how many prompts the fake engine is asked for in each call; dies at the call ``dies_at``, counted from 0."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, dies_at: int | None = None) -> None:
        self.calls: list[int] = []
        score = FakeBackend.score

        def counted(backend: FakeBackend, prompts: Sequence[list[int]], *rest: Any) -> Any:
            if len(self.calls) == dies_at:
                raise KeyboardInterrupt
            self.calls.append(len(prompts))
            return score(backend, prompts, *rest)

        monkeypatch.setattr(FakeBackend, "score", counted)


def test_cut_off_run_resumes_at_the_chunk_and_ends_in_the_same_bytes(
    movement_data: Path, checkpoints: list[Checkpoint], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """24 samples in chunks of 10, two checkpoints: the process ends in the second checkpoint's second chunk."""
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    config = CONFIG.model_copy(update={"chunk_rows": 10})
    evaluate(movement_data, checkpoints, config, whole, "planted")
    with monkeypatch.context() as patch:
        counted = Counted(patch, dies_at=4)
        with pytest.raises(KeyboardInterrupt):
            evaluate(movement_data, checkpoints, config, cut, "planted")
    assert counted.calls == [10, 10, 4, 10]
    assert not (cut / "metrics.json").exists()
    counted = Counted(monkeypatch)
    evaluate(movement_data, checkpoints, config, cut, "planted")
    assert counted.calls == [10, 4]
    compared = [*whole.glob("predictions/*.parquet"), whole / "metrics.json"]
    assert len(compared) == 9
    assert all((cut / path.relative_to(whole)).read_bytes() == path.read_bytes() for path in compared)


def test_two_evaluations_that_share_a_store_score_nothing_twice(
    movement_data: Path, checkpoints: list[Checkpoint], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = CONFIG.model_copy(update={"store": tmp_path / "shared"})
    evaluate(movement_data, checkpoints[:1], config, tmp_path / "one", "planted")
    counted = Counted(monkeypatch)
    evaluate(movement_data, checkpoints, config.model_copy(update={"seed": 5}), tmp_path / "two", "planted")
    assert counted.calls == [24]  # the adapter alone
    assert not (tmp_path / "two" / "store").exists()
    one, two = (read_json(tmp_path / name / "meta.json")["trials"] for name in ("one", "two"))
    assert (one, two) == (1, 2)


def test_new_parser_reads_the_stored_scores(
    movement_data: Path, checkpoints: list[Checkpoint], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "eval"
    evaluate(movement_data, checkpoints, CONFIG, out, "planted")
    counted = Counted(monkeypatch)
    monkeypatch.setattr(checkpoint_scores, "PARSER_VERSION", "label-logprobs-2")
    evaluate(movement_data, checkpoints, CONFIG, out, "planted")
    assert counted.calls == []
    assert read_json(out / "meta.json")["predictors"]["sft"]["parser_version"] == "label-logprobs-2"


def test_changed_weights_are_scored_again(movement_data: Path, checkpoints: list[Checkpoint], tmp_path: Path) -> None:
    out = tmp_path / "eval"
    evaluate(movement_data, checkpoints, CONFIG, out, "planted")
    base = (out / "predictions" / "base.parquet").read_bytes()
    swapped = [checkpoints[0], Checkpoint("sft", checkpoints[0].base)]
    evaluate(movement_data, swapped, CONFIG, out, "planted")
    assert (out / "predictions" / "sft.parquet").read_bytes() == base


def rebuilt(samples: pl.DataFrame, folder: Path) -> Path:
    """The data set built again from corrected prices: other returns, same splits, prompts and labels."""
    return write_made(samples.with_columns(pl.col("ret_raw", "ret_excess") * 2), folder, "movement")


def test_changed_returns_are_scored_again(
    movement_samples: pl.DataFrame, checkpoints: list[Checkpoint], tmp_path: Path
) -> None:
    out = tmp_path / "eval"

    def earned(data: Path) -> float:
        evaluate(data, checkpoints[:1], CONFIG, out, "planted")
        rows = {(row["checkpoint"], row["metric"]): row["value"] for row in read_json(out / "metrics.json")}
        return float(rows["base", "mean_return_gross"])

    before = earned(write_made(movement_samples, tmp_path / "data", "movement"))
    outcome = read_json(out / "meta.json")["outcome_hash"]
    assert earned(rebuilt(movement_samples, tmp_path / "data")) == pytest.approx(2 * before)
    assert read_json(out / "meta.json")["outcome_hash"] != outcome


def test_results_go_before_the_first_changed_prediction_comes(
    movement_samples: pl.DataFrame, checkpoints: list[Checkpoint], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "eval"
    evaluate(write_made(movement_samples, tmp_path / "data", "movement"), checkpoints, CONFIG, out, "planted")

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "predict_baseline", dies)  # the checkpoints are scored by then
    with pytest.raises(KeyboardInterrupt):
        evaluate(rebuilt(movement_samples, tmp_path / "data"), checkpoints, CONFIG, out, "planted")
    assert sorted(path.name for path in out.iterdir()) == ["predictions", "store"]


def test_failure_before_anything_changed_keeps_the_results(
    movement_data: Path, checkpoints: list[Checkpoint], tmp_path: Path
) -> None:
    out = tmp_path / "eval"
    evaluate(movement_data, checkpoints, CONFIG, out, "planted")
    with pytest.raises(TickerTuneError):
        evaluate(movement_data, checkpoints, CONFIG.model_copy(update={"split": "validation"}), out, "planted")
    assert (out / "meta.json").exists()


def test_sessions_without_samples_are_traded_in_cash(
    movement_samples: pl.DataFrame, checkpoints: list[Checkpoint], tmp_path: Path
) -> None:
    out, days = tmp_path / "eval", sorted(movement_samples.filter(pl.col("split") == "test")["session"].unique())
    sparse = movement_samples.filter(~pl.col("session").is_in(days[1:4]))
    evaluate(write_made(sparse, tmp_path / "data", "movement", "24/7"), checkpoints[:1], CONFIG, out, "planted")
    equity = pl.read_parquet(out / "equity.parquet").filter(pl.col("checkpoint") == "base")
    assert equity["session"].to_list() == days
    assert equity["gross"][1:4].to_list() == [0, 0, 0]


def test_checkpoint_named_like_a_baseline_is_refused(movement_data: Path, tiny_base: str, tmp_path: Path) -> None:
    with pytest.raises(TickerTuneError, match="'tfidf' is taken"):
        evaluate(movement_data, [Checkpoint("tfidf", tiny_base)], CONFIG, tmp_path / "eval", "planted")


@pytest.mark.parametrize("split", ["train", "test"])
def test_labels_that_the_task_does_not_know_are_counted_and_refused(
    movement_data: Path, tiny_base: str, tmp_path: Path, split: str
) -> None:
    path = movement_data / "dataset" / "data" / f"{split}.parquet"
    label = pl.when(pl.int_range(pl.len()) < 3).then(pl.lit("sideways")).otherwise("label")
    pl.read_parquet(path).with_columns(label=label).write_parquet(path)
    config = EvalConfig(backend="fake", baselines=["majority"])
    with pytest.raises(TickerTuneError, match=f"Split {split} .* does not know: 'sideways' 3 times"):
        evaluate(movement_data, [Checkpoint("base", tiny_base)], config, tmp_path / "eval", "world")


def test_baselines_of_a_mixture_learn_from_the_scored_task_alone(
    movement_data: Path, sentiment_data: Path, tiny_base: str, tmp_path: Path
) -> None:
    config = EvalConfig(backend="fake", resamples=200, baselines=["majority", "tfidf"])
    paths = [folder / "dataset" / "data" / "train.parquet" for folder in (movement_data, sentiment_data)]
    own, others = map(pl.read_parquet, paths)
    evaluate(movement_data, [Checkpoint("base", tiny_base)], config, tmp_path / "alone", "world")
    pl.concat([own, others.select(pl.col(name).cast(dtype) for name, dtype in own.schema.items())]).write_parquet(
        paths[0]
    )
    evaluate(movement_data, [Checkpoint("base", tiny_base)], config, tmp_path / "mixed", "world")
    assert (tmp_path / "mixed/metrics.json").read_bytes() == (tmp_path / "alone/metrics.json").read_bytes()


def test_empty_split_is_refused(movement_data: Path, tiny_base: str, tmp_path: Path) -> None:
    config = CONFIG.model_copy(update={"split": "validation"})
    with pytest.raises(TickerTuneError, match="no samples in split validation"):
        evaluate(movement_data, [Checkpoint("base", tiny_base)], config, tmp_path / "eval", "planted")


def test_command_prints_rows_as_json(
    movement_data: Path, tiny_adapter: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--data", str(movement_data), "--model", "tiny-llama", "--adapter", str(tiny_adapter), "--json"]
    status = main([*words, "--output", str(tmp_path / "out"), "--backend", "fake", "--resamples=200", "--world", "w"])
    assert status == 0
    rows = json.loads(capsys.readouterr().out)
    assert {"base", "sft", "sft minus base"} <= {row["checkpoint"] for row in rows}
    assert {row["world"] for row in rows} == {"w"}


def test_command_says_what_is_wrong_in_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--data", str(tmp_path / "absent"), "--model", "tiny-llama", "--output", str(tmp_path / "out")]
    assert main([*words, "--backend", "fake"]) == 2
    assert "holds no data set" in capsys.readouterr().err
    assert main([*words, "--bakend", "fake"]) == 2
    assert "did you mean 'backend'" in capsys.readouterr().err
    assert not (tmp_path / "out" / "metrics.json").exists()
