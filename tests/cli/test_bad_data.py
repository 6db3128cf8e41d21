"""Data that is wrong or lacking, through ``data build``: one clear error, or counted and told."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from data_pipeline.sources import load_source
from tickertune.cli.main import main
from tickertune.core.recipe import SimulatedSourceConfig

SPLIT = {
    "train_start": "2021-01-04",
    "train_end": "2021-03-01",
    "validation_end": "2021-03-15",
    "test_start": "2021-03-15",
    "test_end": "2021-04-15",
}
SHORT = SPLIT | {"train_end": "2021-01-13", "validation_end": "2021-01-13"}
NAMES = ("documents", "bars", "instruments", "actions")
Tables = dict[str, pl.DataFrame]


@pytest.fixture(scope="module")
def tables() -> Tables:
    """A user's documents and prices of six companies."""
    source = load_source(SimulatedSourceConfig(companies=6, seed=3), date(2020, 12, 1), date(2021, 5, 1))
    symbols = pl.col("symbols").list.eval(pl.element().struct.field("symbol"))
    columns = ("doc_id", "revision", "title", "body", "published_at", "available_at")
    known = source.documents.drop_nulls("published_at").filter(pl.col("available_at") >= pl.col("published_at"))
    return {
        "documents": known.select(*columns, symbols=symbols),
        "bars": source.bars,
        "instruments": source.instruments,
        "actions": source.actions,
    }


@dataclass
class Ended:
    """How a command ended."""

    code: int
    err: str
    info: dict[str, Any]
    output: Path


@pytest.fixture
def build(tables, tmp_path, capsys) -> Callable[..., Ended]:
    """Build a data set from the user's tables, some of them exchanged, with keys of the recipe changed."""

    def run(
        recipe: dict[str, Any] | None = None, paths: dict[str, Path] | None = None, **changed: pl.DataFrame
    ) -> Ended:
        for name in NAMES:
            changed.get(name, tables[name]).write_parquet(tmp_path / f"{name}.parquet")
        files = {name: str((paths or {}).get(name, tmp_path / f"{name}.parquet")) for name in NAMES}
        whole = {"kind": "movement", "source": {"kind": "files", **files}, "split": SPLIT} | (recipe or {})
        (tmp_path / "data.yaml").write_text(yaml.safe_dump(whole))
        with pytest.raises(SystemExit) as end:
            main(
                ["data", "build", "--config", str(tmp_path / "data.yaml"), "--output", str(tmp_path / "out"), "--json"]
            )
        said = capsys.readouterr()
        info = json.loads(said.out)["info"] if said.out else {}
        return Ended(int(end.value.code or 0), said.err, info, tmp_path / "out")

    return run


def refused(ended: Ended) -> str:
    """Check that a command ended in one sentence and wrote nothing; returns the sentence."""
    assert ended.code == 2
    assert ended.err.startswith("Error: ")
    assert ended.err.count("\n") == 1
    assert not [path for path in ended.output.rglob("*") if path.is_file() and path.name != ".lock"]
    return ended.err


def reasons(output: Path) -> dict[str, int]:
    return dict(pl.read_parquet(output / "quarantine.parquet")["reason"].value_counts().rows())


def test_documents_without_a_time_are_quarantined_and_counted(build, tables):
    number = pl.int_range(pl.len()) % 10 == 0
    table = tables["documents"].with_columns(published_at=pl.when(~number).then("published_at"))
    ended = build(documents=table)
    lacking = table["published_at"].null_count()
    assert ended.code == 0, ended.err
    assert ended.info["counts"]["quarantined"] == lacking > 50
    assert reasons(ended.output) == {"published_at is missing": lacking}


def test_documents_that_all_lack_a_time_are_refused(build, tables):
    nothing = tables["documents"].with_columns(published_at=pl.lit(None, pl.Datetime("us", "UTC")))
    said = refused(build(documents=nothing))
    assert "holds no readable Document" in said
    assert "published_at is missing" in said


def test_symbols_without_prices_lose_their_samples_and_are_counted(build, tables):
    first = tables["instruments"]["instrument_id"][0]
    whole = build().info["counts"]
    ended = build(bars=tables["bars"].filter(pl.col("instrument_id") != first))
    counts = ended.info["counts"]
    assert ended.code == 0, ended.err
    assert counts["no_bars"] > 10
    assert counts["decisions_with_news"] + counts["no_bars"] == whole["decisions_with_news"]
    samples = pl.concat([pl.read_parquet(path) for path in (ended.output / "dataset/data").glob("*.parquet")])
    assert first not in set(samples["instrument_id"])


def test_symbols_of_no_instrument_are_counted_and_their_bars_too(build, tables):
    first = tables["instruments"]["instrument_id"][0]
    ended = build(instruments=tables["instruments"].filter(pl.col("instrument_id") != first))
    assert ended.code == 0, ended.err
    assert ended.info["counts"]["source_symbols_of_no_instrument"] > 50
    assert ended.info["counts"]["source_bars_without_instrument"] == (tables["bars"]["instrument_id"] == first).sum()


def test_no_prices_at_all_are_refused(build, tables):
    assert "holds no readable Bar" in refused(build(bars=tables["bars"].clear()))
    late = tables["bars"].filter(pl.col("session") > date(2021, 4, 28))
    assert "No sample in train and validation and test (counts: decisions_with_news 199" in refused(build(bars=late))


def test_prices_without_a_calendar_are_refused(build, tables):
    said = refused(build(instruments=tables["instruments"].with_columns(exchange=pl.lit("XXXX"))))
    assert "Exchange 'XXXX' has no calendar" in said
    assert "ISO 10383" in said


@pytest.mark.parametrize("label", ["excess", "triple_barrier", "sep"])
def test_one_symbol_has_no_market_without_itself(build, tables, label):
    """A label against the market is refused; one of plain returns is built, and the card says that there is one company."""
    first = tables["instruments"]["instrument_id"][0]
    alone = {name: tables[name].filter(pl.col("instrument_id") == first) for name in ("bars", "instruments", "actions")}
    split = SPLIT | {"train_end": "2021-02-15", "validation_end": "2021-02-15", "test_start": "2021-02-15"}
    ended = build({"label": {"name": label}, "split": split}, **alone)
    if label == "excess":
        said = refused(ended)
        assert f"there are bars of {first} alone" in said
        assert "Add instruments" in said
    else:
        assert ended.code == 0, ended.err
        assert any("one company" in note.lower() or "one instrument" in note.lower() for note in ended.info["notes"])


def test_a_class_without_a_training_row_is_told(build):
    ended = build({"label": {"name": "retuning"}})
    assert ended.code == 0, ended.err
    assert ended.info["class_priors"]["train"]["down"] == 0
    assert "No training sample has the label down: a model cannot learn it from this data set." in ended.info["notes"]
    card = (ended.output / "dataset/README.md").read_text()
    assert "No training sample has the label down" in card


@pytest.mark.parametrize("label", [{"name": "trading_r1"}, {"name": "excess", "classes": 5}])
def test_too_few_training_rows_for_a_quantile_are_refused_with_both_numbers(build, label):
    split = (
        SHORT if label["name"] == "trading_r1" else SHORT | {"train_end": "2021-01-06", "validation_end": "2021-01-06"}
    )
    said = refused(build({"label": label, "split": split}))
    assert f"Label {label['name']} cuts 5 classes at quantiles of the train split" in said
    assert "rows with a target and needs" in said
    assert "Lengthen train" in said


def test_a_token_budget_smaller_than_the_template_is_refused_with_both_numbers(build):
    said = refused(build({"prompt": {"token_budget": {"tokens": 20, "model": {"name": "tiny-llama"}}}}))
    assert "without any news has" in said
    assert "20" in said


def test_empty_folder_and_folder_for_a_file_are_refused(build, tmp_path):
    (tmp_path / "empty").mkdir()
    assert "empty is empty" in refused(build(paths={"documents": tmp_path / "empty"}))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "documents.parquet").touch()
    assert "full is a folder, and a file is read" in refused(build(paths={"documents": tmp_path / "full"}))


def test_a_truncated_file_is_refused_by_name(build, tables, tmp_path):
    tables["documents"].write_parquet(tmp_path / "cut.parquet")
    (tmp_path / "cut.parquet").write_bytes((tmp_path / "cut.parquet").read_bytes()[:-300])
    said = refused(build(paths={"documents": tmp_path / "cut.parquet"}))
    assert "cut.parquet is not a readable parquet file" in said
    assert "truncated" in said


def test_documents_in_the_future_change_no_sample(build, tables):
    """Dated after the last decision, by their publication or by their availability alone."""
    before = build()
    data = {path.name: path.read_bytes() for path in (before.output / "dataset/data").glob("*.parquet")}
    assert {"train.parquet", "test.parquet"} <= set(data)
    some = tables["documents"].filter(pl.col("published_at").dt.date() > date(2021, 2, 1)).head(6)
    ahead = pl.duration(days=36_500)
    both = some.head(3).with_columns(
        pl.col("published_at") + ahead, pl.col("available_at") + ahead, doc_id=pl.format("f-{}", "doc_id")
    )
    known_late = some.tail(3).with_columns(pl.col("available_at") + ahead, doc_id=pl.format("g-{}", "doc_id"))
    ended = build(documents=pl.concat([tables["documents"], both, known_late]))
    assert ended.code == 0, ended.err
    counts, were = ended.info["counts"], before.info["counts"]
    assert counts["source_documents_outside_window"] == were["source_documents_outside_window"] + 3
    assert {path.name: path.read_bytes() for path in (ended.output / "dataset/data").glob("*.parquet")} == data
    assert not pl.read_parquet(ended.output / "documents.parquet")["doc_id"].str.contains("^[fg]-").any()


def test_repeated_ids_with_another_text_are_quarantined_by_name(build, tables):
    other = tables["documents"].head(5).with_columns(title=pl.lit("Another text altogether"))
    ended = build(documents=pl.concat([tables["documents"], other]))
    assert ended.code == 0, ended.err
    assert ended.info["counts"]["quarantined"] == 5
    assert f"repeats ('{other['doc_id'][0]}', {other['revision'][0]})" in reasons(ended.output)
    kept = pl.read_parquet(ended.output / "documents.parquet")
    assert not kept["title"].str.contains("Another text altogether").any(), "the first one counts"


def test_of_two_revisions_with_one_time_the_later_one_is_shown(build, tables):
    first = tables["documents"].filter(
        pl.col("revision").max().over("doc_id") == 0, pl.col("published_at").dt.date() >= date(2021, 1, 4)
    )
    later = first.with_columns(revision=pl.lit(1, pl.Int64), title=pl.format("Corrected: {}", "title"))
    ended = build(documents=pl.concat([later, tables["documents"]]))
    assert ended.code == 0, ended.err
    samples = pl.concat([pl.read_parquet(path) for path in (ended.output / "dataset/data").glob("*.parquet")])
    shown = pl.read_parquet(ended.output / "shown.parquet").join(later, on="doc_id", how="semi")
    assert len(shown) > 50
    assert set(shown["revision"]) == {1}
    prompts = samples.select(pl.col("messages").list.last().struct.field("content")).to_series()
    assert prompts.str.contains("Corrected: ").sum() > 50
