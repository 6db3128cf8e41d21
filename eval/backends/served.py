"""What an OpenAI-compatible server answers, read strictly."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from eval.backends.base import Completion
from tickertune.core.errors import TickerTuneError

LEAST = -9999.0
"""What vLLM writes for a log-probability of minus infinity, which JSON cannot hold."""
_SPACE = "\N{LOWER ONE EIGHTH BLOCK}"
"""How SentencePiece marks a word's start in a token's name."""


class Label(NamedTuple):
    """Names under which a server may give a label token."""

    token: int
    text: str
    told_by_text: bool
    """Whether the text stands for this token alone."""


def label_names(tokenizer: Any, tokens: Sequence[int]) -> list[Label]:
    """Describe label tokens as servers name them: ``token_id:N`` or the text."""
    names = []
    for token in tokens:
        text = tokenizer.decode([token])
        lost_space = str(tokenizer.convert_ids_to_tokens(token)).startswith(_SPACE) and not text.startswith(" ")
        alone = not lost_space and tokenizer.encode(text, add_special_tokens=False) == [token]
        names.append(Label(token, text, alone))
    return names


def listed(answer: bytes) -> dict[str, int | None]:
    """Read ``GET /models``: the names that are served, each with its context length where that is told.

    Raises:
        TickerTuneError: It is no list of models.
    """
    try:
        return {str(model["id"]): model.get("max_model_len") for model in json.loads(answer)["data"]}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise TickerTuneError(
            f"The model server lists no models ({answer[:80]!r})",
            "Check server.endpoint: it ends with the version, as in http://127.0.0.1:8000/v1",
        ) from None


def choices_of(values: Any, where: str) -> list[Any]:
    """Return the choices of a completion, in their order.

    Raises:
        TickerTuneError: There are none.
    """
    try:
        choices = sorted(values["choices"], key=lambda choice: int(choice.get("index", 0)))
        if choices:
            return choices
    except (KeyError, TypeError, AttributeError, ValueError):
        pass
    raise TickerTuneError(
        f"{where} did not answer as an OpenAI-compatible server ({str(values)[:80]!r})",
        "Check server.endpoint and what is served there",
    )


def tokens_read(values: Any) -> int | None:
    """Tokens of the prompt as the server counts them; None where it does not say."""
    usage = values.get("usage")
    found = usage.get("prompt_tokens") if isinstance(usage, dict) else None
    return found if isinstance(found, int) else None


def labels_of(choice: Any, names: Sequence[Label], place: int, where: str) -> list[float]:
    """Read the label tokens' log-probabilities from a choice.

    Raises:
        TickerTuneError: The server gives none, or a label is not among the tokens that it gives.
    """
    try:
        given = {str(token): float(value) for token, value in choice["logprobs"]["top_logprobs"][0].items()}
    except (KeyError, IndexError, TypeError, AttributeError, ValueError):
        raise TickerTuneError(
            f"{where} gives no log-probabilities of tokens (logprobs.top_logprobs)",
            "Serve the model with vLLM, or judge it by its replies alone (votes.alone)",
        ) from None
    found = []
    for name in names:
        value = given.get(f"token_id:{name.token}")
        if value is None and name.text in given:
            if not name.told_by_text:
                raise TickerTuneError(
                    f"{where} names tokens by their text, and {name.text!r} stands for more than one token",
                    "Serve the model with vLLM, which names tokens by their numbers",
                )
            value = given[name.text]
        if value is None:
            raise TickerTuneError(
                f"{where} gives the {len(given)} likeliest tokens of prompt {place + 1}, and label {name.text!r} is not among"
                f" them: its log-probability is below {min(given.values(), default=0.0):.2f}, and nobody knows more",
                "Serve the model with vLLM 0.31 or later, which gives any token's, or judge by replies alone (votes.alone)",
            )
        found.append(float("-inf") if value <= LEAST else value)
    return found


def reply_of(choice: Any, tokenizer: Any) -> Completion:
    """Read a generated reply of either interface.

    Raises:
        TickerTuneError: It has no text.
    """
    try:
        text = choice["message"]["content"] if "message" in choice else choice["text"]
        finished = choice.get("finish_reason") == "stop"
    except (KeyError, TypeError, AttributeError):
        raise TickerTuneError(
            f"The model server gave a reply without text ({str(choice)[:80]!r})", "Check what is served there"
        ) from None
    written = str(text or "")
    return Completion(written, finished, len(tokenizer.encode(written, add_special_tokens=False)) + finished)
