"""``tickertune data curate`` on files, folders and stores, and day by day after a stored past."""

import json
import signal
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from data_pipeline.curation import curate
from data_pipeline.sources import load_source, registry
from tests.data_pipeline.acquisition.server import LocalSource, serving
from tests.data_pipeline.nouns import START, document, documents
from tickertune.cli.main import main
from tickertune.core.recipe import CurationConfig, DirtConfig, SimulatedSourceConfig

DAYS = [date(2021, 1, 4), date(2021, 1, 20), date(2021, 1, 27), date(2021, 2, 12)]
UNTIMED = {"published_at": None, "available_at": None, "time_quality": "unknown"}


@pytest.fixture
def call(capsys):
    """Run ``tickertune data curate``; returns (exit code, standard output, standard error)."""

    def run(*words: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            main(["data", "curate", *map(str, words)])
        printed = capsys.readouterr()
        return end.value.code or 0, printed.out, printed.err

    return run


@pytest.fixture(scope="module")
def table() -> pl.DataFrame:
    """Simulated documents with copies, edits and revisions, and one without a time."""
    dirt = DirtConfig(edits=0.2, exact_duplicate=0.2, near_duplicate=0.2, revision=0.2)
    found = load_source(SimulatedSourceConfig(companies=6, dirt=dirt), DAYS[0], DAYS[-1]).documents
    return pl.concat([found, documents(document("untimed", "Acme wins the rail order", **UNTIMED))])


@pytest.fixture
def file(table: pl.DataFrame, tmp_path: Path) -> Path:
    table.write_parquet(tmp_path / "documents.parquet")
    return tmp_path / "documents.parquet"


@pytest.fixture
def daily(table: pl.DataFrame, tmp_path: Path) -> list[Path]:
    """A file for each of three spans of days; the first holds the document without a time, too."""
    paths = []
    edges = [date(2020, 1, 1), *DAYS[1:-1], date(2022, 1, 1)]
    for number, (since, until) in enumerate(pairwise(edges)):
        inside = pl.col("available_at").dt.date().is_between(since, until, closed="left")
        paths.append(tmp_path / f"day-{number}.parquet")
        table.filter(inside.fill_null(number == 0)).write_parquet(paths[-1])
    return paths


def parts(output: Path, kind: str) -> pl.DataFrame:
    return pl.concat([pl.read_parquet(path) for path in sorted((output / kind).glob("*.parquet"))])


def contents(folder: Path) -> dict[str, bytes]:
    found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return {name: content for name, content in found.items() if not name.endswith(".lock")}


def test_files_give_what_memory_gives_and_the_command_says_where(call, file, table, tmp_path):
    code, out, _ = call(file, "--output", tmp_path / "out")
    kept, drops = curate(table, CurationConfig())
    assert code == 0
    assert parts(tmp_path / "out", "kept").equals(kept)
    assert parts(tmp_path / "out", "drops").sort("doc_id", "revision").equals(drops)
    assert all(reason in out for reason in drops["reason"].unique())
    assert "no_time" in out
    said = " ".join(out.split())
    assert f"{tmp_path}/out/kept" in said.replace(" ", "")
    found = json.loads((tmp_path / "out/curation.json").read_text())
    assert found["documents"] == len(table) == found["kept"] + sum(found["drops"].values())
    assert sorted(path.name for path in (tmp_path / "out").iterdir() if path.name != ".lock") == [
        "curation.json", "drops", "kept",
    ]  # fmt: skip


def test_split_files_and_a_second_run_give_the_same_bytes(call, file, daily, tmp_path):
    call(file, "--output", tmp_path / "one")
    call(*reversed(daily), "--output", tmp_path / "two")
    assert contents(tmp_path / "two") == contents(tmp_path / "one")
    call(file, "--output", tmp_path / "two")
    assert contents(tmp_path / "two") == contents(tmp_path / "one")


def test_stores_and_exports_are_taken(call, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("TICKERTUNE_CACHE", str(tmp_path / "cache"))
    store = tmp_path / "store"
    with serving() as server:
        monkeypatch.setattr(registry, "all_sources", lambda: {"local": LocalSource(server.url)})
        words = ["--source", "local", "--store", str(store), "--own-host", "127.0.0.1"]
        with pytest.raises(SystemExit):
            main(["data", "collect", *words, "--since", "2025-06-01", "--until", "2025-07-01"])
        with pytest.raises(SystemExit):
            main(["data", "export", "--store", str(store), "--output", str(tmp_path / "tables")])
        capsys.readouterr()
        code, out, err = call(store, "--output", tmp_path / "one", "--json")
    assert (code, json.loads(out)["documents"]) == (0, 20), err
    assert call(tmp_path / "tables", "--output", tmp_path / "two")[0] == 0
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_recipe_and_block_of_its_own_mean_the_same(call, file, tmp_path):
    block = "near_duplicate_threshold: 0.95\nspam: []\nmask: [email]\n"
    (tmp_path / "curation.yaml").write_text(block)
    split = "{train_start: 2021-01-04, train_end: 2021-02-01, validation_end: 2021-02-01, test_start: 2021-02-01, test_end: 2021-03-01}"
    indented = "".join(f"  {line}\n" for line in block.splitlines())
    (tmp_path / "data.yaml").write_text(
        f"kind: movement\nsource: {{kind: simulated}}\nsplit: {split}\ncuration:\n{indented}"
    )
    call(file, "--output", tmp_path / "own", "--config", tmp_path / "curation.yaml")
    call(file, "--output", tmp_path / "recipe", "--recipe", tmp_path / "data.yaml", "--runner", "native")
    call(file, "--output", tmp_path / "default")
    assert contents(tmp_path / "own") == contents(tmp_path / "recipe")
    assert contents(tmp_path / "own") != contents(tmp_path / "default")


def test_days_after_a_past_give_the_full_rebuild(call, daily, table, tmp_path):
    for number, path in enumerate(daily):
        code, out, err = call(path, "--output", tmp_path / f"out-{number}", "--past", tmp_path / "past")
        assert code == 0, err
        assert "State for the next day" in out
    kept, drops = curate(table, CurationConfig())
    assert pl.concat([parts(tmp_path / f"out-{n}", "kept") for n in range(3)]).equals(kept)
    found = pl.concat([parts(tmp_path / f"out-{n}", "drops") for n in range(3)])
    assert found.sort("doc_id", "revision").equals(drops)
    survivors = parts(tmp_path / "out-1", "drops").join(kept, left_on="survivor", right_on="doc_id", how="semi")
    first = parts(tmp_path / "out-0", "kept")
    assert not survivors.filter(pl.col("survivor").is_in(first["doc_id"].implode())).is_empty(), "the past is asked"


def test_a_window_cuts_days_out_of_one_file_and_counts_the_rest(call, file, daily, table, tmp_path):
    call(daily[0], "--output", tmp_path / "a", "--past", tmp_path / "past-1")
    call(daily[1], "--output", tmp_path / "b", "--past", tmp_path / "past-1")
    words = ("--past", tmp_path / "past-2", "--json")
    call(file, "--output", tmp_path / "c", "--until", DAYS[1], *words)
    code, out, _ = call(file, "--output", tmp_path / "d", "--since", DAYS[1], "--until", DAYS[2], *words)
    assert code == 0
    assert parts(tmp_path / "d", "kept").equals(parts(tmp_path / "b", "kept"))
    found = json.loads(out)
    assert found["outside"]["no_time"] == 1
    assert set(found["outside"]) == {"before", "after", "no_time"}
    assert found["documents"] + sum(found["outside"].values()) == len(table)


def test_a_day_given_twice_counts_once(call, daily, tmp_path):
    for name in ("once", "twice"):
        for number, path in enumerate(daily):
            for _ in range(2 if name == "twice" else 1):
                code, out, err = call(path, "--output", tmp_path / f"{name}-{number}", "--past", tmp_path / name)
                assert code == 0, err
            assert ("curated before" in " ".join(out.split())) == (name == "twice")
    assert contents(tmp_path / "once") == contents(tmp_path / "twice")
    for number in range(3):
        assert contents(tmp_path / f"once-{number}") == contents(tmp_path / f"twice-{number}")


def test_documents_that_come_late_are_refused_and_nothing_changes(call, daily, tmp_path):
    call(daily[0], "--output", tmp_path / "a", "--past", tmp_path / "past")
    call(daily[1], "--output", tmp_path / "b", "--past", tmp_path / "past")
    before = contents(tmp_path / "past")
    late = pl.read_parquet(daily[0]).drop_nulls("available_at").sort("available_at").tail(3)
    both = pl.concat([late, pl.read_parquet(daily[2])])
    both.write_parquet(tmp_path / "late.parquet")
    code, out, err = call(tmp_path / "late.parquet", "--output", tmp_path / "c", "--past", tmp_path / "past")
    assert (code, out) == (2, "")
    assert "3 document(s) are not after the past" in err
    assert late["doc_id"][0] in err
    assert "--since" in err
    assert "curate all documents again" in err
    assert contents(tmp_path / "past") == before
    assert not list((tmp_path / "c").glob("*/*.parquet"))
    code, _, err = call(daily[0], "--output", tmp_path / "c", "--past", tmp_path / "past")
    assert code == 2
    assert f"{len(pl.read_parquet(daily[0])) - 1} document(s) are not after the past" in err


def test_each_day_keeps_its_own_folder(call, daily, tmp_path):
    """A day into the folder of another is refused, and so is a file of all; a refusal leaves the folder finished."""
    call(daily[0], "--output", tmp_path / "a", "--past", tmp_path / "past")
    before, past = contents(tmp_path / "a"), contents(tmp_path / "past")
    for words in ([daily[1], "--past", tmp_path / "past"], [daily[1]]):
        code, _, err = call(*words, "--output", tmp_path / "a")
        assert code == 2
        assert "holds the documents of another day" in err
        assert contents(tmp_path / "a") == before
        assert contents(tmp_path / "past") == past
    late = pl.read_parquet(daily[0]).drop_nulls("available_at").head(1)
    late.write_parquet(tmp_path / "late.parquet")
    assert call(tmp_path / "late.parquet", "--output", tmp_path / "a", "--past", tmp_path / "past")[0] == 2
    assert contents(tmp_path / "a") == before


def test_a_day_of_which_nothing_stays_is_a_day(call, daily, tmp_path):
    noise = documents(
        document("s", "Click here to join our free chat room now", hours=-9000), document("u", "Acme wins", **UNTIMED)
    )
    noise.write_parquet(tmp_path / "noise.parquet")
    for name, paths in (("with", [tmp_path / "noise.parquet", *daily]), ("without", daily)):
        for path in paths:
            code, _, err = call(path, "--output", tmp_path / name / path.stem, "--past", tmp_path / f"past-{name}")
            assert code == 0, err
    assert parts(tmp_path / "with" / "noise", "kept").is_empty()
    assert set(parts(tmp_path / "with" / "noise", "drops")["reason"]) == {"spam", "no_time"}
    for path in daily:
        assert parts(tmp_path / "with" / path.stem, "kept").equals(parts(tmp_path / "without" / path.stem, "kept"))


def test_the_past_of_another_recipe_and_a_folder_that_is_none_are_refused(call, daily, tmp_path):
    call(daily[0], "--output", tmp_path / "a", "--past", tmp_path / "past")
    (tmp_path / "other.yaml").write_text("near_duplicate_threshold: 0.9\n")
    for path in daily[:2]:
        words = ("--output", tmp_path / "b", "--past", tmp_path / "past", "--config", tmp_path / "other.yaml")
        code, _, err = call(path, *words)
        assert code == 2
        assert "not after the past" in err or "another curation" in err
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").touch()
    code, _, err = call(daily[0], "--output", tmp_path / "b", "--past", tmp_path / "mine")
    assert code == 2
    assert "holds no past of a curation, but thesis.tex" in err


def test_filters_that_learn_from_all_documents_are_refused(call, file, tmp_path):
    (tmp_path / "learning.yaml").write_text("normalise: {repeated_line_titles: 3}\n")
    for words in ([], ["--past", tmp_path / "past"]):
        code, _, err = call(file, "--output", tmp_path / "out", "--config", tmp_path / "learning.yaml", *words)
        assert code == 2
        assert "normalise.repeated_line_titles learns from all documents" in err
    assert not list((tmp_path / "out").glob("*/*.parquet"))


def test_documents_in_the_future_are_noted_and_refused_after_a_past(call, tmp_path):
    ahead = (datetime.now(UTC) - START + timedelta(days=400)) / timedelta(hours=1)
    table = documents(document("a", "Acme wins the rail order"), document("b", "Acme sells a mill", hours=ahead))
    table.write_parquet(tmp_path / "documents.parquet")
    code, out, _ = call(tmp_path / "documents.parquet", "--output", tmp_path / "out", "--json")
    assert code == 0
    assert any("in the future" in note for note in json.loads(out)["notes"])
    words = (tmp_path / "documents.parquet", "--output", tmp_path / "day", "--past", tmp_path / "past", "--json")
    code, _, err = call(*words)
    assert code == 2
    assert "in the future" in err
    assert "--until" in err
    assert not list((tmp_path / "past").glob("[!.]*"))
    code, out, _ = call(*words, "--until", "2016-01-01")
    found = json.loads(out)
    assert (code, found["kept"], found["outside"]) == (0, 1, {"after": 1})


KILLED = """
import os, signal, sys
moment, real, calls = int(sys.argv[1]), os.replace, 0
def replace(source, target):
    global calls
    calls += 1
    if calls == moment:
        os.kill(os.getpid(), signal.SIGKILL)
    real(source, target)
os.replace = replace
from tickertune.cli.main import main
main(sys.argv[2:])
"""


def killed_at(moment: int, *words: object) -> int:
    """Run the command and kill it with SIGKILL at its ``moment``-th rename; returns its exit code."""
    command = [sys.executable, "-c", KILLED, str(moment), "data", "curate", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True).returncode


def check_kill(call, daily: list[Path], tmp_path: Path, moments: list[int]) -> int:
    """Kill the second day at each of these renames; returns how many runs were killed."""
    for number, path in enumerate(daily):
        call(path, "--output", tmp_path / f"undisturbed-{number}", "--past", tmp_path / "undisturbed")
    killed = 0
    for moment in moments:
        past, output = tmp_path / f"past-{moment}", tmp_path / f"out-{moment}"
        call(daily[0], "--output", tmp_path / f"first-{moment}", "--past", past)
        code = killed_at(moment, daily[1], "--output", output, "--past", past)
        killed += code == -signal.SIGKILL
        assert (output / "curation.json").exists() == (code == 0), "an unfinished folder says so"
        code, _, err = call(daily[1], "--output", output, "--past", past)
        assert code == 0, err
        assert contents(output) == contents(tmp_path / "undisturbed-1")
        call(daily[2], "--output", tmp_path / f"last-{moment}", "--past", past)
        assert contents(past) == contents(tmp_path / "undisturbed")
        assert contents(tmp_path / f"last-{moment}") == contents(tmp_path / "undisturbed-2")
    return killed


def test_a_killed_day_leaves_the_old_past_and_runs_again_to_the_same_bytes(call, daily, tmp_path):
    """Killed while results are written, while the new state is, and between the state and the end."""
    assert check_kill(call, daily, tmp_path, [3, 8, 13]) == 3


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_day_killed_at_any_rename_runs_again_to_the_same_bytes(call, daily, tmp_path):
    assert check_kill(call, daily, tmp_path, list(range(1, 15))) == 13


def test_a_killed_first_day_leaves_no_past(call, daily, tmp_path):
    words = (daily[0], "--output", tmp_path / "out", "--past", tmp_path / "past")
    assert killed_at(9, *words) == -signal.SIGKILL
    assert call(*words)[0] == 0
    call(daily[0], "--output", tmp_path / "undisturbed", "--past", tmp_path / "other")
    assert contents(tmp_path / "out") == contents(tmp_path / "undisturbed")
    assert contents(tmp_path / "past") == contents(tmp_path / "other")


def test_help_tells_how_to_use_it(call):
    code, out, _ = call("--help")
    assert code == 0
    said = " ".join(out.replace("│", " ").split())
    assert all(option in said for option in ("--past", "--since", "--recipe", "--config", "--runner", "curation.json"))
