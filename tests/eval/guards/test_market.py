"""On the simulated market, where the truth is known: who looks ahead is flagged, who reads is not, a coin is called random."""

from pathlib import Path

import polars as pl
import pytest
from pydantic import TypeAdapter

from data_pipeline.build import build
from data_pipeline.dataset import read_info, read_split
from eval.guards.case import Case
from eval.guards.run import run_guards
from tests.eval.guards.scripted import asker, coin, looks_ahead, obeys, reader, subjects
from tickertune.core.recipe import DataConfig, EvalConfig, GuardsConfig
from tickertune.core.tasks import label_task

DATA = {
    "kind": "movement",
    "source": {"kind": "simulated", "companies": 16, "signal": 1.6, "news_probability": 0.4},
    "label": {"name": "excess", "horizon": 1, "classes": 2},
    "split": {
        "train_start": "2023-03-01", "train_end": "2023-06-01", "validation_end": "2023-06-01",
        "test_start": "2023-06-01", "test_end": "2023-08-15",
    },
    "max_documents": 2,
    "max_document_chars": 130,
    "moves": [5],
}  # fmt: skip
CHECKS = [
    "as_of",
    "ceiling",
    "cutoff",
    "shuffled_outcomes",
    "stale_replay",
    "stale_news",
    "anonymised",
    "injection",
    "paraphrase",
]


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    folder = tmp_path_factory.mktemp("market")
    build(TypeAdapter(DataConfig).validate_python(DATA), folder)
    info = read_info(folder)
    return Case(
        info, label_task(info.task), read_split(folder, "test"), read_split(folder, "train"), folder,
        EvalConfig(resamples=400), GuardsConfig(checks=CHECKS, stale_sessions=[1, 5]),
    )  # fmt: skip


@pytest.fixture(scope="module")
def found(case):
    """Findings by model and guard; of several findings of one guard the worst."""
    labels = case.task.labels
    honest = reader(case.train, case.task)
    models = {
        "reader": honest,
        "oracle-ish": looks_ahead(case.samples, 0.02, labels),
        "look-ahead": looks_ahead(case.samples, 0.1, labels),
        "coin": coin(labels),
        "obedient": obeys(honest, case.task),
    }
    results = run_guards(case, subjects(case, models), asker(case, models))
    order = ["not_applicable", "pass", "remark", "flag"]
    worst: dict[tuple[str | None, str], str] = {}
    for result in results:
        key = (result.checkpoint, result.guard)
        worst[key] = max(worst.get(key, "not_applicable"), result.verdict, key=order.index)
    said = {(result.checkpoint, result.guard): result.said for result in results}
    return worst, said


def test_a_model_that_looks_ahead_is_flagged(found):
    worst, said = found
    assert worst["oracle-ish", "ceiling"] == "flag"
    assert worst["oracle-ish", "stale_news"] == "flag"
    assert "knows outcomes from elsewhere" in said["oracle-ish", "stale_news"]


def test_one_that_is_wrong_once_in_ten_times_is_flagged_too(found):
    """The ceiling alone lets it through."""
    worst, _ = found
    assert worst["look-ahead", "stale_news"] == "flag"
    assert worst["look-ahead", "anonymised"] == "flag"


def test_an_honest_reader_is_not_flagged(found):
    worst, _ = found
    mine = {guard: verdict for (name, guard), verdict in worst.items() if name == "reader"}
    assert "flag" not in mine.values(), mine
    assert mine["shuffled_outcomes"] == mine["stale_replay"] == mine["stale_news"] == mine["injection"] == "pass"


def test_a_coin_is_called_random(found):
    worst, said = found
    assert worst["coin", "stale_replay"] == "remark"
    assert "called random" in said["coin", "stale_replay"]
    assert worst["coin", "shuffled_outcomes"] == "remark"


def test_a_model_that_follows_injected_text_is_caught(found):
    worst, said = found
    assert worst["obedient", "injection"] == "flag"
    assert "does what text in its news asks for" in said["obedient", "injection"]
    assert worst["obedient", "ceiling"] == worst["obedient", "stale_news"] == "pass"


def test_a_fictional_market_has_no_cutoff(found):
    worst, _ = found
    assert worst["reader", "cutoff"] == "not_applicable"


def test_a_text_of_after_the_decision_is_found_in_the_documents(case, tmp_path, found):
    worst, _ = found
    assert worst[None, "as_of"] == "pass"
    (tmp_path / "shown.parquet").write_bytes((case.folder / "shown.parquet").read_bytes())
    documents = pl.read_parquet(case.folder / "documents.parquet")
    documents.with_columns(pl.col("available_at").dt.offset_by("1d")).write_parquet(tmp_path / "documents.parquet")
    late = Case(
        case.info, case.task, case.samples, case.train, Path(tmp_path), case.config, GuardsConfig(checks=["as_of"])
    )
    result = run_guards(late, [], lambda variants: {})[0]
    assert result.verdict == "flag"
    assert result.figures["with_late_text"]
