"""Data sets on disk."""

from pathlib import Path

import polars as pl
import pytest
import yaml

from data_pipeline.curation import superseded_at
from data_pipeline.dataset import (
    CheckResult,
    DatasetInfo,
    class_priors,
    load_dataset_dict,
    outcome_hash,
    prompt_hash,
    read_info,
    read_split,
    sizes,
    split_hash,
    write_dataset,
)
from data_pipeline.dataset.info import SourceFacts
from data_pipeline.samples.movement import movement_samples
from tests.data_pipeline.made import config, market, new_york
from tickertune.core.errors import TickerTuneError


@pytest.fixture(scope="module")
def frame() -> pl.DataFrame:
    source = market(0)
    tables = (source.documents, superseded_at(source.documents), source.instruments, source.bars, source.actions)
    return movement_samples(*tables, new_york(), config()).frame


def info(frame: pl.DataFrame) -> DatasetInfo:
    return DatasetInfo(
        task="movement",
        labels=["down", "up"],
        horizon=1,
        market_adjusted=True,
        split_hash=split_hash(frame),
        prompt_hash=prompt_hash(frame),
        outcome_hash=outcome_hash(frame),
        label_spec={"name": "excess"},
        label_hash="abc",
        fitted={"cut_points": [0.1]},
        class_priors=class_priors(frame, ["down", "up"]),
        counts=sizes(frame),
        leak_share=0.25,
        dead_band_share=0.4,
        ceiling={"mcc": 0.8},
        source_kind="made",
        exchange="XNYS",
        zone="America/New_York",
        latency_minutes=0,
        decision_minutes=30,
        price_basis=["traded"],
        licences=["none"],
        redistributable=False,
        first_session="2020-02-03",
        last_session="2020-05-19",
        notes=["A | note"],
        checks=[CheckResult(check="all is well", result="pass")],
    )


def test_what_is_written_is_read_back(frame: pl.DataFrame, tmp_path: Path) -> None:
    write_dataset(frame, info(frame), tmp_path / "dataset")
    parts = [read_split(tmp_path, split) for split in ("train", "validation", "test")]
    assert pl.concat(parts).sort("sample_id").equals(frame.sort("sample_id"))
    assert parts[0].equals(parts[0].sort("session", "sample_id"))
    assert read_info(tmp_path) == info(frame) == read_info(tmp_path / "dataset")


def test_the_same_samples_in_any_order_give_the_same_bytes(frame: pl.DataFrame, tmp_path: Path) -> None:
    write_dataset(frame, info(frame), tmp_path / "one")
    write_dataset(frame.sample(fraction=1, shuffle=True, seed=1), info(frame), tmp_path / "two")
    files = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*") if path.is_file())
    assert len(files) == 7  # three splits, info.json, the card and two plots
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_the_hub_layout_loads_with_datasets(frame: pl.DataFrame, tmp_path: Path) -> None:
    from datasets import load_dataset

    write_dataset(frame, info(frame), tmp_path / "dataset")
    hub = load_dataset(str(tmp_path / "dataset"), cache_dir=str(tmp_path / "cache"))
    ours = load_dataset_dict(tmp_path)
    assert {name: len(part) for name, part in hub.items()} == {name: len(part) for name, part in ours.items()}
    assert hub["test"][0] == ours["test"][0]
    assert [turn["role"] for turn in hub["train"][0]["messages"]] == ["system", "user"]


def test_the_written_folder_loads_offline_with_the_declared_types(frame: pl.DataFrame, tmp_path: Path) -> None:
    from datasets import Features, List, Value, load_dataset

    write_dataset(frame, info(frame), tmp_path / "dataset")
    header = yaml.safe_load((tmp_path / "dataset" / "README.md").read_text().split("---\n")[1])
    declared = Features._from_yaml_list(header["dataset_info"]["features"])
    folder, cache = str(tmp_path / "dataset"), str(tmp_path / "cache")
    whole = load_dataset(folder, cache_dir=cache)
    stream = load_dataset(folder, cache_dir=cache, streaming=True)
    assert whole["train"].features == stream["train"].features == declared
    assert list(declared) == frame.columns
    assert declared["as_of"] == declared["exit"] == Value("timestamp[us, tz=UTC]")
    assert declared["session"] == Value("date32")
    assert declared["messages"] == List({"role": Value("string"), "content": Value("string")})
    first = next(iter(stream["test"]))
    assert first == whole["test"][0]
    assert first["as_of"] == read_split(tmp_path, "test")["as_of"][0]


def test_class_priors_by_month_are_those_of_the_rows(frame: pl.DataFrame, tmp_path: Path) -> None:
    write_dataset(frame, info(frame), tmp_path)
    card = (tmp_path / "README.md").read_text()
    march = frame.filter(pl.col("session").dt.strftime("%Y-%m") == "2020-03")
    down = (march["label"] == "down").mean()
    assert f"| 2020-03 | {len(march)} | {down:.3f} | {1 - down:.3f} |" in card  # type: ignore[operator]


def test_text_from_a_source_cannot_break_the_cards_tables(frame: pl.DataFrame, tmp_path: Path) -> None:
    evil = SourceFacts(source="a|b", documents=1, licence="x\n# heading", redistributable=False, terms="| y |")
    write_dataset(frame, info(frame).model_copy(update={"sources": [evil]}), tmp_path)
    assert "| a\\|b | 1 | x # heading | no | \\| y \\| |" in (tmp_path / "README.md").read_text()


def test_a_data_set_of_ids_is_not_read_as_if_it_had_texts(frame: pl.DataFrame, tmp_path: Path) -> None:
    write_dataset(frame, info(frame).model_copy(update={"ids_only": True}), tmp_path)
    with pytest.raises(TickerTuneError, match=r"ids and no texts.*rehydrate"):
        read_split(tmp_path, "test")


def test_the_card_says_what_matters(frame: pl.DataFrame, tmp_path: Path) -> None:
    write_dataset(frame, info(frame), tmp_path)
    card = (tmp_path / "README.md").read_text()
    header = yaml.safe_load(card.split("---\n")[1])
    assert [part["split"] for part in header["configs"][0]["data_files"]] == ["train", "validation", "test"]
    for words in (
        "may not be published",
        "**Leaky**: 25.0%",
        "40.0% of the samples fell in the dead band",
        "| all is well | pass |",
        "mcc 0.8000",
        "cut_points",
        "Label hash `abc`",
        split_hash(frame),
        outcome_hash(frame),
    ):
        assert words in card


def test_an_empty_split_has_no_file_and_reads_as_no_rows(frame: pl.DataFrame, tmp_path: Path) -> None:
    rest = frame.filter(pl.col("split") != "validation")
    write_dataset(rest, info(rest), tmp_path)
    assert read_split(tmp_path, "validation").is_empty()
    assert read_split(tmp_path, "validation").schema == read_split(tmp_path, "test").schema
    assert sorted(load_dataset_dict(tmp_path)) == ["test", "train"]


def test_a_folder_without_a_data_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(TickerTuneError, match="holds no data set"):
        read_split(tmp_path, "test")


def test_an_unknown_split_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TickerTuneError, match="did you mean 'test'"):
        read_split(tmp_path, "tests")


def test_a_missing_or_damaged_file_is_named(frame: pl.DataFrame, tmp_path: Path) -> None:
    write_dataset(frame, info(frame), tmp_path)
    path = tmp_path / "data" / "test.parquet"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(TickerTuneError, match=r"test\.parquet is not a readable parquet file"):
        read_split(tmp_path, "test")
    path.unlink()
    with pytest.raises(TickerTuneError, match=r"test\.parquet does not exist"):
        read_split(tmp_path, "test")


def test_an_info_file_of_another_version_is_refused(frame: pl.DataFrame, tmp_path: Path) -> None:
    write_dataset(frame, info(frame), tmp_path)
    (tmp_path / "info.json").write_text('{"task": "movement"}')
    with pytest.raises(TickerTuneError, match="does not fit this version"):
        read_info(tmp_path)


def test_hashes_follow_membership_and_wording(frame: pl.DataFrame) -> None:
    moved = frame.with_columns(split=pl.lit("train"))
    assert split_hash(moved) != split_hash(frame)
    assert prompt_hash(moved) == prompt_hash(frame)
    reworded = frame.with_columns(messages=pl.col("messages").list.reverse())
    assert prompt_hash(reworded) != prompt_hash(frame)
    assert prompt_hash(frame.reverse()) == prompt_hash(frame)


def test_a_corrected_price_changes_the_outcome_hash_alone(frame: pl.DataFrame) -> None:
    first = pl.col("sample_id") == frame["sample_id"].min()
    for name in ("ret_raw", "ret_excess", "ret_scaled", "volatility"):
        corrected = frame.with_columns(pl.when(first).then(pl.col(name) * (1 + 1e-9)).otherwise(name).alias(name))
        assert outcome_hash(corrected) != outcome_hash(frame)
        assert (split_hash(corrected), prompt_hash(corrected)) == (split_hash(frame), prompt_hash(frame))
    assert outcome_hash(frame.with_columns(label=pl.lit("up"))) != outcome_hash(frame)
    assert outcome_hash(frame.reverse()) == outcome_hash(frame)
