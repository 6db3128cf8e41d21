import os
import signal
from pathlib import Path

import numpy as np
import pytest

from eval import workers as module
from eval.engine import Engine, open_engine
from eval.results import Answer, LabelScores, Replies
from eval.workers import Workers, open_workers
from tickertune.core.errors import TickerTuneError

ASK = LabelScores((5, 6, 7))
CHUNKS = [[[1, 2, 3 + place, 4 + place % 3] for place in range(start, start + 4)] for start in range(0, 24, 4)]
FAKE = Engine("fake", "none", "none", dtype="float32", batch_size=2, max_length=16)


def answered(
    engine: Engine, workers: int, ask: LabelScores | Replies = ASK, adapter: Path | None = None
) -> list[Answer]:
    done: list[int] = []
    with open_engine(engine, workers) as opened:
        found = dict(opened.answers(CHUNKS, ask, adapter, done.append))
    assert sum(done) == sum(map(len, CHUNKS))
    return [answer for place in range(len(CHUNKS)) for answer in found[place]]


def test_fake_engines_answer_alike_however_many_there_are() -> None:
    alone = answered(FAKE, 1)
    assert answered(FAKE, 2) == alone
    assert len({tuple(answer.logprobs) for answer in alone}) > 1
    drawn = Replies(8, n=3, temperature=1.0, seed=2)
    assert answered(FAKE, 2, drawn) == answered(FAKE, 1, drawn)


@pytest.mark.timeout(600)
def test_transformers_engines_answer_alike_however_many_there_are(tiny_base: str, tiny_adapter: Path) -> None:
    adapter = tiny_adapter / "adapter"
    engine = Engine(
        "transformers", tiny_base, tiny_base, dtype="float32", batch_size=4, max_length=32, adapters=(adapter,)
    )
    alone, shared = (
        np.array([answer.logprobs for answer in answered(engine, workers, adapter=adapter)]) for workers in (1, 2)
    )
    np.testing.assert_allclose(alone, shared, atol=1e-5)
    assert (alone.argmax(axis=1) == shared.argmax(axis=1)).all()


def test_dead_worker_is_told_and_the_chunks_of_the_others_are_kept() -> None:
    kept: list[int] = []
    with open_workers(FAKE, 2) as workers:
        assert isinstance(workers, Workers)
        os.kill(workers.pids[1], signal.SIGKILL)
        with pytest.raises(TickerTuneError, match=r"Worker 2 of 2 \(process \d+\) died: killed by SIGKILL") as raised:
            kept.extend(place for place, _ in workers.answers(CHUNKS, ASK, None, lambda _: None))
    assert "Run the same command again" in raised.value.remedy
    assert kept
    assert len(kept) < len(CHUNKS)


def test_worker_that_cannot_load_tells_why(tmp_path: Path) -> None:
    engine = Engine("transformers", str(tmp_path), str(tmp_path), dtype="float32", batch_size=4, max_length=8)
    (tmp_path / "config.json").write_text('{"model_type": "llama", "max_position_embeddings": 4}')
    with pytest.raises(TickerTuneError, match="reads 4"), open_workers(engine, 2):
        raise AssertionError("opened")


def test_last_words_of_a_crash_are_told(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "llama", "max_position_embeddings": 99}')
    engine = Engine("transformers", str(tmp_path), str(tmp_path), dtype="float32", batch_size=4, max_length=8)
    with (
        pytest.raises(TickerTuneError, match=r"died: exit code 1; its last line: .*safetensors"),
        open_workers(engine, 2),
    ):
        raise AssertionError("opened")


def test_workers_end_with_the_block() -> None:
    with open_workers(FAKE, 2) as workers:
        pids = workers.pids
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_more_vllm_engines_than_gpus_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "visible_gpus", lambda _: ["0", "1"])
    monkeypatch.setattr(module, "engine_name", lambda _: "vllm")
    with pytest.raises(TickerTuneError, match=r"3 workers .* there are 2"), open_workers(FAKE, 3):
        raise AssertionError("opened")
