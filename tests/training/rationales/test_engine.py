"""The teacher in this process: the same replies whatever was asked before, and bounds on what it reads."""

from pathlib import Path
from typing import Any

import pytest

from tests.training.made_stage import write_stage
from tests.training.rationales.scripted import config, tagged_data, tagged_samples
from tickertune.core.errors import TickerTuneError
from tickertune.core.prompting import chat
from tickertune.core.recipe import RationalesConfig
from training.rationales.engine import EngineTeacher
from training.rationales.ledger import Ledger
from training.rationales.synthesis import synthesise
from training.rationales.teacher import Ask

TINY = {"name": "tiny-llama", "dtype": "float32"}


def settings(data: Path, output: Path, **changes: Any) -> RationalesConfig:
    teacher = {"kind": "engine", "model": TINY, "backend": "transformers", **changes}
    return config(data, output, teacher=teacher, max_tokens=16, draws=3)


def opened(made: RationalesConfig) -> EngineTeacher:
    return EngineTeacher(made, made.teacher)  # type: ignore[arg-type]


def test_replies_depend_on_the_prompt_and_their_number_alone(tmp_path: Path) -> None:
    teacher = opened(settings(tmp_path, tmp_path))
    prompts = [chat(sample.messages) for sample in tagged_samples(2)]
    asks = [Ask(prompt, draw, {}) for prompt in prompts for draw in range(3)]
    whole = {ask.key: reply for ask, reply in teacher.answer(asks)}
    some = {ask.key: reply for ask, reply in teacher.answer([asks[1], asks[3]])}
    teacher.close()
    one_by_one = opened(settings(tmp_path, tmp_path, batch_size=1))
    alone = {ask.key: reply for ask, reply in one_by_one.answer(asks)}
    one_by_one.close()
    assert len({reply.text for reply in whole.values()}) == 6
    assert some == {key: whole[key] for key in some}
    assert alone == whole
    assert all(reply.tokens_in > 20 and reply.tokens_out > 0 for reply in whole.values())


def test_a_model_that_babbles_is_told_with_its_reasons_and_can_go_on(tmp_path: Path) -> None:
    made = settings(tagged_data(tmp_path / "data", 2), tmp_path / "out")
    for _ in range(2):
        with pytest.raises(TickerTuneError, match=r"None of 6 replies is a rationale to keep \(6 truncated\)"):
            synthesise(made)
    assert len(Ledger(tmp_path / "out" / "answers.jsonl")) == 6


def test_another_adapter_is_another_teacher_and_one_of_another_base_is_refused(tmp_path: Path) -> None:
    adapter = write_stage(tmp_path / "stage") / "adapter"
    bare, tuned = (opened(settings(tmp_path, tmp_path, adapter=given)).identity for given in (None, str(adapter)))
    assert (bare["weights"], bare["adapter"]) == (tuned["weights"], None)
    assert tuned["adapter"] is not None
    with pytest.raises(TickerTuneError, match="was trained on tiny-llama, not on smollm2-135m"):
        opened(settings(tmp_path, tmp_path, adapter=str(adapter), model={"name": "smollm2-135m"}))


def test_what_is_longer_than_the_engine_reads_is_not_asked(tmp_path: Path) -> None:
    made = settings(tmp_path, tmp_path, max_length=96)
    prompt = chat(tagged_samples(1)[0].messages)
    assert opened(made).fits(prompt)
    assert not opened(made).fits([*prompt, {"role": "user", "content": "more " * 50}])
