"""Token ids of prompts and answers: the one place where text becomes what the model reads.

Training, generation and evaluation all take their ids from here, so that the scored position is the trained
one: ``scoring_ids + label_continuations`` is a prefix of ``prompt_ids + completion_ids``.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tickertune.core.errors import TickerTuneError
from tickertune.core.sample import Message
from tickertune.core.tasks import LabelTask, Task

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

ChatTurns = Sequence[Message | Mapping[str, str]]


def chat(messages: ChatTurns) -> list[dict[str, str]]:
    """Return messages as the dictionaries that chat templates take."""
    return [
        {"role": turn.role, "content": turn.content} if isinstance(turn, Message) else dict(turn) for turn in messages
    ]


def prompt_ids(tokenizer: "PreTrainedTokenizerBase", messages: ChatTurns) -> list[int]:
    """Return the ids of the prompt by the model's chat template, up to where the reply starts.

    Raises:
        TickerTuneError: The tokenizer has no chat template.
    """
    if not tokenizer.chat_template:
        raise TickerTuneError(
            f"The tokenizer of {tokenizer.name_or_path} has no chat template", "Use an instruction-tuned model"
        )
    ids = tokenizer.apply_chat_template(chat(messages), add_generation_prompt=True, return_dict=False)
    return [int(token) for token in ids]


def scoring_ids(tokenizer: "PreTrainedTokenizerBase", task: LabelTask, messages: ChatTurns) -> list[int]:
    """Return the prompt's ids and those of the answer's prefix: the next token is the label."""
    return prompt_ids(tokenizer, messages) + _ids(tokenizer, task.answer_prefix)


def label_continuations(tokenizer: "PreTrainedTokenizerBase", task: LabelTask) -> list[list[int]]:
    """Return the ids of each label's continuation, in the order of ``task.labels``.

    Where one label's ids begin another's, all end with the end-of-turn token, which tells them apart.

    Raises:
        TickerTuneError: Two labels have the same ids, or an end token is needed and the tokenizer has none.
    """
    found = [_ids(tokenizer, task.continuation(label)) for label in task.labels]
    if len(set(map(tuple, found))) < len(found):
        raise TickerTuneError(
            f"Labels {', '.join(task.labels)} are not different in the vocabulary of {tokenizer.name_or_path}",
            "Use a model whose tokenizer tells them apart",
        )
    if any(one != other and other[: len(one)] == one for one in found for other in found):
        found = [[*ids, _end_id(tokenizer)] for ids in found]
    return found


def completion_ids(tokenizer: "PreTrainedTokenizerBase", task: Task, label: str) -> list[int]:
    """Return the ids of the answer that states ``label``, and the end-of-turn token.

    A scored answer is tokenised in two parts, prefix and continuation, so that no merge across them moves the scored
    position.

    Raises:
        TickerTuneError: The tokenizer has no end token.
    """
    if not isinstance(task, LabelTask):
        return answer_ids(tokenizer, task.answer(label))
    answer = _ids(tokenizer, task.answer_prefix) + _ids(tokenizer, task.continuation(label))
    return [*answer, _end_id(tokenizer)]


def answer_ids(tokenizer: "PreTrainedTokenizerBase", answer: str) -> list[int]:
    """Return the ids of an answer of its own wording (``GenerativeTask``), and the end-of-turn token.

    Raises:
        TickerTuneError: The tokenizer has no end token.
    """
    return [*_ids(tokenizer, answer), _end_id(tokenizer)]


def reply_ids(tokenizer: "PreTrainedTokenizerBase", task: Task, label: str, reply: str) -> list[int]:
    """Return the ids of a sample's reply, and the end-of-turn token.

    A reply that is the task's own answer is tokenised as it is scored; one of another wording, such as a rationale, as a whole.

    Raises:
        TickerTuneError: The tokenizer has no end token.
    """
    if isinstance(task, LabelTask) and reply == task.answer(label):
        return completion_ids(tokenizer, task, label)
    return answer_ids(tokenizer, reply)


def _end_id(tokenizer: "PreTrainedTokenizerBase") -> int:
    if tokenizer.eos_token_id is None:
        raise TickerTuneError(f"The tokenizer of {tokenizer.name_or_path} has no end token", "Set its eos_token")
    return int(tokenizer.eos_token_id)


def _ids(tokenizer: "PreTrainedTokenizerBase", text: str) -> list[int]:
    return [int(token) for token in tokenizer.encode(text, add_special_tokens=False)]
