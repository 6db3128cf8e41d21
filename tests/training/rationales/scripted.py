"""A teacher that follows a script, and a data set whose prompts ask for tagged replies."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from data_pipeline.dataset import read_info
from tests.training.conftest import make_samples, write_samples
from tickertune.core.answers import tagged_reply
from tickertune.core.prompting import chat
from tickertune.core.recipe import RationalesConfig
from tickertune.core.sample import Message, Sample
from tickertune.core.table import frame_of
from tickertune.core.tasks import get_task
from training.rationales.output import Made, Pair, write_pairs
from training.rationales.styles import AGAIN, REFLECT
from training.rationales.teacher import Ask, Chat, Reply

TASK = get_task("movement")
Script = Callable[[Chat, int], str]
ASKED = "Up or down? Reply as <think>…</think> <answer>…</answer>."


class ScriptedTeacher:
    """Answers by a function of messages and draw, remembers what it was asked, and can die after so many answers."""

    def __init__(self, script: Script, dies_after: int | None = None, **identity: object) -> None:
        self._script, self._left, self._identity = script, dies_after, identity
        self.asked: list[Ask] = []

    @property
    def identity(self) -> Mapping[str, object]:
        return {"kind": "scripted", **self._identity}

    def fits(self, messages: Chat) -> bool:
        return True

    def answer(self, asks: Sequence[Ask]) -> Iterator[tuple[Ask, Reply]]:
        for ask in asks:
            if self._left == 0:
                raise KeyboardInterrupt
            if self._left is not None:
                self._left -= 1
            self.asked.append(ask)
            yield ask, Reply(self._script(ask.messages, ask.draw), True, 100, 10)


def tagged_samples(count: int = 12, **changes: Any) -> list[Sample]:
    """Samples of the train split whose prompts ask for a tagged reply."""
    return [
        sample.model_copy(update={"messages": [Message(role="system", content=ASKED), sample.messages[1]], **changes})
        for sample in make_samples(count)
    ]


def tagged_data(folder: Path, count: int = 12) -> Path:
    """A data set of ``tagged_samples``."""
    return write_samples(folder, tagged_samples(count))


def config(dataset: Path, output: Path, **changes: Any) -> RationalesConfig:
    """Thesis with one quote, two draws."""
    values = {
        "teacher": {"kind": "endpoint", "base_url": "http://127.0.0.1:9/v1", "model": "m", "allow_private": True},
        "draws": 2,
        "least_evidence": 1,
    }
    return RationalesConfig.model_validate({**values, "dataset": dataset, "output": output, **changes})


def news(messages: Chat) -> str:
    """The words of the news in a prompt, such as ``gains growth record``."""
    return " ".join(messages[1]["content"].splitlines()[1].split()[4:7])


def truth(messages: Chat) -> str:
    """The label, as the words tell it."""
    return "up" if news(messages).startswith("gains") else "down"


def other(label: str) -> str:
    return "down" if label == "up" else "up"


def thesis(messages: Chat, label: str, words: str = "it says") -> str:
    """A tagged reply with a section and a quoted claim."""
    return tagged_reply(f'## News\n- {words} "{news(messages)}" (source: 09:00)', TASK.answer(label))


def turn_of(messages: Chat) -> str:
    """What a conversation asks for: ``first``, ``reflection`` or ``again``."""
    return {REFLECT: "reflection", AGAIN: "again"}.get(messages[-1]["content"], "first")


def made_pairs(count: int = 12) -> list[Pair]:
    """Right against wrong, of the samples of ``tagged_samples``."""
    return [
        Pair(sample.sample_id, sample.label, prompt, thesis(prompt, sample.label), thesis(prompt, other(sample.label)))
        for sample in tagged_samples(count)
        for prompt in [chat(sample.messages)]
    ]


def write_made_pairs(folder: Path, pairs: Sequence[Pair]) -> Path:
    """Write pairs as the rationales' stage does, and return its folder."""
    data = tagged_data(folder / "data", len(pairs))
    facts = {
        "teacher": {"kind": "scripted"},
        "rationales": {"asked": 0, "parsed": 0, "right": 0, "kept": 0, "dropped": {}, "acceptance_rate": 0.0},
        "rationales_by_label": {},
        "too_long": 0,
        "reflections": {},
        "pairs": len(pairs),
        "replies": 0,
        "tokens_in": 0,
        "tokens_out": 0,
    }
    made = Made(read_info(data), frame_of(Sample, tagged_samples(len(pairs))), TASK, config(data, folder), facts)
    write_pairs(pairs, made, folder / "pairs")
    return folder
