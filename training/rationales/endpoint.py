"""A teacher behind an OpenAI-compatible address, asked by the polite client."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from data_pipeline.acquisition.failures import CredentialsError, FetchError, PausedError
from eval.backends.endpoint import Address, Endpoint
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe.rationales import EndpointTeacherConfig, RationalesConfig
from training.rationales.teacher import Ask, Chat, Reply


class EndpointTeacher:
    """Asks ``POST base_url/chat/completions``, one request a reply, within the bounds of ``Endpoint``.

    Args:
        config: The recipe.
        teacher: Its teacher.
        first_wait: Seconds before the second try.
    """

    def __init__(self, config: RationalesConfig, teacher: EndpointTeacherConfig, first_wait: float = 1.0) -> None:
        self._config, self._teacher = config, teacher
        address = Address(
            base_url=teacher.base_url,
            model=teacher.model,
            key_env=teacher.key_env,
            own=teacher.allow_private,
            concurrency=teacher.concurrency,
            calls_per_minute=teacher.calls_per_minute,
            attempts=teacher.attempts,
            timeout=teacher.timeout,
            first_wait=first_wait,
        )
        self._endpoint = Endpoint(address, "teacher")

    @property
    def identity(self) -> Mapping[str, object]:
        """Address and model; no key."""
        return {"kind": "endpoint", "base_url": self._teacher.base_url, "model": self._teacher.model}

    def fits(self, messages: Chat) -> bool:
        """The endpoint knows its own context; it refuses what is longer."""
        return True

    def answer(self, asks: Sequence[Ask]) -> Iterator[tuple[Ask, Reply]]:
        """See ``Teacher.answer``."""
        places = ((place, self._body(ask)) for place, ask in enumerate(asks))
        try:
            for place, answer in self._endpoint.post("/chat/completions", places):
                yield asks[place], self._read(answer)
        except FetchError as error:
            raise self._failure(error) from None

    def _body(self, ask: Ask) -> dict[str, Any]:
        return {
            "model": self._teacher.model,
            "messages": list(ask.messages),
            "temperature": self._config.temperature,
            "max_tokens": self._config.max_tokens,
            "seed": int(ask.key[:8], 16) >> 1,  # signed 32 bits
        }

    def _failure(self, error: FetchError) -> TickerTuneError:
        cause = f"The teacher did not answer ({error.reason})"
        if isinstance(error, CredentialsError):
            return TickerTuneError(cause, f"Set {self._teacher.key_env} to a valid key and run it again: it goes on")
        if isinstance(error, PausedError):
            return TickerTuneError(cause, "Run it again later: it goes on from there")
        if "not a public address" in error.reason or "not an https address" in error.reason:
            return TickerTuneError(
                cause, "Correct teacher.base_url, or set teacher.allow_private for a server of yours"
            )
        return TickerTuneError(
            cause, "Check teacher.base_url and teacher.model, and run it again: it goes on from there"
        )

    def _read(self, body: bytes) -> Reply:
        try:
            values: Any = json.loads(body)
            choice, usage = values["choices"][0], values.get("usage") or {}
            return Reply(
                text=str(choice["message"]["content"] or ""),
                finished=choice.get("finish_reason") == "stop",
                tokens_in=int(usage.get("prompt_tokens", 0)),
                tokens_out=int(usage.get("completion_tokens", 0)),
            )
        except (ValueError, KeyError, IndexError, TypeError, AttributeError):
            raise TickerTuneError(
                f"{self._teacher.base_url} did not answer as an OpenAI-compatible endpoint ({body[:80]!r})",
                "Check teacher.base_url: it ends where /chat/completions begins",
            ) from None
