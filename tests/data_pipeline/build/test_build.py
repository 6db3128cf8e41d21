"""The data stage as a whole."""

import errno
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from data_pipeline.__main__ import main
from data_pipeline.build import build, movement
from data_pipeline.dataset import outcome_hash, read_info, read_split
from tests.data_pipeline.made import config, document, documents, market, utc
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import MovementDataConfig

SMALL = {
    "kind": "movement",
    "source": {"kind": "simulated", "companies": 6, "seed": 3},
    "split": {
        "train_start": "2021-01-04",
        "train_end": "2021-03-01",
        "validation_end": "2021-03-15",
        "test_start": "2021-03-15",
        "test_end": "2021-04-15",
    },
}


def small(**changes: Any) -> MovementDataConfig:
    return MovementDataConfig.model_validate(SMALL | changes)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data")
    build(small(), path)
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_all_files_are_there(folder: Path) -> None:
    tables = ("documents", "drops", "instruments", "bars", "actions", "quarantine", "truth_documents", "truth_tones")
    assert {f"{table}.parquet" for table in tables} | {"build.json"} <= set(contents(folder))
    built, info = json.loads((folder / "build.json").read_text()), read_info(folder)
    assert built["ceiling"] == info.ceiling != {}
    assert built["exchange"] == info.exchange == "XNYS"
    frame = pl.concat([read_split(folder, split) for split in info.class_priors])
    assert built["outcome_hash"] == info.outcome_hash == outcome_hash(frame)


def test_the_same_recipe_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    build(small(), tmp_path)
    assert contents(tmp_path) == contents(folder)


def test_building_again_in_the_same_folder_changes_nothing(folder: Path) -> None:
    before = contents(folder)
    build(small(), folder)
    assert contents(folder) == before


def test_a_longer_test_period_changes_no_sample_decided_before(folder: Path, tmp_path: Path) -> None:
    longer = SMALL["split"] | {"test_end": "2021-05-14"}  # type: ignore[operator]
    build(small(split=longer), tmp_path)
    assert read_info(tmp_path).fitted == read_info(folder).fitted
    for split in ("train", "validation"):
        assert read_split(tmp_path, split).equals(read_split(folder, split))
    test = read_split(folder, "test")
    assert read_split(tmp_path, "test").head(len(test)).equals(test)
    assert len(read_split(tmp_path, "test")) > len(test)


def test_labels_follow_the_planted_tone_up_to_the_ceiling(folder: Path) -> None:
    tones = pl.read_parquet(folder / "truth_tones.parquet").filter(pl.col("tone") != 0)
    frame = pl.concat([read_split(folder, split) for split in ("train", "test")])
    joined = frame.join(tones, on=["instrument_id", "session"])
    right = ((joined["tone"] > 0) == (joined["label"] == "up")).mean()
    assert right == pytest.approx(read_info(folder).ceiling["accuracy"], abs=0.06)


def test_no_revision_that_tells_the_move_is_shown_before_it(folder: Path) -> None:
    planted = pl.read_parquet(folder / "truth_documents.parquet").filter(pl.col("kind") == "revision")
    frame = pl.concat([read_split(folder, split) for split in ("train", "test")]).explode("doc_ids")
    entered = frame.join(planted, left_on=["doc_ids", "session"], right_on=["doc_id", "session"])
    assert len(entered)
    revised = pl.read_parquet(folder / "documents.parquet").filter(pl.col("revision") > 0).select("doc_id", "title")
    prompts = entered.join(revised, left_on="doc_ids", right_on="doc_id")
    assert len(prompts)
    for title, messages in prompts.select("title", "messages").iter_rows():
        assert title not in messages[1]["content"]


def test_counts_add_up(folder: Path) -> None:
    info, drops = read_info(folder), pl.read_parquet(folder / "drops.parquet")
    counts = info.counts
    assert counts["documents"] == counts["documents_kept"] + len(drops)
    assert counts["documents_kept"] == len(pl.read_parquet(folder / "documents.parquet"))
    for split, shares in info.class_priors.items():
        assert counts[f"samples_{split}"] == len(read_split(folder, split))
        assert sum(shares.values()) == pytest.approx(1)


@pytest.mark.parametrize("missing", ["documents", "bars"])
def test_a_source_without_data_gives_one_error_with_the_remedy(
    missing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = replace(market(), **{missing: getattr(market(), missing).clear()})
    monkeypatch.setattr(movement, "load_source", lambda *_: source)
    with pytest.raises(TickerTuneError, match=rf"no {missing} between 2020-12-25 and .*Set the dates of split"):
        build(small(), tmp_path)
    assert not any(tmp_path.iterdir())


def test_a_dropped_correction_takes_the_old_text_out_of_later_prompts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = market()
    once = source.documents.filter(pl.col("revision").max().over("doc_id") == 0)
    day_later = pl.col("available_at") + pl.duration(days=1)
    withdrawn = once.with_columns(revision=pl.lit(1, pl.Int64), title=pl.lit(""), available_at=day_later)
    source = replace(source, documents=pl.concat([once, withdrawn]))
    monkeypatch.setattr(movement, "load_source", lambda *_: source)
    build(config(fresh_only=False), tmp_path)
    frame = pl.concat([read_split(tmp_path, split) for split in ("train", "validation", "test")])
    shown = frame.explode("doc_ids").join(withdrawn, left_on="doc_ids", right_on="doc_id")
    assert len(shown) > 100
    assert (shown["available_at"] > shown["as_of"]).all()


def test_documents_that_come_too_late_for_any_decision_give_one_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = replace(market(), documents=documents([document("late", utc("2021-04-14T13:31"))]))
    monkeypatch.setattr(movement, "load_source", lambda *_: source)
    with pytest.raises(TickerTuneError, match="No document is available by the last decision, 2021-04-14T13:00"):
        build(small(), tmp_path)


def test_a_split_without_samples_gives_one_error_with_the_remedy(tmp_path: Path) -> None:
    split = SMALL["split"] | {"validation_end": "2021-03-02", "test_start": "2021-03-15"}  # type: ignore[operator]
    recipe = small(split=split | {"embargo_sessions": 0}, limit={"validation": 0})
    with pytest.raises(TickerTuneError, match=r"No sample in validation .*Widen the dates"):
        build(recipe, tmp_path)
    assert not any(tmp_path.iterdir())


def write_recipe(folder: Path, values: dict[str, Any]) -> str:
    path = folder / "data.yaml"
    path.write_text(yaml.safe_dump(values))
    return str(path)


def test_the_command_builds_with_overrides(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = write_recipe(tmp_path, SMALL)
    output = tmp_path / "out"
    assert main(["--config", recipe, "--output", str(output), "--json", "--label.classes", "3"]) == 0
    assert json.loads(capsys.readouterr().out)["samples"]["train"] > 0
    assert read_info(output).task == "movement3"


def test_the_command_says_what_is_wrong_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = write_recipe(tmp_path, SMALL | {"lokback_days": 3})
    assert main(["--config", recipe, "--output", str(tmp_path / "out")]) == 2
    assert "did you mean 'lookback_days'" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_full_disk_is_one_clear_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pl.DataFrame, "write_parquet", full)
    assert main(["--config", write_recipe(tmp_path, SMALL), "--output", str(tmp_path / "out")]) == 2
    assert "The disk is full" in capsys.readouterr().err
    assert not list((tmp_path / "out").rglob("*.parquet"))
