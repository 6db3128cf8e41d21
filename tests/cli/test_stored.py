"""``data show``, ``compare`` and ``backtest`` on a small evaluated run."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

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
        "eval.block_sessions=4",
        "eval.seed=3",
        "eval.cost_bps=7",
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


def test_predictor_is_not_distinguishable_from_itself(run, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")  # in a narrow terminal the two words stand below each other
    base = run / "planted/eval/predictions/base.parquet"
    rows = json.loads(call(capsys, "compare", base, base, "--json"))
    assert {row[end] for row in rows for end in ("value", "low", "high")} == {0.0}  # no dust of rounding
    assert call(capsys, "compare", base, base).count("not distinguishable") == len(rows) > 5


def test_two_runs_are_compared_by_recipe_and_by_score(run, tmp_path, capsys):
    other = tmp_path / "other"
    shutil.copytree(run, other)
    recipe = yaml.safe_load((other / "recipe.yaml").read_text())
    recipe["seed"] = 9
    (other / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    predictions = other / "planted/eval/predictions"
    shutil.copy(predictions / "oracle.parquet", predictions / "base.parquet")
    found = json.loads(call(capsys, "compare", other, run, "--json"))
    assert found["differences"] == [{"key": "seed", "values": ["9", "0"]}]
    row = next(row for row in found["metrics"] if (row["checkpoint"], row["metric"]) == ("base", "mcc"))
    assert row["first_minus"][0] is None
    assert row["first_minus"][1]["low"] > 0
    assert row["first_minus"][1]["days"] > 1
    shown = call(capsys, "compare", other, run)
    assert "planted base model: MCC of FIRST minus SECOND +" in shown
    assert "higher" in shown
    assert "Recipes, seeds, versions and code are the same" in call(capsys, "compare", run, run)


def test_several_runs_have_their_own_intervals_and_differences_from_the_first(run, tmp_path, capsys):
    same, other = tmp_path / "same", tmp_path / "other"
    shutil.copytree(run, same)
    shutil.copytree(run, other)
    predictions = other / "planted/eval/predictions"
    shutil.copy(predictions / "oracle.parquet", predictions / "base.parquet")
    found = json.loads(call(capsys, "compare", run, same, other, "--json"))
    assert found["runs"] == [str(run), str(same), str(other)]
    row = next(row for row in found["metrics"] if (row["checkpoint"], row["metric"]) == ("base", "mcc"))
    own = {(row["checkpoint"], row["metric"]): row for row in read_json(run / "metrics.json")}["base", "mcc"]
    assert [score["low"] for score in row["scores"]] == [own["low"]] * 3
    assert own["low"] < own["high"]
    first, nothing, lower = row["first_minus"]
    assert first is None
    assert (nothing["value"], nothing["reading"], nothing["p_holm"]) == (0.0, "not distinguishable", 1.0)
    assert lower["reading"] == "lower"
    assert lower["p"] < lower["p_holm"] == pytest.approx(2 * lower["p"])
    shown = call(capsys, "compare", run, same, other)
    assert f"RUN 3: {other}" in shown
    assert "MCC of FIRST minus RUN 3 \N{MINUS SIGN}" in shown
    assert "corrected for these 2 comparisons (Holm)" in shown


def test_three_files_of_predictions_are_not_compared(run, capsys):
    base = run / "planted/eval/predictions/base.parquet"
    with pytest.raises(SystemExit) as ended:
        front.main(["compare", str(base), str(base), str(base)])
    assert ended.value.code == 2
    assert "is no run folder" in capsys.readouterr().err


def test_runs_on_other_samples_are_shown_without_a_paired_difference(run, tmp_path, capsys):
    other = tmp_path / "other"
    shutil.copytree(run, other)
    meta = other / "planted/eval/meta.json"
    write_json(meta, read_json(meta) | {"split_hash": "other"})
    found = json.loads(call(capsys, "compare", run, other, "--json"))
    assert all(row["first_minus"] == [None, None] for row in found["metrics"])
    assert "split_hash differs" in found["unpaired"][0]["reason"]
    assert "no paired difference" in call(capsys, "compare", run, other)


@pytest.mark.parametrize("content", [None, "{}", "[1]"])
def test_a_run_without_scores_is_told(run, tmp_path, capsys, content):
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(run / "run.json", other)
    if content is not None:
        (other / "metrics.json").write_text(content)
    with pytest.raises(SystemExit) as ended:
        front.main(["compare", str(run), str(other)])
    assert ended.value.code == 2
    assert "metrics.json" in capsys.readouterr().err


def test_a_run_with_a_damaged_recipe_is_told(run, tmp_path, capsys):
    other = tmp_path / "other"
    shutil.copytree(run, other)
    (other / "recipe.yaml").write_text("seed: [")
    with pytest.raises(SystemExit) as ended:
        front.main(["compare", str(run), str(other)])
    assert ended.value.code == 2
    assert "recipe.yaml" in capsys.readouterr().err


def test_a_run_is_not_compared_with_a_file(run, capsys):
    with pytest.raises(SystemExit) as ended:
        front.main(["compare", str(run), str(run / "planted/eval/predictions/base.parquet")])
    assert ended.value.code == 2
    assert "is no run folder" in capsys.readouterr().err


def copy_with_meta(run: Path, folder: Path, **changes: object) -> Path:
    """The base predictions in an evaluation whose meta.json says something else; None leaves a key out."""
    evaluation = run / "planted/eval"
    other = folder / "predictions/base.parquet"
    other.parent.mkdir(parents=True)
    other.write_bytes((evaluation / "predictions/base.parquet").read_bytes())
    meta = read_json(evaluation / "meta.json") | changes
    write_json(folder / "meta.json", {key: value for key, value in meta.items() if value is not None})
    return other


def test_comparison_draws_blocks_as_the_evaluation_did(run, tmp_path, capsys):
    oracle = run / "planted/eval/predictions/oracle.parquet"

    def interval(first: Path) -> tuple[float, float]:
        rows = json.loads(call(capsys, "compare", first, oracle, "--json"))
        return next((row["low"], row["high"]) for row in rows if row["metric"] == "mcc")

    same = interval(copy_with_meta(run, tmp_path / "same"))
    assert same == interval(run / "planted/eval/predictions/base.parquet")
    assert same != interval(copy_with_meta(run, tmp_path / "blocks", block_sessions=1))
    assert same != interval(copy_with_meta(run, tmp_path / "seed", seed=4))


@pytest.mark.parametrize("lacking", ["exchange", "outcome_hash", "block_sessions"])
def test_evaluation_of_an_earlier_version_is_told(run, tmp_path, capsys, lacking):
    other = copy_with_meta(run, tmp_path, **{lacking: None})
    with pytest.raises(SystemExit) as ended:
        front.main(["compare", str(other), str(run / "planted/eval/predictions/base.parquet")])
    assert ended.value.code == 2
    assert f"lacks {lacking}" in capsys.readouterr().err


@pytest.mark.parametrize("fact", ["split_hash", "outcome_hash"])
def test_predictions_on_different_samples_are_not_compared(run, tmp_path, capsys, fact):
    other = copy_with_meta(run, tmp_path, **{fact: "other"})
    with pytest.raises(SystemExit) as ended:
        front.main(["compare", str(other), str(run / "planted/eval/predictions/base.parquet")])
    assert ended.value.code == 2
    assert f"{fact} differs" in capsys.readouterr().err


def test_backtest_gives_the_runs_own_rows_and_at_a_higher_cost_less(run, capsys):
    stored = read_json(run / "planted/eval/metrics.json")

    def traded(*options: object) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = json.loads(call(capsys, "backtest", run / "planted/eval", "--json", *options))
        return rows

    def values(rows: list[dict[str, Any]]) -> dict[tuple[str, str], float]:
        return {(row["checkpoint"], row["metric"]): row["value"] for row in rows}

    again = traded()
    assert {"turnover", "sharpe_net"} <= {row["metric"] for row in again}
    assert all(row in stored for row in again)  # intervals and all: same blocks, seed, draws and sessions
    same, dear = values(again), values(traded("--cost-bps", 50))
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


def test_backtest_takes_another_policy_and_a_cash_account(run, capsys):
    folder = run / "planted/eval"

    def told(*options: object) -> Any:
        return json.loads(call(capsys, "backtest", folder, "--json", "--resamples", 200, *options))

    long = told("--policy.side", "long", "--policy.gross", 0.5)
    exposure = {row["checkpoint"]: row["value"] for row in long if row["metric"] == "exposure"}
    assert exposure["oracle"] <= 0.5
    both = told("--account.random_draws", 20, "--account.stop_loss", 0.05, "--trials", 9)
    assert {row["checkpoint"] for row in both["account"]} >= {"oracle", "buy_and_hold", "one_over_n", "price_momentum"}
    values = {(row["checkpoint"], row["metric"]): row["value"] for row in both["account"]}
    assert values["oracle", "sharpe_net"] < values["oracle", "sharpe_gross"]
    assert "cash account" in call(capsys, "backtest", folder, "--resamples", 200, "--account.random_draws", 20)


@pytest.mark.parametrize(
    ("option", "said"),
    [("--polcy.side", "Unknown option"), ("--policy.siding", "unknown key"), ("--account.stop_loss", "less than 1")],
)
def test_a_wrong_word_of_the_backtest_is_named(run, capsys, option, said):
    with pytest.raises(SystemExit) as ended:
        front.main(["backtest", str(run / "planted/eval"), option, "2"])
    assert ended.value.code == 2
    assert said in capsys.readouterr().err
