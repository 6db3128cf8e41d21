import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from eval.answers import Prompts, stored_answers
from eval.engine import Answering, Engine, open_engine
from eval.results import LabelScores, Ledger, ResultStore, Setting

ASK = LabelScores((5, 6))
SETTING = Setting("model", "fake", "float32", ASK)
FAKE = Engine("fake", "none", "none", dtype="float32", batch_size=2, max_length=16)
TOKENS = [[1, place, 7] for place in range(10)]
IDS = [f"s{place}" for place in range(10)]


class Asked:
    """Opens the fake engine when it is called, and notes the chunks that it is asked for."""

    def __init__(self) -> None:
        self.chunks: list[int] = []
        self.opened = 0

    @contextmanager
    def engine(self) -> Iterator[Callable[[], Answering]]:
        """What ``stored_answers`` takes."""
        with open_engine(FAKE) as loaded:
            answers = loaded.answers

            def noted(chunks: Sequence[list[list[int]]], *rest: object):
                for place, found in answers(chunks, *rest):  # type: ignore[arg-type]
                    self.chunks.append(len(chunks[place]))
                    yield place, found

            loaded.answers = noted  # type: ignore[method-assign]

            def opened() -> Answering:
                self.opened += 1
                return loaded

            yield opened

    def of(self, ledger: Ledger, prompts: Prompts, chunk_rows: int = 4) -> list[list[float]]:
        """The answers' log-probabilities."""
        with self.engine() as opened:
            rows = stored_answers(prompts, ledger, ASK, opened, None, chunk_rows, "test")
        assert rows["sample_id"].to_list() == prompts.keys["sample_id"].to_list()
        return rows["logprobs"].to_list()


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return ResultStore(tmp_path).ledger(SETTING)


def test_a_full_store_opens_no_engine(ledger: Ledger) -> None:
    first, second = Asked(), Asked()
    prompts = Prompts.of(IDS, TOKENS)
    assert first.of(ledger, prompts) == second.of(ledger, prompts)
    assert first.chunks == [4, 4, 2]
    assert second.opened == 0


def test_chunks_stand_where_they_stood_and_ask_for_what_is_missing(ledger: Ledger) -> None:
    Asked().of(ledger, Prompts.of(IDS[2:5], TOKENS[2:5]))
    asked = Asked()
    asked.of(ledger, Prompts.of(IDS, TOKENS))
    assert asked.chunks == [2, 3, 2]


def test_rows_of_a_damaged_file_are_asked_for_again(ledger: Ledger) -> None:
    prompts = Prompts.of(IDS, TOKENS)
    whole = Asked().of(ledger, prompts)
    damaged = next(ledger.folder.glob("*.parquet"))
    damaged.write_bytes(damaged.read_bytes()[:-1])
    asked = Asked()
    assert asked.of(ledger, prompts) == whole
    assert len(asked.chunks) == 1


def test_the_same_sample_twice_is_asked_for_once(ledger: Ledger) -> None:
    asked = Asked()
    found = asked.of(ledger, Prompts.of(["a", "b", "a"], [[1], [2], [1]]))
    assert asked.chunks == [2]
    assert found[0] == found[2]


def test_other_tokens_under_a_known_id_are_asked_for(ledger: Ledger) -> None:
    Asked().of(ledger, Prompts.of(["a"], [[1]]))
    asked = Asked()
    asked.of(ledger, Prompts.of(["a"], [[2]]))
    assert asked.chunks == [1]


def test_the_second_of_two_evaluations_waits_and_asks_for_nothing(
    ledger: Ledger, capsys: pytest.CaptureFixture[str]
) -> None:
    prompts, second, done = Prompts.of(IDS, TOKENS), Asked(), threading.Event()

    def evaluate() -> None:
        second.of(ledger, prompts)
        done.set()

    waiting = threading.Thread(target=evaluate)
    with ledger.writing():
        waiting.start()
        assert not done.wait(0.5)
        other = ResultStore(ledger.folder.parent / "other").ledger(SETTING)
        Asked().of(other, prompts)
        for part in other.parts():
            ledger.append(part)
    waiting.join(30)
    assert done.is_set()
    assert second.chunks == []
    assert "another process scores with the same setting" in " ".join(capsys.readouterr().err.split())
