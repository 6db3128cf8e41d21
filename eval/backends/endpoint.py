"""An OpenAI-compatible address, asked by the polite client: many requests at once, within bounds."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Hashable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import urlsplit

from data_pipeline.acquisition.client import PoliteClient
from data_pipeline.acquisition.failures import FetchError, PermanentError
from data_pipeline.acquisition.settings import ClientSettings, limits_file
from data_pipeline.sources.protocol import Auth, RateLimit, Request, Response, SourceInfo

MAX_BYTES = 4 << 20
"""Bound on one answer."""
_SHOWN = 200
K = TypeVar("K", bound=Hashable)
Body = Mapping[str, Any]


class RefusedRequestError(PermanentError):
    """A request that will not succeed as it is, with its key."""

    def __init__(self, reason: str, key: Hashable) -> None:
        self.key = key
        super().__init__(reason)


@dataclass(frozen=True)
class Address:
    """Where a model is served, and how it may be asked."""

    base_url: str
    """Up to and with the version, such as ``http://127.0.0.1:8000/v1``."""
    model: str
    """The model's name there."""
    key_env: str | None = None
    """Environment variable with the key; None: none is sent."""
    own: bool = False
    """Whether it may be a private address or one without TLS: a server that the user named as his own."""
    concurrency: int = 4
    calls_per_minute: int | None = None
    """Most requests a minute, over all processes of this machine; None: as many as the concurrency gives."""
    attempts: int = 5
    timeout: float = 120.0
    """Seconds that a whole answer may take."""
    first_wait: float = 1.0
    """Seconds before the second try; the wait doubles from try to try."""


class Endpoint:
    """Sends requests and hands over the answers' bytes, each as soon as it is there.

    The client tries again after 408, 425, 429, 5xx and cut connections, honours ``Retry-After``, refuses private addresses unless
    this is one of the user's own, takes the key from the environment for each request, and cuts it out of what comes back.

    Args:
        address: Where and how.
        name: Who asks, a word of letters: part of messages about keys.
    """

    def __init__(self, address: Address, name: str) -> None:
        self.address = address
        self.said = ""
        """What the server gave as the reason of its last refusal; empty where it gave none."""
        host = urlsplit(address.base_url).hostname or ""
        per_minute = address.calls_per_minute
        self._settings = ClientSettings(
            attempts=address.attempts,
            first_wait=address.first_wait,
            read_timeout=address.timeout,
            deadline=address.timeout,
            redirects=0,
            own_hosts=frozenset({host}) if address.own else frozenset(),
            limits=limits_file() if per_minute else None,
        )
        self._info = SourceInfo(
            name=name,
            title=address.model,
            category="dataset",
            market="global",
            modes=("stream",),
            access="OpenAI-compatible interface",
            credentials=() if address.key_env is None else (address.key_env,),
            rate=RateLimit(calls=per_minute, seconds=60.0) if per_minute else RateLimit(),
            zone_rule="no times",
            max_bytes=MAX_BYTES,
            terms="the endpoint's own",
            licence="the endpoint's own",
            evidence="documented",
            evidence_note="OpenAI interface",
            parser_version="1",
        )

    def get(self, path: str) -> bytes:
        """Fetch ``base_url`` and ``path``; errors as ``post``."""
        ((_, body),) = self._run([(None, self._request(path, None))])
        return body

    def post(self, path: str, bodies: Iterable[tuple[K, Body]]) -> Iterator[tuple[K, bytes]]:
        """Post JSON bodies to ``base_url`` and ``path``; answers come in any order, each with its key.

        After a failure no new request is sent, what is under way is handed over (it is paid), and the failure is raised.

        Raises:
            FetchError: A request failed for good; its kind says how.
        """
        return self._run((key, self._request(path, body)) for key, body in bodies)

    def _request(self, path: str, body: Body | None) -> Request:
        key = self.address.key_env
        return Request(
            url=f"{self.address.base_url}{path}",
            method="GET" if body is None else "POST",
            body_json=None if body is None else json.dumps(body),
            auth=() if key is None else (Auth(place="header", name="Authorization", env=key, template="Bearer {}"),),
        )

    def _run(self, requests: Iterable[tuple[K, Request]]) -> Iterator[tuple[K, bytes]]:
        answers = self._answers(iter(requests))
        with asyncio.Runner() as runner:
            try:
                while True:
                    yield runner.run(_next(answers))
            except StopAsyncIteration:
                return
            finally:
                runner.run(answers.aclose())

    async def _answers(self, waiting: Iterator[tuple[K, Request]]) -> AsyncGenerator[tuple[K, bytes], None]:
        async with PoliteClient(self._settings, record=self._note) as client:
            tasks = {
                asyncio.create_task(self._one(client, key, request))
                for key, request in islice(waiting, self.address.concurrency)
            }
            failure: BaseException | None = None
            try:
                while tasks:
                    done, tasks = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                    for task in done:
                        error = task.exception()
                        failure = failure or error
                        if error is None:
                            yield task.result()
                    if failure is None:
                        tasks |= {
                            asyncio.create_task(self._one(client, key, request))
                            for key, request in islice(waiting, len(done))
                        }
                if failure is not None:
                    raise failure
            finally:
                for task in tasks:
                    task.cancel()
                for task in tasks:
                    with suppress(asyncio.CancelledError, FetchError):
                        await task

    async def _one(self, client: PoliteClient, key: K, request: Request) -> tuple[K, bytes]:
        try:
            response = await client.fetch(self._info, request, "stream")
        except PermanentError as error:
            if type(error) is PermanentError:
                raise RefusedRequestError(error.reason, key) from None
            raise
        return key, response.body

    def _note(self, source: str, response: Response) -> None:
        """Keep a refusal's reason; the client has cut the key out of it."""
        self.said = ""
        with suppress(ValueError, KeyError, TypeError, AttributeError):
            values = json.loads(response.body)
            told = values.get("error", values)
            told = told if isinstance(told, str) else told["message"]
            self.said = " ".join(str(told).split())[:_SHOWN]


async def _next(answers: AsyncIterator[tuple[K, bytes]]) -> tuple[K, bytes]:
    return await anext(answers)
