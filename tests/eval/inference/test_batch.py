import json
from pathlib import Path

import polars as pl
import pytest

from eval.checkpoint import Checkpoint, base_checkpoint
from eval.inference import Options, batch, infer
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import ModelConfig
from tickertune.core.tasks import get_task

SENTIMENT = get_task("sentiment")
OPTIONS = Options(backend="fake", part_rows=10, max_length=400)
TEXTS = [{"id": f"n{place}", "text": f"Profit of company {place} rose by {place} percent"} for place in range(35)]


@pytest.fixture(scope="module")
def checkpoint() -> Checkpoint:
    return base_checkpoint(ModelConfig(name="tiny-llama"))


def write_lines(path: Path, rows: list) -> Path:
    path.write_text("".join(row if isinstance(row, str) else json.dumps(row) + "\n" for row in rows))
    return path


def read_lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def source(tmp_path) -> Path:
    return write_lines(tmp_path / "news.jsonl", TEXTS)


def test_every_row_gets_a_decision_in_the_inputs_order(source, tmp_path, checkpoint):
    done = infer(source, tmp_path / "out.jsonl", checkpoint, SENTIMENT, OPTIONS)
    rows = read_lines(tmp_path / "out.jsonl")
    assert (done.scored, done.rejected, done.quarantine) == (35, 0, None)
    assert [row["id"] for row in rows] == [row["id"] for row in TEXTS]
    for row in rows:
        assert set(row) == {"id", "label", "confidence", "logprobs", "outcome"}
        assert row["label"] == max(row["logprobs"], key=row["logprobs"].get)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["news.jsonl", "out.jsonl"]


def test_parquet_and_json_lines_give_the_same_rows(source, tmp_path, checkpoint):
    pl.DataFrame(TEXTS).write_parquet(tmp_path / "news.parquet")
    infer(source, tmp_path / "out.jsonl", checkpoint, SENTIMENT, OPTIONS)
    infer(tmp_path / "news.parquet", tmp_path / "out.parquet", checkpoint, SENTIMENT, OPTIONS)
    assert pl.read_parquet(tmp_path / "out.parquet").to_dicts() == read_lines(tmp_path / "out.jsonl")


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_run_that_dies_half_way_goes_on_and_ends_in_the_same_bytes(source, tmp_path, checkpoint, monkeypatch, ending):
    whole, cut = tmp_path / f"whole.{ending}", tmp_path / f"cut.{ending}"
    infer(source, whole, checkpoint, SENTIMENT, OPTIONS)
    written = []

    def dies_at_the_third(frame, path, sort_by):
        if len(written) == 2:
            raise KeyboardInterrupt
        written.append(path.name)
        return write(frame, path, sort_by)

    write = batch.write_table
    monkeypatch.setattr(batch, "write_table", dies_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        infer(source, cut, checkpoint, SENTIMENT, OPTIONS)
    assert not cut.exists()
    kept = tmp_path / f"cut.{ending}.parts" / written[0]
    before = kept.stat().st_mtime_ns
    seen = []
    monkeypatch.setattr(batch, "write_table", lambda *given: seen.append(given[1].name) or write(*given))
    monkeypatch.setattr(batch.shutil, "rmtree", lambda folder: seen.append(kept.stat().st_mtime_ns))
    infer(source, cut, checkpoint, SENTIMENT, OPTIONS)
    assert cut.read_bytes() == whole.read_bytes()
    assert seen == ["part-000002.parquet", "part-000003.parquet", before]


def test_kill_while_parts_are_removed_leaves_a_finished_output(source, tmp_path, checkpoint, monkeypatch):
    out = tmp_path / "out.jsonl"

    def dies_half_way(folder, **_):
        (folder / "part-000001.parquet").unlink()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(batch.shutil, "rmtree", dies_half_way)
        with pytest.raises(KeyboardInterrupt):
            infer(source, out, checkpoint, SENTIMENT, OPTIONS)
    whole = out.read_bytes()
    assert whole.count(b"\n") == 35
    monkeypatch.setattr(batch, "open_backend", lambda *_, **__: pytest.fail("scored again"))
    with pytest.raises(TickerTuneError, match="exists already"):
        infer(source, out, checkpoint, SENTIMENT, OPTIONS)
    assert out.read_bytes() == whole
    assert sorted(path.name for path in tmp_path.iterdir()) == ["news.jsonl", "out.jsonl"]


def test_parts_of_other_work_are_not_taken_up(source, tmp_path, checkpoint, monkeypatch):
    out = tmp_path / "out.jsonl"
    monkeypatch.setattr(batch, "_join", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        infer(source, out, checkpoint, SENTIMENT, OPTIONS)
    monkeypatch.undo()
    write_lines(source, TEXTS[:3])
    infer(source, out, checkpoint, SENTIMENT, OPTIONS)
    assert [row["id"] for row in read_lines(out)] == ["n0", "n1", "n2"]


def test_rows_that_cannot_be_scored_are_quarantined_with_the_reason(tmp_path, checkpoint):
    prompt = [{"role": "user", "content": "Is this good?"}]
    rows = [
        TEXTS[0],
        '{"text": half\n',
        {"id": "blank", "text": "  "},
        {"id": "long", "text": "word " * 2000},
        {"id": "answered", "messages": [*prompt, {"role": "assistant", "content": "yes"}]},
        {"id": "bad role", "messages": [{"role": "boss", "content": "x"}]},
        "[1]\n",
        {"text": "no id", "other": 1},
        {"id": "asked", "messages": prompt},
    ]
    done = infer(write_lines(tmp_path / "in.jsonl", rows), tmp_path / "o.jsonl", checkpoint, SENTIMENT, OPTIONS)
    assert [row["id"] for row in read_lines(tmp_path / "o.jsonl")] == ["n0", "7", "asked"]
    assert done.quarantine == tmp_path / "o.jsonl.quarantine.jsonl"
    reasons = {row["row"]: row["reason"] for row in read_lines(done.quarantine)}
    assert list(reasons) == [1, 2, 3, 4, 5, 6]
    assert "not JSON" in reasons[1]
    assert "longer than" in reasons[3]
    assert "user's turn" in reasons[4]
    assert "messages.0.role" in reasons[5]


def test_file_of_bad_rows_alone_gives_an_empty_output(tmp_path, checkpoint):
    source = write_lines(tmp_path / "in.jsonl", [{"text": ""}])
    done = infer(source, tmp_path / "o.jsonl", checkpoint, SENTIMENT, OPTIONS)
    assert (done.scored, done.rejected) == (0, 1)
    assert (tmp_path / "o.jsonl").read_bytes() == b""


def test_missing_column_is_named_with_those_that_are_there(tmp_path, checkpoint):
    source = write_lines(tmp_path / "in.jsonl", [{"headline": "x", "id": 1}])
    with pytest.raises(TickerTuneError, match=r"lacks the column messages or text .*headline, id"):
        infer(source, tmp_path / "o.jsonl", checkpoint, SENTIMENT, OPTIONS)
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


def test_bare_text_is_no_movement_prompt(source, tmp_path, checkpoint):
    with pytest.raises(TickerTuneError, match="task movement"):
        infer(source, tmp_path / "o.jsonl", checkpoint, get_task("movement"), OPTIONS)


def test_truncated_parquet_is_named(tmp_path, checkpoint):
    pl.DataFrame(TEXTS).write_parquet(tmp_path / "a.parquet")
    whole = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "a.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(TickerTuneError, match=r"a\.parquet is not a readable Parquet file"):
        infer(tmp_path / "a.parquet", tmp_path / "o.jsonl", checkpoint, SENTIMENT, OPTIONS)


@pytest.mark.parametrize(("source", "output"), [("a.csv", "b.jsonl"), ("a.jsonl", "b.txt")])
def test_unknown_ending_is_refused(tmp_path, checkpoint, source, output):
    with pytest.raises(TickerTuneError, match="unknown ending"):
        infer(tmp_path / source, tmp_path / output, checkpoint, SENTIMENT, OPTIONS)


def test_empty_file_is_refused(tmp_path, checkpoint):
    with pytest.raises(TickerTuneError, match="no rows"):
        infer(write_lines(tmp_path / "a.jsonl", []), tmp_path / "o.jsonl", checkpoint, SENTIMENT, OPTIONS)


def test_finished_output_is_not_overwritten(source, tmp_path, checkpoint):
    (tmp_path / "o.jsonl").write_text("mine")
    with pytest.raises(TickerTuneError, match="exists already"):
        infer(source, tmp_path / "o.jsonl", checkpoint, SENTIMENT, OPTIONS)
    assert (tmp_path / "o.jsonl").read_text() == "mine"
