"""``data show``, ``compare`` and ``backtest`` on a small evaluated run."""

import json
from pathlib import Path

import pytest

from tickertune.cli import main as front
from tickertune.core.files import read_json, write_json


def call(capsys, *arguments: object) -> str:
    with pytest.raises(SystemExit) as ended:
        front.main([str(argument) for argument in arguments])
    assert not ended.value.code
    return str(capsys.readouterr().out)


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    """A run of data and eval, with the fake engine."""
    folder = tmp_path_factory.mktemp("run") / "run"
    recipe = Path(__file__).parents[2] / "recipes" / "smoke"
    settings = [
        "sft=null",
        "grpo=null",
        "eval.backend=fake",
        "eval.resamples=200",
        "worlds.planted.data.limit={test: 60}",
    ]
    words = [word for setting in settings for word in ("--set", setting)]
    with pytest.raises(SystemExit) as ended:
        front.main(["run", str(recipe), "--output", str(folder), "--json", *words])
    assert not ended.value.code
    return folder


def test_data_show_counts_what_the_data_set_holds(run, capsys):
    shown = json.loads(call(capsys, "data", "show", run / "planted/data", "--json"))
    test = next(row for row in shown["splits"] if row["split"] == "test")
    assert test["samples"] == 60
    assert test["share up"] + test["share down"] == pytest.approx(1, abs=1e-5)
    assert test["first"] >= "2023-04-15"


def test_comparison_equals_the_reports_paired_row(run, capsys):
    """The oracle knows the tone: it beats the fake engine, in the same words either way round."""
    predictions = run / "planted/eval/predictions"
    words = ("compare", predictions / "oracle.parquet", predictions / "base.parquet", "--json", "--resamples", 300)
    rows = {row["metric"]: row for row in json.loads(call(capsys, *words))}
    scores = {(row["checkpoint"], row["metric"]): row["value"] for row in read_json(run / "metrics.json")}
    assert rows["mcc"]["value"] == pytest.approx(scores["oracle", "mcc"] - scores["base", "mcc"])
    assert rows["mcc"]["low"] > 0
    swapped = ("compare", predictions / "base.parquet", predictions / "oracle.parquet")
    assert "lower" in call(capsys, *swapped)


def test_predictor_is_not_distinguishable_from_itself(run, capsys):
    base = run / "planted/eval/predictions/base.parquet"
    assert "not distinguishable" in call(capsys, "compare", base, base)


def test_predictions_on_different_samples_are_not_compared(run, tmp_path, capsys):
    evaluation = run / "planted/eval"
    other = tmp_path / "predictions/base.parquet"
    other.parent.mkdir()
    other.write_bytes((evaluation / "predictions/base.parquet").read_bytes())
    write_json(tmp_path / "meta.json", read_json(evaluation / "meta.json") | {"split_hash": "other"})
    with pytest.raises(SystemExit) as ended:
        front.main(["compare", str(other), str(evaluation / "predictions/base.parquet")])
    assert ended.value.code == 2
    assert "split_hash differs" in capsys.readouterr().err


def test_backtest_at_the_runs_cost_gives_the_runs_rows_and_a_higher_cost_less(run, capsys):
    stored = {(row["checkpoint"], row["metric"]): row["value"] for row in read_json(run / "planted/eval/metrics.json")}

    def net(cost: float) -> dict[tuple[str, str], float]:
        rows = json.loads(
            call(capsys, "backtest", run / "planted/eval", "--cost-bps", cost, "--resamples", 200, "--json")
        )
        return {(row["checkpoint"], row["metric"]): row["value"] for row in rows}

    same, dear = net(5), net(50)
    assert same["oracle", "sharpe_net"] == pytest.approx(stored["oracle", "sharpe_net"])
    assert dear["oracle", "sharpe_net"] < same["oracle", "sharpe_net"]
    assert dear["oracle", "sharpe_gross"] == same["oracle", "sharpe_gross"]


def test_tables_are_printed_for_people(run, capsys):
    assert "oracle" in call(capsys, "backtest", run / "planted/eval", "--resamples", 200)
    assert "test" in call(capsys, "data", "show", run / "planted/data")


def test_report_is_written_again(run, capsys):
    (run / "report.html").unlink()
    assert call(capsys, "report", run).strip().endswith("report.html")
    assert (run / "report.html").exists()


def test_dry_run_shows_the_resolved_recipe_and_writes_nothing(run, capsys):
    recipe = Path(__file__).parents[2] / "recipes" / "smoke"
    shown = json.loads(call(capsys, "run", recipe, "--output", run.parent / "other", "--dry-run", "--json"))
    assert [step["stage"] for step in shown["stages"]] == ["data", "sft", "grpo", "eval"]
    assert shown["recipe"]["output"] == str(run.parent / "other")
    assert not (run.parent / "other").exists()
