"""This process, Daft on this machine and Daft on a Ray cluster of two workers give the same bytes, also where a worker is lost."""

import hashlib
import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from data_pipeline.curation import files
from tests.data_pipeline.nouns import document, documents
from tests.data_pipeline.ray_cluster import WorkerKiller, two_nodes
from tickertune.core.recipe import CurationConfig

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]
ROOT = Path(__file__).parents[3]
COUNT = 60_000
UNTIMED = {"published_at": None, "available_at": None, "time_quality": "unknown"}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    pytest.importorskip("ray", reason="Ray is not installed: pip install tickertune[cluster], as make test-all does")
    with two_nodes() as nodes:
        yield nodes


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """More documents than are curated in one process, a fifth repeated; some promotion, and one without a time."""
    path = tmp_path_factory.mktemp("documents")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "scripts" / "bench"))
        importlib.import_module("growth").write_documents(path, COUNT, 10)
    spam = [document(f"s{i}", "Click here to join our free chat room now", hours=i) for i in range(5)]
    documents(*spam, document("untimed", "Acme wins", **UNTIMED)).write_parquet(path / "noise.parquet")
    return path


@pytest.fixture(scope="module")
def in_process(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What this process alone makes of them."""
    output = tmp_path_factory.mktemp("in-process")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "SMALL", 10 * COUNT)
        patch.setattr(files, "start", None)
        found = files.curate_files(sorted(folder.glob("*.parquet")), output, CurationConfig())
    assert set(found.drops) == {"exact_duplicate", "near_duplicate", "spam", "no_time"}
    return hashes(output)


def hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of each parquet file."""
    found = {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*.parquet"))}
    return {str(name): hashlib.sha256(content).hexdigest() for name, content in found.items()}


def tickertune(*words: object, address: str | None = None) -> None:
    """Run the command in a process of its own, since Daft takes one runner a process."""
    command = [sys.executable, "-c", "from tickertune.cli.main import main; main()", *map(str, words)]
    environment = os.environ | ({"RAY_ADDRESS": address} if address else {})
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment)
    assert done.returncode == 0, done.stderr[-3000:]


def test_daft_on_this_machine_gives_the_bytes_of_one_process(
    folder: Path, in_process: dict[str, str], tmp_path: Path
) -> None:
    assert COUNT > files.SMALL
    tickertune("data", "curate", folder, "--output", tmp_path)
    assert hashes(tmp_path) == in_process


def test_ray_gives_the_bytes_of_one_process(
    folder: Path, in_process: dict[str, str], cluster: Any, tmp_path: Path
) -> None:
    tickertune("data", "curate", folder, "--output", tmp_path, "--runner", "ray", address=cluster.address)
    assert hashes(tmp_path) == in_process


def test_a_worker_killed_midway_changes_nothing(
    folder: Path, in_process: dict[str, str], cluster: Any, tmp_path: Path
) -> None:
    killer = WorkerKiller(cluster, after=0.1)
    killer.start()
    tickertune("data", "curate", folder, "--output", tmp_path, "--runner", "ray", address=cluster.address)
    assert killer.killed is not None, "no worker was killed, so nothing is shown"
    assert hashes(tmp_path) == in_process


def test_a_whole_data_set_is_the_same_on_two_runs_and_on_both_runners(cluster: Any, tmp_path: Path) -> None:
    recipe = ROOT / "recipes" / "smoke" / "data.yaml"
    words = ("data", "build", "--config", recipe, "--output")
    tickertune(*words, tmp_path / "one")
    tickertune(*words, tmp_path / "two")
    tickertune(*words, tmp_path / "ray", "--curation.runner", "ray", address=cluster.address)
    one = hashes(tmp_path / "one")
    assert {"documents.parquet", "dataset/data/train.parquet", "dataset/data/test.parquet"} <= set(one)
    assert len(pl.read_parquet(tmp_path / "one" / "drops.parquet")) > 100
    assert hashes(tmp_path / "two") == one
    assert hashes(tmp_path / "ray") == one
    for name in ("dataset/info.json", "dataset/README.md"):
        assert (tmp_path / "ray" / name).read_bytes() == (tmp_path / "one" / name).read_bytes()
