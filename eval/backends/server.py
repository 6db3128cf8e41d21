"""A model behind an OpenAI-compatible server: labels scored and replies drawn over HTTP."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.backends.base import Completion, OnDone, Tokens, draw_seed
from eval.backends.exchange import Exchange
from eval.backends.prefixes import warming_order
from eval.backends.served import choices_of, label_names, labels_of, reply_of, tokens_read
from eval.backends.serving import check_served_context, served_name
from eval.backends.turns import unpacked
from tickertune.core.errors import TickerTuneError, did_you_mean
from tickertune.core.recipe import ServerConfig

TOP = (20, 5)
"""Likeliest tokens that are asked for: as many as vLLM gives without being told otherwise, then as many as OpenAI."""
PLAIN_SAMPLING = {"top_k": 0, "min_p": 0.0, "repetition_penalty": 1.0}
"""vLLM takes what is not stated from the model's own generation settings; with these it draws from the whole distribution."""


@dataclass(frozen=True)
class _Drawing:
    """How replies are drawn."""

    max_tokens: int
    n: int
    temperature: float
    adapter: Path | None
    pattern: str | None = None


class ServerBackend:
    """Asks the server that a recipe names.

    Prompts go as token ids of the local tokenizer, so that the server reads just what every other engine reads; where it counts
    the tokens it read, another number than was sent is an error (a prompt that was cut, a second BOS).

    Args:
        config: The recipe's block.
        tokenizer: Folder or Hub id of the tokenizer.
        max_length: Longest prompt and reply together, in tokens.
        adapters: All adapters that will be asked for.
        revision: Hub commit of the tokenizer.
        first_wait: Seconds before the second try.

    Raises:
        TickerTuneError: The server does not answer, does not serve the model or an adapter, or reads fewer tokens.
    """

    name = "server"

    def __init__(
        self,
        config: ServerConfig,
        tokenizer: str,
        max_length: int,
        adapters: Sequence[Path] = (),
        revision: str | None = None,
        first_wait: float = 1.0,
    ) -> None:
        from transformers import AutoTokenizer

        self._config = config
        self._chats = config.api == "chat"
        self._exchange = Exchange(config, first_wait)
        self._tokenizer: Any = AutoTokenizer.from_pretrained(tokenizer, revision=revision)
        self._names = {adapter: served_name(adapter, config) for adapter in adapters}
        self._preflight(max_length)

    def _preflight(self, max_length: int) -> None:
        """Refuse what would fail later: another model's server, an adapter that is not loaded, too short a context."""
        served = self._exchange.served()
        shown = ", ".join(sorted(served)) or "nothing"
        if self._config.model not in served:
            raise TickerTuneError(
                f"{self._config.endpoint} serves {shown}, not '{self._config.model}'"
                f"{did_you_mean(self._config.model, served)}",
                "Correct server.model (--served-model)",
            )
        for adapter, name in self._names.items():
            if name not in served:
                raise TickerTuneError(
                    f"{self._config.endpoint} serves {shown}, and no adapter '{name}' for {adapter}",
                    f"Load it (vllm serve --enable-lora --lora-modules {name}=PATH), or name it in server.adapters",
                )
        check_served_context(self._config, served, [max_length], 0)

    def score(
        self,
        prompts: Sequence[Tokens],
        label_tokens: Sequence[int],
        adapter: Path | None = None,
        on_done: OnDone | None = None,
    ) -> NDArray[np.float64]:
        """See ``Backend.score``.

        A server that knows vLLM's ``logprob_token_ids`` gives the labels' own log-probabilities. Another gives those of its
        likeliest tokens, and a label that is not among them is an error: nobody knows its number.
        """
        if self._chats:
            raise TickerTuneError(
                "Labels are scored by /completions, and server.api is chat",
                "Use server.api completions, or votes.alone",
            )
        scores = np.empty((len(prompts), len(label_tokens)))
        names = label_names(self._tokenizer, label_tokens)
        extras: list[Mapping[str, Any]] = [
            {"logprobs": TOP[0], "logprob_token_ids": list(label_tokens), "return_tokens_as_token_ids": True},
            *({"logprobs": count} for count in TOP),
        ]
        asked = {"model": self._model(adapter), "max_tokens": 1, "temperature": 0.0}

        def read(place: int, values: Any) -> None:
            choice, *_ = choices_of(values, self._config.endpoint)
            self._check_read(place, values, prompts[place])
            scores[place] = labels_of(choice, names, place, self._config.endpoint)

        order, ahead = warming_order(prompts)
        for _ in self._exchange.ask(
            "score", order, ahead, lambda place: {**asked, "prompt": prompts[place]}, extras, read
        ):
            if on_done is not None:
                on_done(1)
        return scores

    def generate(
        self,
        prompts: Sequence[Tokens],
        max_tokens: int,
        n: int = 1,
        temperature: float = 0.0,
        seed: int = 0,
        adapter: Path | None = None,
    ) -> list[list[Completion]]:
        """See ``Backend.generate``."""
        copies = n if temperature > 0 else 1
        drawing = _Drawing(max_tokens, copies, temperature, adapter)
        return [replies * (n // copies) for replies in self._draw(prompts, [seed] * len(prompts), drawing)]

    def sample(
        self,
        prompts: Sequence[Tokens],
        max_tokens: int,
        n: int,
        temperature: float,
        seed: int = 0,
        adapter: Path | None = None,
        pattern: str | None = None,
        on_done: OnDone | None = None,
    ) -> list[list[Completion]]:
        """See ``Backend.sample``. Whether a server's draws repeat is the server's word: vLLM keeps it.

        A server that chats is given the turns that ``packed`` made prompts of, and renders them by its own template.
        """
        seeds = [draw_seed(seed, prompt) for prompt in prompts]
        return self._draw(prompts, seeds, _Drawing(max_tokens, n, temperature, adapter, pattern), on_done)

    def _draw(
        self, prompts: Sequence[Tokens], seeds: Sequence[int], drawing: _Drawing, on_done: OnDone | None = None
    ) -> list[list[Completion]]:
        held = {} if drawing.pattern is None else {"structured_outputs": {"regex": drawing.pattern}}
        extras: list[dict[str, Any]] = [{**PLAIN_SAMPLING, **held}, *([] if held else [{}])]
        replies: list[list[Completion]] = [[] for _ in prompts]
        shared = {
            "model": self._model(drawing.adapter),
            "max_tokens": drawing.max_tokens,
            "temperature": drawing.temperature,
            "top_p": 1.0,
        }

        def body(place: int) -> dict[str, Any]:
            told = {"messages": unpacked(prompts[place])} if self._chats else {"prompt": prompts[place]}
            done = len(replies[place])
            return {**shared, **told, "n": drawing.n - done, "seed": seeds[place] + done}

        def read(place: int, values: Any) -> None:
            found = [reply_of(choice, self._tokenizer) for choice in choices_of(values, self._config.endpoint)]
            if not self._chats:
                self._check_read(place, values, prompts[place])
            replies[place] += found[: drawing.n - len(replies[place])]
            if (odd := next((one for one in found if _breaks(one, drawing.pattern)), None)) is not None:
                raise TickerTuneError(
                    f"{self._config.endpoint} did not hold a reply to the pattern ({odd.text[:80]!r})",
                    "Serve with structured outputs (vLLM 0.11 or later), or use votes.structured false",
                )

        missing, ahead = (list(range(len(prompts))), 1) if self._chats else warming_order(prompts)
        while missing:  # some servers give one reply a request, whatever is asked for
            for place in self._exchange.ask("draw", missing, ahead, body, extras, read):
                if on_done is not None and len(replies[place]) == drawing.n:
                    on_done(1)
            missing = [place for place in missing if len(replies[place]) < drawing.n]
        return replies

    def _model(self, adapter: Path | None) -> str:
        return self._config.model if adapter is None else self._names[adapter]

    def _check_read(self, place: int, values: Any, prompt: Tokens) -> None:
        read = tokens_read(values)
        if read is not None and read != len(prompt):
            raise TickerTuneError(
                f"{self._config.endpoint} read {read} tokens of prompt {place + 1}, which has {len(prompt)}",
                "Let the server take token ids as they are: no truncation, no added BOS, a context that is long enough",
            )

    def close(self) -> None:
        """Nothing to give back: connections end with each call."""


def _breaks(reply: Completion, pattern: str | None) -> bool:
    return pattern is not None and reply.finished and re.fullmatch(pattern, reply.text) is None
