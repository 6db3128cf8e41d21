"""Faults of prices on their way through a build: found, told on the card, withheld, and in no label."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from data_pipeline.build import build, movement
from data_pipeline.dataset import read_info, read_split
from data_pipeline.sources import SourceData
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import MovementDataConfig

SPLIT = {
    "train_start": "2021-01-04",
    "train_end": "2021-05-03",
    "validation_end": "2021-05-17",
    "test_start": "2021-05-17",
    "test_end": "2021-07-01",
}
FAULTS = dict.fromkeys(
    (
        "split_twice",
        "split_unrecorded",
        "split_phantom",
        "splice_basis",
        "stale",
        "spike",
        "zero_volume",
        "off_session",
    ),
    0.005,
)


def built(folder: Path, prices: dict[str, Any], **changes: Any) -> pl.DataFrame:
    source = {"kind": "simulated", "companies": 12, "seed": 2, "dirt": {"prices": prices}}
    build(MovementDataConfig.model_validate({"source": source, "split": SPLIT, **changes}), folder)
    return pl.concat([read_split(folder, split) for split in ("train", "validation", "test")])


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return tmp_path_factory.mktemp("clean"), tmp_path_factory.mktemp("soiled")


@pytest.fixture(scope="module")
def worlds(folders: tuple[Path, Path]) -> tuple[pl.DataFrame, pl.DataFrame]:
    return built(folders[0], {}), built(folders[1], FAULTS)


def test_no_label_is_made_of_a_planted_fault(worlds: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    clean, soiled = worlds
    both = soiled.join(clean, on="sample_id", suffix="_clean")
    assert len(both) > 0.5 * len(clean)
    wrong = both.filter((pl.col("ret_raw") - pl.col("ret_raw_clean")).abs() > 1e-9)
    assert wrong.is_empty()


def test_with_the_audit_told_to_report_only_labels_are_false(
    worlds: tuple[pl.DataFrame, pl.DataFrame], tmp_path: Path
) -> None:
    soiled = built(tmp_path, FAULTS, audit={"withhold": False})
    both = soiled.join(worlds[0], on="sample_id", suffix="_clean")
    wrong = both.filter((pl.col("ret_raw") - pl.col("ret_raw_clean")).abs() > 0.2)
    assert len(wrong) >= 10


def test_the_card_tells_each_kind_that_was_found(
    worlds: tuple[pl.DataFrame, pl.DataFrame], folders: tuple[Path, Path]
) -> None:
    info = read_info(folders[1])
    results = {check.check.split(" (")[0]: check.result for check in info.checks}
    findings = pl.read_parquet(folders[1] / "findings.parquet")
    for severity in ("suspect", "note"):
        for kind, count in findings.filter(pl.col("severity") == severity).group_by("kind").len().rows():
            assert f"{kind} {count}" in results[f"price audit, {severity}"]
    assert {"split_without_action", "split_applied_twice", "spike", "repeated_bar"} <= set(findings["kind"])
    assert findings["remedy"].str.len_chars().min() > 10
    withheld = pl.read_parquet(folders[1] / "withheld.parquet")["sample_id"].n_unique()
    assert withheld > 0
    assert results["samples withheld for suspect prices"].startswith(f"{withheld}; audited were ")
    card = (folders[1] / "dataset" / "README.md").read_text()
    assert results["price audit, suspect"] in card


def test_the_card_of_a_clean_world_says_that_nothing_is_suspect(
    worlds: tuple[pl.DataFrame, pl.DataFrame], folders: tuple[Path, Path]
) -> None:
    results = {check.check.split(" (")[0]: check.result for check in read_info(folders[0]).checks}
    assert results["price audit, suspect"].startswith("nothing found in ")
    assert results["samples withheld for suspect prices"].startswith("0; ")


def test_two_bars_for_one_session_are_refused_before_curation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(movement, "curate", None)
    with pytest.raises(
        TickerTuneError, match=r"has 2 bars for session 202.*, and [0-9]+ more such findings"
    ) as refused:
        built(tmp_path, {"doubled_bar": 0.01})
    assert "Keep one bar a session" in refused.value.remedy


def test_two_bases_in_one_series_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load = movement.load_source

    def two_bases(*arguments: Any) -> SourceData:
        data = load(*arguments)
        late = pl.when(pl.col("session") > pl.date(2021, 3, 1)).then(pl.lit("split_adjusted"))
        data.bars = data.bars.with_columns(basis=late.otherwise("basis"))
        return data

    monkeypatch.setattr(movement, "load_source", two_bases)
    with pytest.raises(TickerTuneError, match=r"SIM:000 has 2 bases in its bars from 2020-.*, and 11 more"):
        built(tmp_path, {})
