"""The report's part on votes: a table, a plot, and names for readers."""

from pathlib import Path

import pytest

from eval.report import write_report
from eval.report.collect import collect
from eval.report.layout import group_of, title_of
from eval.report.plots.votes import votes as plot
from eval.report.tables import votes as table
from eval.voting import VotePoint
from tests.eval.made_run import make_run
from tickertune.core.files import write_json


def points(rule: str, replies: int) -> list[dict[str, object]]:
    """A curve that rises, of a made checkpoint."""
    return [
        VotePoint(
            world="planted", checkpoint="sft", rule=rule, replies=count, metric=metric, value=0.1 + count / 50,
            low=0.05, high=0.4, expected=0.1 + count / 60, subsets=7, reply_tokens=12.0 * count,
        ).model_dump(mode="json")
        for count in range(1, replies + 1)
        for metric in ("mcc", "accuracy", "unparsed_share")
    ]  # fmt: skip


def test_votes_have_a_table_and_a_plot(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run")
    before = collect(folder).worlds[0]
    assert plot(before) is None
    assert table(before) is None
    write_json(folder / before.name / "eval" / "votes.json", points("majority", 20) + points("evidence", 20))
    world = collect(folder).worlds[0]
    grid = table(world)
    assert grid is not None
    assert [title for title, _ in grid.groups] == ["SFT, majority", "SFT, evidence"]
    lines = grid.groups[0][1]
    assert [line.name for line in lines] == ["1", "2", "3", "4", "6", "8", "12", "16", "20"]
    assert [cell.value for cell in lines[-1].cells] == ["0.500", "0.433", "50.0%", "240"]
    assert lines[-1].cells[0].note == "[0.050, 0.400]"
    assert lines[-1].cells[1].note == "of 7"
    drawn = plot(world)
    assert drawn is not None
    assert drawn.startswith("<?xml")
    write_report(folder)
    assert "Score by the number of replies that vote" in (folder / "report.html").read_text()
    assert "### Votes by number of replies" in (folder / "report.md").read_text()


@pytest.mark.parametrize(
    ("name", "title"), [("sft", "SFT"), ("sft@8", "SFT, 8 votes"), ("mine@16-evidence", "mine, 16 votes by evidence")]
)
def test_voted_checkpoints_have_names_for_readers(name: str, title: str) -> None:
    assert title_of(name) == title
    assert group_of(name) == "Checkpoints"
