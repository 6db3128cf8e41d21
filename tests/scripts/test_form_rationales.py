"""The form data set: every kind of conversation, sound in form, and drawn without a look at the outcome."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from data_pipeline.dataset import read_split
from tests.training.conftest import write_samples
from tests.training.rationales.scripted import TASK, config, other, tagged_samples
from tickertune.core.errors import TickerTuneError
from tickertune.core.prompting import chat
from training.rationales.judging import KEPT, judge
from training.rationales.styles import AGAIN, REFLECT
from training.rationales.teacher import Reply


@pytest.fixture
def form(script: Callable[[str], ModuleType]) -> ModuleType:
    return script("form_rationales")


def test_rationales_are_of_the_form_that_is_kept_and_agree_with_their_answers(form: ModuleType, tmp_path: Path) -> None:
    data = write_samples(tmp_path / "data", tagged_samples(40))
    counts = form.make(data, tmp_path / "form", 0)
    assert counts == {"rationale": 40, **dict.fromkeys(form.KINDS[1:], 8), "without_a_word": 0}
    prompts = dict(read_split(data, "train").select("sample_id", "messages").iter_rows())
    seen = set()
    for name, label, answer, messages in (
        read_split(tmp_path / "form", "train").select("sample_id", "label", "answer", "messages").iter_rows()
    ):
        turns, own = chat(messages), chat(prompts[name.partition("~")[0]])
        if turns[-1]["content"] == REFLECT:
            assert "<answer>" not in answer
            seen.add("reflection")
        elif answer == TASK.answer(label):
            assert turns == own
            seen.add("plain")
        else:
            kept = judge(Reply(answer, True, 0, 0), label, TASK, own, config(data, tmp_path))
            assert kept.reason == KEPT
            assert (form.DIRECTIONS[1.0] in answer) == (label == "up")
            assert turns == own or turns[-1]["content"] == AGAIN
            seen.add("again" if turns[-1]["content"] == AGAIN else "rationale")
    assert seen == set(form.KINDS)


def test_outcomes_turned_round_change_nothing_that_is_written(form: ModuleType, tmp_path: Path) -> None:
    turned = [
        sample.model_copy(
            update={
                "label": other(sample.label),
                "answer": TASK.answer(other(sample.label)),
                "ret_excess": -sample.ret_excess,
            }
        )
        for sample in tagged_samples(20)
    ]
    written = []
    for name, samples in (("a", tagged_samples(20)), ("b", turned)):
        form.make(write_samples(tmp_path / name, samples), tmp_path / f"{name}-form", 3)
        rows = read_split(tmp_path / f"{name}-form", "train")
        written.append(rows.select("sample_id", "messages", "answer", "label").to_dicts())
    assert written[0] == written[1]


def test_a_data_set_without_training_samples_is_refused(form: ModuleType, tmp_path: Path) -> None:
    data = write_samples(tmp_path / "data", tagged_samples(4, split="test"))
    with pytest.raises(TickerTuneError, match="no training samples"):
        form.make(data, tmp_path / "form", 0)
