"""The board of a folder: like beside like, intervals, and no run lost."""

import csv
import io
import json
import shutil
from pathlib import Path

import pytest

from eval.leaderboard import find_entries, leaderboard, render, write_board
from eval.leaderboard.ranking import Board
from eval.leaderboard.render import group_grid
from tests.eval.made_run import make_run
from tickertune.cli import main as front
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json, write_json


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs on the same data, one of which calls its checkpoint otherwise, and one of texts."""
    place = tmp_path_factory.mktemp("runs")
    make_run(place / "a", {"planted": ("movement", 0.9)}, ["sft"])
    make_run(place / "deeper" / "b", {"planted": ("movement", 0.9)}, ["sft", "step-30"])
    make_run(place / "texts", {"phrases": ("sentiment", 1.0)}, ["sft"])
    return place


@pytest.fixture
def runs(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "runs")
    return tmp_path / "runs"


def board_of(folder: Path, metric: str | None = None) -> Board:
    return leaderboard(find_entries(folder), metric)


def test_entries_are_in_order_and_the_same_model_stands_once(made: Path) -> None:
    board = board_of(made)
    assert board.runs == ["a", "deeper/b", "texts"]
    assert board.unread == []
    (planted,) = (group for group in board.groups if group.like.world == "planted")
    values = [line.row.value for line in planted.lines]
    assert values == sorted(values, reverse=True)
    ranked = [line for line in planted.lines if line.rank]
    assert [line.rank for line in ranked] == [1, 2, 3]
    assert {line.checkpoint: line.runs for line in ranked}["sft"] == ["a", "deeper/b"]
    assert all(line.row.low is not None for line in ranked)
    assert {line.checkpoint for line in planted.lines if line.rank is None} >= {"tfidf", "majority", "oracle"}


def test_the_first_is_set_against_each_other_one_by_paired_days(made: Path) -> None:
    (planted,) = (group for group in board_of(made).groups if group.like.world == "planted")
    first, *others = [line for line in planted.lines if line.rank]
    assert first.apart is None
    by_name = {line.checkpoint: line for line in others}
    base = by_name["base"].apart
    assert base is not None
    assert base.row.value == pytest.approx(first.row.value - by_name["base"].row.value)
    assert base.word == "better"
    assert base.holm is not None
    assert base.p is not None
    assert base.p <= base.holm < 0.05


def test_the_first_of_many_guesses_is_not_called_better(tmp_path: Path) -> None:
    """The highest of ten that see nothing was chosen for being highest: all pairs are counted."""
    make_run(tmp_path / "run", {"w": ("movement", 0.9)}, [f"step-{step}" for step in range(1, 11)])
    (group,) = board_of(tmp_path).groups
    ranked = [line for line in group.lines if line.rank]
    assert len(ranked) == 11
    assert [line.apart.word for line in ranked[1:] if line.apart] == ["not distinguishable"] * 10
    least = [line.apart for line in ranked if line.apart][-1]
    assert least.p is not None
    assert least.holm is not None
    assert least.holm > min(0.999, 10 * least.p)  # ten comparisons with the first alone would be fewer


@pytest.mark.parametrize(
    ("file", "changes"),
    [
        *(
            ("meta.json", {name: "other"})
            for name in ("split_hash", "prompt_hash", "label_hash", "outcome_hash", "split", "task")
        ),
        ("meta.json", {"world": "elsewhere"}),
    ],
)
def test_unlike_things_are_never_ranked_together(runs: Path, file: str, changes: dict[str, str]) -> None:
    path = runs / "deeper/b/planted/eval" / file
    write_json(path, read_json(path) | changes)
    groups = [group for group in board_of(runs).groups if group.like.task != "sentiment"]
    assert sorted({run for line in group.lines for run in line.runs} == {"a"} for group in groups) == [False, True]
    assert all(len({run for line in group.lines for run in line.runs}) == 1 for group in groups)


def test_another_protocol_is_another_group(runs: Path) -> None:
    result = {
        "protocol": "acl18", "version": 1, "title": "t", "headline": "mcc", "metrics": ["mcc"], "comparability": "c",
        "remarks": [], "checks": [], "rows": [], "published": [],
    }  # fmt: skip
    write_json(runs / "a/planted/eval/protocol.json", result)
    assert {group.like.protocol for group in board_of(runs).groups} == {"", "acl18 v1"}


def test_costs_part_what_they_change_and_nothing_else(runs: Path) -> None:
    path = runs / "a/planted/eval/meta.json"
    write_json(path, read_json(path) | {"cost_bps": 40.0})
    assert len([group for group in board_of(runs, "mcc").groups if group.like.world == "planted"]) == 1
    traded = [group for group in board_of(runs, "sharpe_net").groups if group.like.world == "planted"]
    assert len(traded) == 2
    assert all(
        "not paired here" in group.note for group in traded if len([line for line in group.lines if line.rank]) > 1
    )


def test_less_is_better_where_it_is(made: Path) -> None:
    for group in board_of(made, "brier").groups:
        values = [line.row.value for line in group.lines]
        assert values == sorted(values)


def test_what_cannot_be_read_is_named_with_the_reason(runs: Path) -> None:
    for name in ("cut", "old", "torn", "empty"):
        shutil.copytree(runs / "a", runs / name)
    (runs / "cut/planted/eval/meta.json").unlink()
    old = runs / "old/planted/eval/meta.json"
    write_json(old, {key: value for key, value in read_json(old).items() if key != "outcome_hash"})
    (runs / "torn/planted/eval/metrics.json").write_text('[{"world": 1}]')
    shutil.rmtree(runs / "empty/planted")
    board = board_of(runs)
    reasons = {one.run: one.reason for one in board.unread}
    assert list(reasons) == ["cut, planted", "empty", "old, planted", "torn, planted"]
    assert reasons["cut, planted"] == "its evaluation has not finished"
    assert "lacks outcome_hash" in reasons["old, planted"]
    assert "does not hold metric rows" in reasons["torn, planted"]
    assert str(runs) not in str(reasons)
    for kind in ("html", "md", "json"):
        assert "torn, planted" in render(board, kind, "runs")


def test_lost_predictions_leave_the_order_and_say_so(runs: Path) -> None:
    (runs / "deeper/b/planted/eval/predictions/step-30.parquet").unlink()
    (planted,) = (group for group in board_of(runs).groups if group.like.world == "planted")
    assert [line.rank for line in planted.lines if line.rank] == [1, 2, 3]
    assert "Differences cannot be told" in planted.note
    assert str(runs) not in planted.note


def test_a_placebo_is_called_one(tmp_path: Path) -> None:
    make_run(tmp_path / "run", {"w": ("movement", 0.0)}, ["sft"])
    assert "placebo: nothing may be found" in render(board_of(tmp_path), "md", "x")


def test_unknown_metrics_and_folders_without_runs_are_refused(made: Path, tmp_path: Path) -> None:
    with pytest.raises(TickerTuneError, match=r"No run has the metric 'mc'.*mcc"):
        board_of(made, "mc")
    with pytest.raises(TickerTuneError, match="No run has the metric 'mcc_p_above_zero'"):
        board_of(made, "mcc_p_above_zero")
    with pytest.raises(TickerTuneError, match="holds no run"):
        find_entries(tmp_path)
    with pytest.raises(TickerTuneError, match="is no folder"):
        find_entries(tmp_path / "missing")
    with pytest.raises(TickerTuneError, match="cannot be written as 'pdf'"):
        write_board(board_of(made), tmp_path / "board.pdf", "runs")


def test_all_kinds_hold_the_same_lines(made: Path) -> None:
    board = board_of(made)
    count = sum(len(group.lines) for group in board.groups)
    assert len(json.loads(render(board, "json", "runs"))["lines"]) == count
    assert len(list(csv.DictReader(io.StringIO(render(board, "csv", "runs"))))) == count
    assert sum(line.startswith("|") for line in render(board, "md", "runs").splitlines()) == count + 2 * len(
        board.groups
    )
    assert render(board, "html", "runs") == render(board, "html", "runs")


def test_what_is_counted_has_its_own_name(made: Path) -> None:
    """Also where dated samples are sorted by a metric that texts have too."""
    heads = {group.like.world: group_grid(group).heads for group in board_of(made, "accuracy").groups}
    assert heads["planted"][3] == "days"
    assert heads["phrases"][3] == "texts"


def call(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        front.main([str(word) for word in words])
    told = capsys.readouterr()
    return int(ended.value.code or 0), told.out, told.err


def test_the_command_prints_and_writes(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    code, out, _ = call(capsys, "leaderboard", made)
    assert code == 0
    assert "planted: movement" in out
    assert "not distinguishable" in out or "worse than the first" in out
    assert len(json.loads(call(capsys, "leaderboard", made, "--json")[1])["runs"]) == 3
    code, out, _ = call(capsys, "leaderboard", made, "--output", tmp_path / "board.html")
    assert (code, out.strip()) == (0, str(tmp_path / "board.html"))
    assert "<h1>Leaderboard of " in (tmp_path / "board.html").read_text()
    code, _, err = call(capsys, "leaderboard", made, "--metric", "nothing")
    assert code == 2
    assert "No run has the metric" in err
