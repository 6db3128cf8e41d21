"""Our own data sets: nothing of severity error in them, and a planted late document is seen through documents.parquet."""

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
import yaml
from pydantic import TypeAdapter

from data_pipeline.audit.leakage import audit_dataset, audit_samples, is_dataset
from data_pipeline.build import build
from data_pipeline.dataset import read_info, read_split
from tests.conftest import ROOT
from tests.data_pipeline.audit.leakage.made import found
from tickertune.core.document import Document
from tickertune.core.recipe import DataConfig
from tickertune.core.table import read_table, write_table


def built(name: str, folder: Path) -> Path:
    values = yaml.safe_load((ROOT / "recipes" / name / "data.yaml").read_text())
    build(TypeAdapter(DataConfig).validate_python(values), folder)
    return folder


@pytest.fixture(scope="module")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built("smoke", tmp_path_factory.mktemp("smoke"))


def test_smoke_set_has_no_error(smoke: Path) -> None:
    audit = audit_dataset(str(smoke))
    assert [(finding.check, finding.detail) for finding in audit.errors] == []
    assert is_dataset(smoke)
    done = {state.check for state in audit.checks if state.done}
    assert {
        "as_of",
        "overlapping_windows",
        "duplicates_across_splits",
        "fitted_on_everything",
        "target_in_text",
    } <= done


@pytest.mark.slow
def test_demo_set_has_no_error(tmp_path: Path) -> None:
    assert [finding.detail for finding in audit_dataset(str(built("demo", tmp_path))).errors] == []


@pytest.mark.slow
def test_stocknet_set_has_no_error(tmp_path: Path, shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TICKERTUNE_DATA", str(shared_data))
    assert [finding.detail for finding in audit_dataset(str(built("stocknet", tmp_path))).errors] == []


def test_document_that_came_later_is_seen(smoke: Path, tmp_path: Path) -> None:
    documents = read_table(smoke / "documents.parquet", Document)
    late = documents.with_columns(pl.col("available_at") + timedelta(days=1))
    write_table(late, tmp_path / "documents.parquet", ["available_at", "doc_id", "revision"])
    audit = audit_dataset(str(smoke), documents=tmp_path / "documents.parquet")
    assert found(audit, "as_of") == {"error"}


def test_latency_of_the_data_set_counts(smoke: Path) -> None:
    info, documents = read_info(smoke / "dataset"), read_table(smoke / "documents.parquet", Document)
    frame = pl.concat([read_split(smoke / "dataset", split) for split in info.class_priors])
    known = {"exchange": "XNYS", "zone": "America/New_York"}
    right = dict(audit_samples(frame, documents, **known, latency_minutes=info.latency_minutes or 0))
    wrong = dict(audit_samples(frame, documents, **known, latency_minutes=24 * 60))
    assert right["audit: text after its decision or entry"] == "nothing found"
    assert wrong["audit: text after its decision or entry"].startswith("error: ")
