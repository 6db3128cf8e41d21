"""The guards in an evaluation on the fake engine: written, shown, resumed, and nothing else changes."""

import json
from datetime import date

import polars as pl
import pytest

from data_pipeline.dataset import read_info, read_split, write_dataset
from eval.backends.fake import FakeBackend
from eval.checkpoint import base_checkpoint
from eval.evaluate import evaluate
from eval.guards import read_guards
from eval.guards.result import GuardResult
from eval.report.guards import guard_lines
from tickertune.core.files import read_json
from tickertune.core.recipe import EvalConfig, GuardsConfig, ModelConfig
from tickertune.core.recipe.guards import GuardName
from tickertune.core.table import read_parquet


def run(data, folder, guards):
    config = EvalConfig(backend="fake", resamples=200, baselines=["majority"], guards=guards)
    evaluate(data, [base_checkpoint(ModelConfig(name="tiny-llama"))], config, folder, "world")
    return read_guards(folder)


def test_scores_are_the_same_bytes_with_and_without(movement_data, tmp_path):
    run(movement_data, tmp_path / "plain", None)
    found = run(movement_data, tmp_path / "guarded", GuardsConfig())
    assert (tmp_path / "plain" / "metrics.json").read_bytes() == (tmp_path / "guarded" / "metrics.json").read_bytes()
    assert not (tmp_path / "plain" / "guards.json").exists()
    assert {result.guard for result in found} == set(GuardName.__args__)
    first = next(result for result in found if result.guard == "first_prompt")
    assert "<news>" in first.figures["text"]
    trials = [json.loads((tmp_path / name / "meta.json").read_text()).get("trials") for name in ("plain", "guarded")]
    assert trials[0] == trials[1]  # being asked again is no further trial


def test_what_was_asked_again_is_not_asked_twice(movement_data, tmp_path, monkeypatch):
    before = run(movement_data, tmp_path / "eval", GuardsConfig())

    def refuse(*args, **kwargs):
        raise AssertionError("asked again")

    monkeypatch.setattr(FakeBackend, "score", refuse)
    assert run(movement_data, tmp_path / "eval", GuardsConfig()) == before


def test_guards_that_were_switched_off_leave_nothing_behind(movement_data, tmp_path):
    run(movement_data, tmp_path / "eval", GuardsConfig(checks=["unparsed"]))
    run(movement_data, tmp_path / "eval", None)
    assert not (tmp_path / "eval" / "guards.json").exists()


def test_texts_without_days_say_what_does_not_apply(sentiment_data, tmp_path):
    found = run(sentiment_data, tmp_path / "eval", GuardsConfig())
    verdicts = {result.guard: result.verdict for result in found}
    for guard in ("as_of", "ceiling", "stale_replay", "stale_news", "anonymised"):
        assert verdicts[guard] == "not_applicable"
    assert verdicts["injection"] in ("pass", "flag")
    assert len(guard_lines(found)) == len(found)


def test_texts_that_the_checkpoint_was_trained_on_elsewhere_are_left_out(sentiment_data, tmp_path):
    """The scored data's own train split is clean; the one that was trained on held four of the scored texts."""
    test = read_split(sentiment_data, "test")
    known = read_split(sentiment_data, "train").head(0)
    seen = test.head(4).with_columns(sample_id=pl.format("seen-{}", "sample_id"), split=pl.lit("train"))
    write_dataset(pl.concat([known, seen]), read_info(sentiment_data), tmp_path / "trained" / "dataset")
    folder = tmp_path / "eval"
    guards = GuardsConfig(checks=["near_duplicates"], trained_on=[tmp_path / "trained"])
    (found, told) = run(sentiment_data, folder, guards)
    twins = read_parquet(folder / "near_copies.parquet")
    assert set(test["sample_id"].head(4)) <= set(twins["sample_id"])
    assert (found.verdict, found.figures["copies"]) == ("flag", twins.height)
    without = {(row["checkpoint"], row["metric"]): row for row in read_json(folder / "metrics_without_copies.json")}
    assert without["base", "accuracy"]["n"] == test.height - twins.height
    assert without["base", "accuracy"]["value"] == told.figures["accuracy_without"]
    assert ("majority", "weighted_f1") in without
    run(sentiment_data, folder, None)
    assert not (folder / "near_copies.parquet").exists()
    assert not (folder / "metrics_without_copies.json").exists()


def test_verdicts_are_of_the_samples_after_the_cutoff(movement_data, tmp_path):
    """Half of the made test days lie before it: all metrics once more for the others, and none where there is nothing to part."""
    folder = tmp_path / "eval"
    run(movement_data, folder, GuardsConfig(checks=["cutoff"], cutoff=date(2020, 1, 16)))
    tags = read_parquet(folder / "cutoff_tags.parquet")
    rows = {(row["checkpoint"], row["metric"]): row for row in read_json(folder / "metrics_after_cutoff.json")}
    assert rows["base", "mcc"]["n"] == tags.filter(pl.col("tag") == "after").height == 12
    assert ("majority", "accuracy") in rows
    run(movement_data, folder, GuardsConfig(checks=["cutoff"], cutoff=date(2019, 1, 16)))
    assert not (folder / "metrics_after_cutoff.json").exists()


def test_a_finding_is_said_as_it_is(movement_data, tmp_path, monkeypatch, capsys):
    """Ids and texts of others may look like markup of the terminal."""
    said = GuardResult(guard="unparsed", checkpoint="sft[/b]", verdict="flag", said="such as x[/b] and [gMASK]")
    monkeypatch.setattr("eval.guards.evaluation.run_guards", lambda *_: [said])
    run(movement_data, tmp_path / "eval", GuardsConfig(checks=["unparsed"]))
    words = " ".join("".join(capsys.readouterr()).split())
    assert "GUARD unparsed (sft[/b]): such as x[/b] and [gMASK]" in words


def test_unknown_guards_are_refused():
    with pytest.raises(ValueError, match="checks"):
        GuardsConfig(checks=["everything"])
