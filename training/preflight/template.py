"""What the model reads of a sample, token by token, and whether its chat template can be trained on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tickertune.core.errors import TickerTuneError
from tickertune.core.prompting import chat, prompt_ids, reply_ids, scoring_ids
from tickertune.core.tasks import LabelTask, Task

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


@dataclass(frozen=True)
class Reading:
    """One sample as the model reads it."""

    sample_id: str
    pieces: list[str]
    """Text of each token."""
    trained: list[bool]
    """Whether it carries a loss."""


def first_reading(sample: Mapping[str, Any], tokenizer: "PreTrainedTokenizerBase", task: Task) -> Reading:
    """Decode a row of ``Sample`` token by token."""
    prompt, answer = _ids(sample, tokenizer, task)
    pieces = [tokenizer.decode([token]) for token in [*prompt, *answer]]
    return Reading(sample["sample_id"], pieces, [False] * len(prompt) + [True] * len(answer))


def check_template(sample: Mapping[str, Any], tokenizer: "PreTrainedTokenizerBase", task: Task, ends: set[int]) -> None:
    """Refuse a template under which training and generation would not meet.

    Args:
        sample: A row of ``Sample``.
        tokenizer: The model's tokenizer.
        task: The sample's task.
        ends: Tokens at which generation stops.

    Raises:
        TickerTuneError: The turn's end is not one that stops generation; the prompt starts with two begin tokens; what the
            template renders of the whole conversation does not start with the prompt and the answer; or the scored position is not
            the trained one.
    """
    prompt, answer = _ids(sample, tokenizer, task)
    name = tokenizer.name_or_path
    if answer[-1] not in ends:
        raise TickerTuneError(
            f"The answer ends with token {answer[-1]} ({tokenizer.decode([answer[-1]])!r}), but the model generates on until "
            f"one of {sorted(ends)}",
            "Set the tokenizer's eos_token to the end of a turn, or add it to the model's generation_config",
        )
    begin = tokenizer.bos_token_id
    if begin is not None and begin != tokenizer.eos_token_id and prompt[:2] == [begin, begin]:
        raise TickerTuneError(f"The prompt of {name} starts with two begin tokens", "Correct its chat template")
    turns = [*chat(sample["messages"]), {"role": "assistant", "content": tokenizer.decode(answer[:-1])}]
    whole = [int(token) for token in tokenizer.apply_chat_template(turns, return_dict=False)]
    if whole[: len(prompt)] != prompt:
        raise TickerTuneError(
            f"The chat template of {name} renders a conversation otherwise than its prompt: generation would see other tokens "
            "than training",
            "Use a model whose template adds to a conversation and rewrites nothing",
        )
    if isinstance(task, LabelTask) and sample["answer"] == task.answer(sample["label"]):
        scored = scoring_ids(tokenizer, task, sample["messages"])
        if [*prompt, *answer][: len(scored)] != scored:
            raise TickerTuneError(
                f"The vocabulary of {name} merges the answer's prefix with its label: the scored position is not the trained one",
                "Use another model",
            )


def _ids(sample: Mapping[str, Any], tokenizer: "PreTrainedTokenizerBase", task: Task) -> tuple[list[int], list[int]]:
    prompt = prompt_ids(tokenizer, sample["messages"])
    return prompt, reply_ids(tokenizer, task, sample["label"], sample["answer"])
