"""Where the row-wise part runs changes nothing."""

import socket
from pathlib import Path

import polars as pl
import pytest

from data_pipeline.curation import curate, engine, files
from tests.data_pipeline.nouns import document, documents
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import CurationConfig

UNTIMED = {"published_at": None, "available_at": None, "time_quality": "unknown"}


@pytest.fixture
def table() -> pl.DataFrame:
    verbs = ["wins", "loses", "renews", "sells", "opens", "cancels"]
    records = [
        document(
            f"d{i:03d}", f"Acme {verbs[i % 6]} the order of railway number {i // 12}", hours=i, body="Really?" * (i % 3)
        )
        for i in range(240)
    ]
    noise = [document(f"s{i}", "Click here to join our free chat room now", hours=i * 9 + 0.5) for i in range(12)]
    return documents(*records, *noise, document("untimed", "Acme wins", **UNTIMED))


@pytest.fixture
def in_process(table: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    kept, drops = curate(table, CurationConfig())
    assert {"exact_duplicate", "spam", "no_time"} <= set(drops["reason"])
    return kept, drops


def test_daft_gives_what_this_process_gives(
    table: pl.DataFrame, in_process: tuple[pl.DataFrame, pl.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "SMALL", 40)
    kept, drops = curate(table, CurationConfig())
    assert kept.equals(in_process[0])
    assert drops.equals(in_process[1])


def test_files_give_what_memory_gives_in_this_process_and_on_daft(
    table: pl.DataFrame, in_process: tuple[pl.DataFrame, pl.DataFrame], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "BLOCK", 50)
    table[100:].write_parquet(tmp_path / "a.parquet")
    table[:100].write_parquet(tmp_path / "b.parquet")
    written = []
    for name, small in (("one", 1000), ("two", 40)):
        monkeypatch.setattr(files, "SMALL", small)
        told: list[int] = []
        paths = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
        found = files.curate_files(paths, tmp_path / name, CurationConfig(), advanced=told.append)
        assert sum(told) == 2 * len(table)
        parts = {kind: sorted((tmp_path / name / kind).glob("*.parquet")) for kind in ("kept", "drops")}
        written.append([path.read_bytes() for paths in parts.values() for path in paths])
    assert written[0] == written[1]
    assert len(parts["kept"]) > 3
    assert pl.concat([pl.read_parquet(path) for path in parts["kept"]]).equals(in_process[0])
    drops = pl.concat([pl.read_parquet(path) for path in parts["drops"]])
    assert drops.sort("doc_id", "revision").equals(in_process[1])
    assert found.documents == len(table)
    assert found.kept == len(in_process[0])
    assert found.drops == dict(in_process[1]["reason"].value_counts().sort("reason").rows())


def test_no_files_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(TickerTuneError, match="No file of documents"):
        files.curate_files([], tmp_path, CurationConfig())


def test_daft_is_not_imported_for_small_tables() -> None:
    import subprocess
    import sys

    program = (
        "import sys\n"
        "from data_pipeline.curation import curate\n"
        "from tests.data_pipeline.nouns import document, documents\n"
        "from tickertune.core.recipe import CurationConfig\n"
        "curate(documents(document('a', 'Acme wins the rail order')), CurationConfig())\n"
        "sys.exit('daft' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=Path(__file__).parents[3]).returncode == 0


def test_ray_that_is_not_installed_is_told_before_any_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    documents(document("a", "Acme wins the rail order")).write_parquet(tmp_path / "a.parquet")
    monkeypatch.setattr(engine.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(TickerTuneError, match=r"ray is not installed\. Install tickertune\[cluster\]"):
        files.curate_files([tmp_path / "a.parquet"], tmp_path / "out", CurationConfig(runner="ray"))
    assert not any((tmp_path / "out").iterdir())


def test_a_cluster_that_does_not_answer_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray", reason="Ray is not installed: pip install tickertune[cluster], as make test-all does")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{unused.getsockname()[1]}"
        monkeypatch.setenv("RAY_ADDRESS", address)
        with pytest.raises(TickerTuneError, match=rf"RAY_ADDRESS is {address}: .*refused.*Correct RAY_ADDRESS"):
            engine.start(CurationConfig(runner="ray"))
