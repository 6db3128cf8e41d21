import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from tickertune.core.errors import TickerTuneError
from tickertune.core.models import resolve_model
from tickertune.core.prompting import completion_ids, label_continuations, prompt_ids, scoring_ids
from tickertune.core.recipe import ModelConfig
from tickertune.core.sample import Message
from tickertune.core.tasks import TASKS, LabelTask, Task


@pytest.fixture(scope="module")
def tokenizer(tiny_model: str) -> PreTrainedTokenizerBase:
    loaded = AutoTokenizer.from_pretrained(resolve_model(ModelConfig(name=tiny_model)))
    assert isinstance(loaded, PreTrainedTokenizerBase)
    return loaded


SCORED = [task for task in TASKS.values() if isinstance(task, LabelTask)]


@pytest.mark.parametrize(("task", "index"), [(t, i) for t in SCORED for i in range(len(t.labels))])
@given(text=st.text(max_size=40))
@settings(max_examples=10)
def test_scored_position_is_the_trained_one(
    tokenizer: PreTrainedTokenizerBase, task: LabelTask, index: int, text: str
) -> None:
    messages = [Message(role="system", content="s"), Message(role="user", content=text)]
    scored = [*scoring_ids(tokenizer, task, messages), *label_continuations(tokenizer, task)[index]]
    trained = prompt_ids(tokenizer, messages) + completion_ids(tokenizer, task, task.labels[index])
    assert trained[: len(scored)] == scored


@pytest.mark.parametrize("task", TASKS.values(), ids=lambda task: task.name)
def test_completion_reads_back_as_the_answer_and_ends_the_turn(tokenizer: PreTrainedTokenizerBase, task: Task) -> None:
    for label in task.labels:
        *answer, end = completion_ids(tokenizer, task, label)
        assert tokenizer.decode(answer) == task.answer(label)
        assert tokenizer.convert_ids_to_tokens(end) == "<|im_end|>"


def test_messages_and_plain_dictionaries_give_the_same_ids(tokenizer: PreTrainedTokenizerBase) -> None:
    noun = [Message(role="user", content="Apple rose")]
    assert prompt_ids(tokenizer, noun) == prompt_ids(tokenizer, [{"role": "user", "content": "Apple rose"}])
    assert tokenizer.decode(prompt_ids(tokenizer, noun)).endswith("<|im_start|>assistant\n")


def test_tokenizer_without_chat_template_is_refused(tiny_model: str) -> None:
    bare = AutoTokenizer.from_pretrained(resolve_model(ModelConfig(name=tiny_model)))
    bare.chat_template = None
    with pytest.raises(TickerTuneError, match="no chat template"):
        prompt_ids(bare, [{"role": "user", "content": "x"}])
