"""A teacher behind an OpenAI-compatible address, asked by the polite client."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from data_pipeline.acquisition.client import PoliteClient
from data_pipeline.acquisition.failures import CredentialsError, FetchError, PausedError
from data_pipeline.acquisition.settings import ClientSettings
from data_pipeline.sources.protocol import Auth, RateLimit, Request, SourceInfo
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe.rationales import EndpointTeacherConfig, RationalesConfig
from training.rationales.teacher import Ask, Chat, Reply

MAX_BYTES = 4 << 20
"""Bound on one answer."""


class EndpointTeacher:
    """Asks ``POST base_url/chat/completions``, one request a reply.

    The client holds the rate, tries again after 408, 425, 429 and 5xx, honours ``Retry-After``, refuses private addresses
    unless the recipe allows this one, takes the key from the environment for each request, and cuts it out of what comes back.

    Args:
        config: The recipe.
        teacher: Its teacher.
        first_wait: Seconds before the second try.
    """

    def __init__(self, config: RationalesConfig, teacher: EndpointTeacherConfig, first_wait: float = 1.0) -> None:
        self._config, self._teacher = config, teacher
        host = urlsplit(teacher.base_url).hostname or ""
        self._settings = ClientSettings(
            attempts=teacher.attempts,
            first_wait=first_wait,
            read_timeout=teacher.timeout,
            deadline=teacher.timeout,
            redirects=0,
            own_hosts=frozenset({host}) if teacher.allow_private else frozenset(),
        )
        self._info = SourceInfo(
            name="teacher",
            title=teacher.model,
            category="dataset",
            market="global",
            modes=("stream",),
            access="OpenAI-compatible chat completions",
            credentials=() if teacher.key_env is None else (teacher.key_env,),
            rate=RateLimit(calls=teacher.calls_per_minute, seconds=60.0),
            zone_rule="no times",
            max_bytes=MAX_BYTES,
            terms="the endpoint's own",
            licence="the endpoint's own",
            evidence="documented",
            evidence_note="OpenAI chat completions",
            parser_version="1",
        )

    @property
    def identity(self) -> Mapping[str, object]:
        """Address and model; no key."""
        return {"kind": "endpoint", "base_url": self._teacher.base_url, "model": self._teacher.model}

    @property
    def together(self) -> bool:
        """No: each reply is a request of its own."""
        return False

    def fits(self, messages: Chat) -> bool:
        """The endpoint knows its own context; it refuses what is longer."""
        return True

    def answer(self, asks: Sequence[Ask]) -> Iterator[tuple[Ask, Reply]]:
        """See ``Teacher.answer``."""
        replies = self._answers(asks)
        with asyncio.Runner() as runner:
            try:
                while True:
                    yield runner.run(_next(replies))
            except StopAsyncIteration:
                return
            finally:
                runner.run(replies.aclose())

    async def _answers(self, asks: Sequence[Ask]) -> AsyncGenerator[tuple[Ask, Reply], None]:
        waiting = iter(asks)
        async with PoliteClient(self._settings) as client:
            tasks = {asyncio.create_task(self._one(client, ask)) for ask in islice(waiting, self._teacher.concurrency)}
            failure: BaseException | None = None
            try:
                while tasks:
                    done, tasks = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                    for task in done:
                        error = task.exception()
                        failure = failure or error
                        if error is None:
                            yield task.result()
                    if failure is None:  # else what is under way is waited for: it is paid
                        tasks |= {asyncio.create_task(self._one(client, ask)) for ask in islice(waiting, len(done))}
                if failure is not None:
                    raise failure
            finally:
                for task in tasks:
                    task.cancel()
                for task in tasks:
                    with suppress(asyncio.CancelledError, TickerTuneError):
                        await task

    async def _one(self, client: PoliteClient, ask: Ask) -> tuple[Ask, Reply]:
        key = self._teacher.key_env
        body = {
            "model": self._teacher.model,
            "messages": list(ask.messages),
            "temperature": self._config.temperature,
            "max_tokens": self._config.max_tokens,
            "seed": int(ask.key[:8], 16) >> 1,  # signed 32 bits
        }
        request = Request(
            url=f"{self._teacher.base_url}/chat/completions",
            method="POST",
            body_json=json.dumps(body),
            auth=() if key is None else (Auth(place="header", name="Authorization", env=key, template="Bearer {}"),),
        )
        try:
            response = await client.fetch(self._info, request, "stream")
        except FetchError as error:
            raise self._failure(error) from None
        return ask, self._read(response.body)

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


async def _next(replies: AsyncIterator[tuple[Ask, Reply]]) -> tuple[Ask, Reply]:
    return await anext(replies)
