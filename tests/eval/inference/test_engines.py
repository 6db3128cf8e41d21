"""Every engine behind ``infer``: the same rows; what a server refuses is set aside, and a server that dies ends it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from transformers import AutoTokenizer

from eval.backends import fake
from eval.checkpoint import Checkpoint
from eval.inference import Options, infer
from tests.eval.inference.made import OPTIONS, TEXTS, read_lines, write_lines
from tests.eval.model_server import Answer, ModelServer, refused
from tickertune.cli.main import main
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import ServerConfig
from tickertune.core.tasks import get_task

SENTIMENT = get_task("sentiment")


def changed(**changes: Any) -> Options:
    return Options(**{**vars(OPTIONS), **changes})


@pytest.fixture
def server(tiny_base: str) -> Iterator[ModelServer]:
    started = ModelServer(AutoTokenizer.from_pretrained(tiny_base), {"base": 2048})
    yield started
    started.close()


def served(server: ModelServer) -> Options:
    block = ServerConfig(endpoint=server.url, model="base", attempts=1, timeout=5.0, concurrency=4)
    return changed(backend="server", server=block)


def test_workers_give_the_bytes_of_one(source: Path, tmp_path: Path, checkpoint: Checkpoint) -> None:
    infer(source, tmp_path / "one.jsonl", checkpoint, SENTIMENT, OPTIONS)
    infer(source, tmp_path / "two.jsonl", checkpoint, SENTIMENT, changed(workers=2, part_rows=4))
    assert (tmp_path / "two.jsonl").read_bytes() == (tmp_path / "one.jsonl").read_bytes()


def test_transformers_scores_as_the_evaluation_does(tmp_path: Path, checkpoint: Checkpoint) -> None:
    source = write_lines(tmp_path / "in.jsonl", TEXTS[:6])
    infer(source, tmp_path / "o.jsonl", checkpoint, SENTIMENT, changed(backend="transformers"))
    rows = read_lines(tmp_path / "o.jsonl")
    assert len({json.dumps(row["logprobs"]) for row in rows}) == 6
    assert all(sum(map(pow, [2.718281828] * 3, row["logprobs"].values())) == pytest.approx(1, abs=1e-4) for row in rows)


@pytest.mark.vllm
def test_vllm_scores_as_transformers_does(
    tmp_path: Path, checkpoint: Checkpoint, vllm_engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The session's one engine takes the place of the one that infer would load."""
    from contextlib import contextmanager

    from eval.engine import Alone
    from eval.inference import batch

    @contextmanager
    def opened(*_: object) -> Iterator[Alone]:
        yield Alone(vllm_engine)

    source = write_lines(tmp_path / "in.jsonl", TEXTS[:12])
    infer(source, tmp_path / "a.jsonl", checkpoint, SENTIMENT, changed(backend="transformers"))
    monkeypatch.setattr(batch, "open_engine", opened)
    infer(source, tmp_path / "b.jsonl", checkpoint, SENTIMENT, changed(backend="vllm"))
    first, second = read_lines(tmp_path / "a.jsonl"), read_lines(tmp_path / "b.jsonl")
    assert [row["label"] for row in first] == [row["label"] for row in second]
    assert all(
        one["logprobs"][label] == pytest.approx(other["logprobs"][label], abs=1e-4)
        for one, other in zip(first, second, strict=True)
        for label in SENTIMENT.labels
    )


def test_a_prompt_that_the_server_refuses_is_set_aside(
    source: Path, tmp_path: Path, checkpoint: Checkpoint, server: ModelServer
) -> None:
    infer(source, tmp_path / "a.jsonl", checkpoint, SENTIMENT, served(server))
    tokenizer = server.tokenizer

    def poison(number: int, path: str, body: dict[str, Any]) -> Answer | None:
        told = tokenizer.decode(body.get("prompt", []))
        return refused(400, "bad prompt") if "company 0 " in told or "company 17 " in told else None

    server.hook = poison
    done = infer(source, tmp_path / "b.jsonl", checkpoint, SENTIMENT, served(server))
    assert (done.rows, done.rejected) == (35, 2)
    assert done.quarantine is not None
    aside = read_lines(done.quarantine)
    assert [row["id"] for row in aside] == ["n0", "n17"]
    assert all("bad prompt" in row["reason"] and "400" in row["reason"] for row in aside)
    expected = read_lines(tmp_path / "a.jsonl")
    for place, row in enumerate(read_lines(tmp_path / "b.jsonl")):
        assert (row["outcome"] == "error") if place in (0, 17) else row == expected[place]


def test_a_server_that_refuses_everything_or_dies_ends_it_and_nothing_is_lost(
    source: Path, tmp_path: Path, checkpoint: Checkpoint, server: ModelServer
) -> None:
    infer(source, tmp_path / "a.jsonl", checkpoint, SENTIMENT, served(server))
    server.hook = lambda number, path, body: refused(400, "unknown field") if body else None
    with pytest.raises(TickerTuneError, match="unknown field"):
        infer(source, tmp_path / "b.jsonl", checkpoint, SENTIMENT, served(server))
    server.seen.clear()
    server.hook = lambda number, path, body: refused(500, "worker died") if number > 25 else None
    with pytest.raises(TickerTuneError, match=r"answered 500; it said: worker died"):
        infer(source, tmp_path / "b.jsonl", checkpoint, SENTIMENT, served(server))
    server.hook = lambda number, path, body: None
    server.seen.clear()
    infer(source, tmp_path / "b.jsonl", checkpoint, SENTIMENT, served(server))
    assert len(server.seen) == 15  # two parts of ten were done
    assert (tmp_path / "b.jsonl").read_bytes() == (tmp_path / "a.jsonl").read_bytes()


def test_answers_that_have_to_be_generated_are_read_by_the_task(
    source: Path, tmp_path: Path, checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = fake.FakeBackend.__init__
    replies = ("The sentiment of this text is strong negative", "It may be mildly positive or neutral", "")
    monkeypatch.setattr(fake.FakeBackend, "__init__", lambda self: made(self, replies))
    options = changed(max_tokens=32)
    done = infer(source, tmp_path / "o.parquet", checkpoint, get_task("sentiment7"), options)
    table = pl.read_parquet(tmp_path / "o.parquet")
    assert table.columns == ["id", "outcome", "label", "confidence", "reply", "model"]
    assert done.rows == table.height == 35
    read = {reply: (outcome, label) for reply, outcome, label in table.select("reply", "outcome", "label").rows()}
    assert read == {
        replies[0]: ("label", "strong negative"),
        replies[1]: ("unparsed", None),
        replies[2]: ("abstained", None),
    }


def test_headlines_have_a_question(tmp_path: Path, checkpoint: Checkpoint) -> None:
    rows = [{"text": "Gold rises", "question": "Does it rise?"}, {"text": "Gold falls", "question": " "}]
    source = write_lines(tmp_path / "in.jsonl", rows)
    done = infer(source, tmp_path / "o.jsonl", checkpoint, get_task("headline"), OPTIONS)
    assert (done.rows, done.rejected) == (2, 1)
    assert done.quarantine is not None
    assert read_lines(done.quarantine)[0]["reason"] == "question is empty or no text"


def test_the_command_takes_a_protocol_a_server_and_a_growing_file(
    source: Path, tmp_path: Path, server: ModelServer, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main(["infer", str(source), *words])
        said = capsys.readouterr()
        return int(left.value.code or 0), said.out, said.err

    model = ["--model", "tiny-llama"]
    code, out, _ = run(
        str(tmp_path / "a.jsonl"), *model, "--protocol", "fingpt-v3", "--backend", "server", "--json",
        "--endpoint", server.url, "--served-model", "base",
    )  # fmt: skip
    assert code == 0
    told = json.loads(out)
    assert (told["rows"], told["rejected"], told["quarantine"]) == (35, 0, None)
    assert told["rows_per_second"] > 0
    follow = ["--task", "sentiment", "--backend", "fake", "--follow", "--idle-seconds", "0"]
    code, out, _ = run(str(tmp_path / "b.jsonl"), *model, *follow)
    assert code == 0
    assert out.startswith("35 rows, ")
    for words, said in (
        (["--task", "sentiment", "--protocol", "flare"], "Just one of --task and --protocol"),
        ([], "Just one of --task and --protocol"),
        (["--task", "sentiment", "--backend", "server"], "endpoint: field required"),
        (["--task", "sentiment", "--backend", "fake", "--endpoint", server.url], "Give --backend server"),
        (["--task", "sentiment", "--idle-seconds", "3"], "--idle-seconds is for --follow"),
        (["--task", "sentimant"], "did you mean 'sentiment'"),
    ):
        code, _, error = run(str(tmp_path / "c.jsonl"), *model, *words)
        assert code == 2
        assert said in error
    assert not (tmp_path / "c.jsonl").exists()
