import time

import numpy as np
import polars as pl
import pytest

from eval.backends.fake import FakeBackend
from eval.checkpoint import fingerprint
from eval.inference import Options, batch, infer
from eval.inference.inputs import JsonLinesFile
from tests.eval.inference.made import OPTIONS, TEXTS, read_lines, write_lines
from tickertune.core.errors import TickerTuneError
from tickertune.core.tasks import get_task

SENTIMENT = get_task("sentiment")


def test_every_row_gets_a_decision_in_the_inputs_order(source, tmp_path, checkpoint):
    done = infer(source, tmp_path / "out.jsonl", checkpoint, SENTIMENT, OPTIONS)
    rows = read_lines(tmp_path / "out.jsonl")
    assert (done.rows, done.rejected, done.quarantine) == (35, 0, None)
    assert done.rows_per_second is not None
    assert done.rows_per_second > 0
    assert [row["id"] for row in rows] == [row["id"] for row in TEXTS]
    for row in rows:
        assert list(row) == ["id", "outcome", "label", "confidence", "calibrated", "logprobs", "model"]
        assert (row["outcome"], row["model"], row["calibrated"]) == ("label", fingerprint(checkpoint), None)
        assert row["label"] == max(row["logprobs"], key=row["logprobs"].get)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["news.jsonl", "out.jsonl"]


def test_parquet_and_json_lines_give_the_same_rows(source, tmp_path, checkpoint):
    pl.DataFrame(TEXTS).write_parquet(tmp_path / "news.parquet")
    infer(source, tmp_path / "out.jsonl", checkpoint, SENTIMENT, OPTIONS)
    infer(tmp_path / "news.parquet", tmp_path / "out.parquet", checkpoint, SENTIMENT, OPTIONS)
    assert pl.read_parquet(tmp_path / "out.parquet").to_dicts() == read_lines(tmp_path / "out.jsonl")


@pytest.mark.parametrize("ending", ["jsonl", "parquet", "arrow"])
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
    monkeypatch.setattr(batch, "open_engine", lambda *_, **__: pytest.fail("scored again"))
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
        '{"id": "half a pair", "text": "up \\ud83d"}\n',
        "[" * 100_000 + "\n",
        '{"id": ' + "9" * 5000 + "}\n",
        {"id": "nothing", "text": None},
    ]
    done = infer(write_lines(tmp_path / "in.jsonl", rows), tmp_path / "o.jsonl", checkpoint, SENTIMENT, OPTIONS)
    out = read_lines(tmp_path / "o.jsonl")
    assert len(out) == done.rows == len(rows)
    scored = {place: row["id"] for place, row in enumerate(out) if row["outcome"] != "error"}
    assert scored == {0: "n0", 7: "7", 8: "asked"}
    assert (out[1]["id"], out[3]["id"]) == ("1", "long")
    assert all(row["label"] is None is row["logprobs"] for row in out if row["outcome"] == "error")
    assert done.quarantine == tmp_path / "o.jsonl.quarantine.jsonl"
    reasons = {row["row"]: row["reason"] for row in read_lines(done.quarantine)}
    assert list(reasons) == [1, 2, 3, 4, 5, 6, 9, 10, 11, 12]
    assert done.rejected == 10
    assert "not JSON" in reasons[1]
    assert "longer than" in reasons[3]
    assert "user's turn" in reasons[4]
    assert "messages.0.role" in reasons[5]
    assert "no Unicode: surrogates not allowed at character" in reasons[9]
    assert "not JSON" in reasons[10]
    assert "not JSON" in reasons[11]
    assert reasons[12] == "neither messages nor text"


def test_file_of_bad_rows_alone_gives_a_row_for_each(tmp_path, checkpoint):
    source = write_lines(tmp_path / "in.jsonl", [{"text": ""}])
    done = infer(source, tmp_path / "o.jsonl", checkpoint, SENTIMENT, OPTIONS)
    assert (done.rows, done.rejected) == (1, 1)
    assert [row["outcome"] for row in read_lines(tmp_path / "o.jsonl")] == ["error"]


def test_prompt_that_makes_no_number_is_set_aside_and_a_model_that_makes_none_is_refused(
    source, tmp_path, checkpoint, monkeypatch
):
    scored = FakeBackend.score

    def damaged(rows):
        def score(self, prompts, *rest):
            found = scored(self, prompts, *rest)
            found[rows] = np.nan
            return found

        return score

    monkeypatch.setattr(FakeBackend, "score", damaged([3]))
    done = infer(source, tmp_path / "o.jsonl", checkpoint, SENTIMENT, OPTIONS)
    assert (done.rows, done.rejected) == (35, 4)  # the fourth row of each part
    reasons = read_lines(done.quarantine)
    assert [(row["row"], row["id"]) for row in reasons] == [(3, "n3"), (13, "n13"), (23, "n23"), (33, "n33")]
    assert {row["reason"] for row in reasons} == {"the model gives log-probabilities that are not numbers"}
    monkeypatch.setattr(FakeBackend, "score", damaged(slice(None)))
    with pytest.raises(TickerTuneError, match="not numbers for all of 10 prompts"):
        infer(source, tmp_path / "p.jsonl", checkpoint, SENTIMENT, OPTIONS)


def test_messages_that_the_chat_template_refuses_are_set_aside(tmp_path, checkpoint, monkeypatch):
    from jinja2 import TemplateError

    from eval.inference import scorer

    ids = scorer.scoring_ids

    def strict(tokenizer, task, messages):
        if len(messages) > 1:
            raise TemplateError("roles must alternate")
        return ids(tokenizer, task, messages)

    monkeypatch.setattr(scorer, "scoring_ids", strict)
    ask = {"role": "user", "content": "Is this good?"}
    source = write_lines(tmp_path / "in.jsonl", [{"messages": [ask]}, {"messages": [ask, ask]}])
    done = infer(source, tmp_path / "o.jsonl", checkpoint, SENTIMENT, OPTIONS)
    (line,) = read_lines(done.quarantine)
    assert (line["row"], line["reason"]) == (1, "the model's chat template refuses the messages: roles must alternate")


def test_no_more_than_one_part_is_read_ahead(source, tmp_path, checkpoint, monkeypatch):
    """Parts that were read, and those whose scoring has begun, each time that an engine is asked."""
    read, begun = [], []
    part, score = JsonLinesFile.part, FakeBackend.score
    monkeypatch.setattr(JsonLinesFile, "part", lambda self, number: read.append(number) or part(self, number))

    def slow(self, prompts, *rest):
        begun.append(len(read))
        time.sleep(0.05)
        assert len(set(read)) <= len(begun) + 1
        return score(self, prompts, *rest)

    monkeypatch.setattr(FakeBackend, "score", slow)
    infer(source, tmp_path / "o.jsonl", checkpoint, SENTIMENT, Options(backend="fake", part_rows=2, max_length=400))
    assert len(begun) == 18


def test_missing_column_is_named_with_those_that_are_there(tmp_path, checkpoint):
    source = write_lines(tmp_path / "in.jsonl", [{"headline": "x", "id": 1}])
    with pytest.raises(TickerTuneError, match=r"lacks the column messages or text for task sentiment .*headline, id"):
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
