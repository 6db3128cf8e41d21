"""A file that grows: a line of output for each line, once, through kills; another file is not taken for it."""

import os
from pathlib import Path

import pytest

from eval.backends.fake import FakeBackend
from eval.checkpoint import Checkpoint
from eval.inference import Options, follow, following, infer
from tests.eval.inference.made import OPTIONS, TEXTS, read_lines, write_lines
from tickertune.core.errors import TickerTuneError
from tickertune.core.tasks import get_task

SENTIMENT = get_task("sentiment")


class Writer:
    """Stands in for waiting: appends the next piece to the followed file each time."""

    def __init__(self, path: Path, pieces: list[str]) -> None:
        self.path, self.pieces, self.waits = path, pieces, 0
        path.touch()

    def __call__(self, seconds: float) -> None:
        self.waits += 1
        if self.pieces:
            with self.path.open("a") as handle:
                handle.write(self.pieces.pop(0))


def text_of(rows: list[dict[str, str]], tmp_path: Path) -> str:
    return write_lines(tmp_path / "whole.jsonl", rows).read_text()


def test_lines_are_scored_as_they_come_and_end_as_those_of_a_whole_file(tmp_path: Path, checkpoint: Checkpoint) -> None:
    """Pieces that end in the midst of a line, a bad line, and a last line without an end, which is left."""
    rows = [*TEXTS[:20], "no json\n", *TEXTS[20:]]
    whole = text_of(rows, tmp_path)  # type: ignore[arg-type]
    infer(tmp_path / "whole.jsonl", tmp_path / "a.jsonl", checkpoint, SENTIMENT, OPTIONS)
    pieces = [whole[:10], whole[10:500], whole[500:502], whole[502:], '{"text": "half a l']
    writer = Writer(tmp_path / "live.jsonl", pieces)
    done = follow(writer.path, tmp_path / "b.jsonl", checkpoint, SENTIMENT, OPTIONS, 3.0, writer)
    assert (tmp_path / "b.jsonl").read_bytes() == (tmp_path / "a.jsonl").read_bytes()
    assert (done.rows, done.rejected) == (36, 1)
    assert (tmp_path / "b.jsonl.quarantine.jsonl").read_bytes() == (tmp_path / "a.jsonl.quarantine.jsonl").read_bytes()
    more = Writer(writer.path, ['ine"}\n'])
    done = follow(writer.path, tmp_path / "b.jsonl", checkpoint, SENTIMENT, OPTIONS, 3.0, more)
    assert done.rows == 37
    assert [row["id"] for row in read_lines(tmp_path / "b.jsonl")][-1] == "36"


@pytest.mark.parametrize("moment", ["scoring", "aside", "output", "state"])
def test_a_kill_repeats_the_part_that_was_under_way_alone(
    tmp_path: Path, checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    rows = [{"text": ""}, *TEXTS]
    whole = write_lines(tmp_path / "in.jsonl", rows)
    infer(whole, tmp_path / "a.jsonl", checkpoint, SENTIMENT, OPTIONS)
    asked: list[int] = []
    score, fsync, state = FakeBackend.score, os.fsync, following.write_json
    synced = []

    def noted(self: FakeBackend, prompts: list[list[int]], *rest: object) -> object:
        asked.append(len(prompts))
        if moment == "scoring" and len(asked) == 3:
            raise KeyboardInterrupt
        return score(self, prompts, *rest)  # type: ignore[arg-type]

    def dies(descriptor: int) -> None:
        fsync(descriptor)
        name = Path(os.readlink(f"/proc/self/fd/{descriptor}")).name
        synced.append(name)
        wanted = {"aside": "o.jsonl.quarantine.jsonl", "output": "o.jsonl"}.get(moment)
        if name == wanted and synced.count(name) == 3:
            raise KeyboardInterrupt

    def state_dies(path: Path, value: dict[str, object]) -> None:
        if moment == "state" and value["rows"] == 30:
            raise KeyboardInterrupt
        state(path, value)

    monkeypatch.setattr(FakeBackend, "score", noted)
    with monkeypatch.context() as patch:
        patch.setattr(following.os, "fsync", dies)
        patch.setattr(following, "write_json", state_dies)
        with pytest.raises(KeyboardInterrupt):
            follow(whole, tmp_path / "o.jsonl", checkpoint, SENTIMENT, OPTIONS, 0.0)
    follow(whole, tmp_path / "o.jsonl", checkpoint, SENTIMENT, OPTIONS, 0.0)
    assert (tmp_path / "o.jsonl").read_bytes() == (tmp_path / "a.jsonl").read_bytes()
    assert sum(asked) == 35 + 10  # one part of ten twice


def test_another_file_or_other_work_is_not_taken_up(tmp_path: Path, checkpoint: Checkpoint) -> None:
    live, out = write_lines(tmp_path / "live.jsonl", TEXTS[:5]), tmp_path / "o.jsonl"
    follow(live, out, checkpoint, SENTIMENT, OPTIONS, 0.0)
    written = out.read_bytes()
    write_lines(live, TEXTS[1:7])
    with pytest.raises(TickerTuneError, match="is not the file that was followed"):
        follow(live, out, checkpoint, SENTIMENT, OPTIONS, 0.0)
    write_lines(live, TEXTS[:2])
    with pytest.raises(TickerTuneError, match="is not the file that was followed"):
        follow(live, out, checkpoint, SENTIMENT, OPTIONS, 0.0)
    write_lines(live, TEXTS[:7])
    with pytest.raises(TickerTuneError, match="another model, task or setting"):
        follow(live, out, checkpoint, get_task("fomc"), OPTIONS, 0.0)
    assert out.read_bytes() == written
    out.write_bytes(written[:-3])
    with pytest.raises(TickerTuneError, match="It was changed: name another output"):
        follow(live, out, checkpoint, SENTIMENT, OPTIONS, 0.0)


def test_a_file_that_is_rotated_under_way_is_told(tmp_path: Path, checkpoint: Checkpoint) -> None:
    live = write_lines(tmp_path / "live.jsonl", TEXTS[:5])

    def rotate(_: float) -> None:
        live.rename(tmp_path / "live.1")
        write_lines(live, TEXTS[5:6])

    with pytest.raises(TickerTuneError, match="it was replaced, changed or cut"):
        follow(live, tmp_path / "o.jsonl", checkpoint, SENTIMENT, OPTIONS, None, rotate)
    assert len(read_lines(tmp_path / "o.jsonl")) == 5


def test_what_cannot_be_followed_is_refused(source: Path, tmp_path: Path, checkpoint: Checkpoint) -> None:
    def refused(said: str, source: Path, output: str, **changes: object) -> None:
        options = Options(**{**vars(OPTIONS), **changes})
        with pytest.raises(TickerTuneError, match=said):
            follow(source, tmp_path / output, checkpoint, SENTIMENT, options, 0.0)

    refused("just JSON Lines grow", tmp_path / "a.parquet", "o.jsonl")
    refused("just JSON Lines grow", source, "o.parquet")
    refused("does not exist", tmp_path / "none.jsonl", "o.jsonl")
    refused("scored by one engine", source, "o.jsonl", workers=2)
    (tmp_path / "mine.jsonl").write_text("mine")
    refused("exists already", source, "mine.jsonl")
    assert (tmp_path / "mine.jsonl").read_text() == "mine"
