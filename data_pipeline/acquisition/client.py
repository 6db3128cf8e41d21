"""The one polite client: asks slowly, honestly and within bounds, and never lets a secret out.

What it keeps to: TLS, public addresses only, an identified User-Agent, robots.txt where the source is a page or feed,
rate limits and daily budgets shared by all processes, ``Retry-After``, bounded size, time and redirects. What it does
not do: change its name, rotate addresses, or get round a block.
"""

import asyncio
import json
import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from types import TracebackType
from urllib.parse import urlsplit

import httpx
import stamina
import stamina.instrumentation

from data_pipeline.acquisition.adapters import ADAPTERS
from data_pipeline.acquisition.addresses import check_url, joined
from data_pipeline.acquisition.answers import REDIRECTS, UNAUTHORISED, failure_of, retry_after
from data_pipeline.acquisition.bodies import read_body
from data_pipeline.acquisition.failures import (
    ForbiddenError,
    PausedError,
    PermanentError,
    TransientError,
)
from data_pipeline.acquisition.limits import Limiter, Unlimited, tolerance
from data_pipeline.acquisition.oauth import Tokens
from data_pipeline.acquisition.robots import MAX_BYTES, Robots
from data_pipeline.acquisition.secrets import inject, kept_headers, known_secrets, redact_bytes, redact_text
from data_pipeline.acquisition.settings import ClientSettings
from data_pipeline.acquisition.transport import GuardedTransport
from data_pipeline.sources.protocol import Mode, RateLimit, Request, Response, SourceInfo

_ROBOTS_RATE = RateLimit(calls=1, seconds=1.0)

stamina.instrumentation.set_on_retry_hooks([])  # a retry log would hold the request's arguments


for _name in ("httpx", "httpcore"):  # at INFO they log addresses, and some vendors take the key in the address
    logging.getLogger(_name).setLevel(logging.WARNING)


def utc_now() -> datetime:
    """Return the present time, aware UTC."""
    return datetime.now(UTC)


class PoliteClient:
    """Fetches requests of sources; use it as ``async with PoliteClient() as client``."""

    def __init__(
        self,
        settings: ClientSettings | None = None,
        record: Callable[[str, Response], None] = lambda source, response: None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """Make a client.

        Args:
            settings: Bounds and permissions.
            record: Takes a source's name and every answer that ``fetch`` does not return (errors, redirects), for the
                archive.
            clock: Gives the time of a fetch, aware UTC.
        """
        self._settings = settings or ClientSettings()
        self._record = record
        self._clock = clock
        limits = self._settings.limits
        self._limiter = Unlimited() if limits is None else Limiter(limits)
        self._robots = Robots(self._fetch_robots, clock)
        self._http = httpx.AsyncClient(
            transport=GuardedTransport(self._settings.own_hosts),
            timeout=httpx.Timeout(self._settings.read_timeout, connect=self._settings.connect_timeout),
            follow_redirects=False,
            trust_env=False,
        )
        self._tokens = Tokens(self._http, partial(check_url, settings=self._settings))

    async def __aenter__(self) -> "PoliteClient":
        """Return the client."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close all connections."""
        await self._http.aclose()

    async def fetch(
        self, info: SourceInfo, request: Request, mode: Mode, validators: Mapping[str, str] | None = None
    ) -> Response:
        """Fetch one request, with retries.

        Args:
            info: Facts of the source: rate, size limit, robots.
            request: What to ask.
            mode: Stored with the answer.
            validators: ``if-none-match`` and ``if-modified-since`` of an earlier answer.

        Returns:
            An answer with a status of 2xx, or 304 where the validators still hold.

        Raises:
            TransientError: All tries failed.
            PermanentError: The answer was 4xx, or too large; a ``GoneError`` for 404 and 410.
            ForbiddenError: We must not ask, or were told not to.
            CredentialsError: A key is missing or was not accepted.
            PausedError: The budget is spent, or we are to wait for long.
        """
        scheme = request.url.partition(":")[0]
        if scheme in ADAPTERS:
            if scheme == "file" and mode != "file":
                raise ForbiddenError(f"{request.url} is a file of this machine, which no answer may lead to")
            if scheme != "file":
                await self._slot(info.rate.shared or scheme, info.rate)
            body, kind = await asyncio.to_thread(ADAPTERS[scheme], info, request)
            return Response(request, request.url, 200, {"content-type": kind}, body, self._clock(), mode)
        self._settings.check_contact()
        check_url(request.url, self._settings)
        retries = stamina.retry_context(
            on=TransientError,
            attempts=self._settings.attempts,
            timeout=None,
            wait_initial=self._settings.first_wait,
            wait_max=self._settings.longest_wait,
            wait_jitter=self._settings.first_wait,
        )
        async for attempt in retries:
            with attempt:
                return await self._attempt(info, request, mode, validators or {})
        raise AssertionError("stamina re-raises the last error")

    async def _attempt(self, info: SourceInfo, request: Request, mode: Mode, validators: Mapping[str, str]) -> Response:
        url = str(httpx.URL(request.url).copy_merge_params(request.params)) if request.params else request.url
        origin = urlsplit(url).netloc
        for _ in range(self._settings.redirects + 1):
            await self._may_ask(info, url)
            response, location = await self._send(info, request, url, mode, validators, urlsplit(url).netloc == origin)
            if location is None:
                self._judge(info, request, response)
                return response
            self._record(info.name, response)
            url = joined(url, location)
            check_url(url, self._settings)
        raise ForbiddenError(f"{request.url} redirects more than {self._settings.redirects} times")

    async def _may_ask(self, info: SourceInfo, url: str) -> None:
        parts = urlsplit(url)
        if info.robots and not await self._robots.allows(f"{parts.scheme}://{parts.netloc}", url):
            raise ForbiddenError(f"robots.txt of {parts.netloc} does not allow {parts.path}")
        await self._slot(info.rate.shared or parts.netloc, info.rate)

    async def _slot(self, name: str, rate: RateLimit) -> None:
        """Wait for a slot. Who wakes up too late for his slot takes another, so that late ones do not bunch together."""
        late, tries = True, 0
        while late:
            wait = self._limiter.reserve(name, rate, self._settings.patience, charge=tries == 0)
            tries += 1
            begun = time.monotonic()
            await asyncio.sleep(wait)
            late = time.monotonic() - begun > wait + tolerance(rate) and wait > 0

    async def _send(
        self, info: SourceInfo, request: Request, url: str, mode: Mode, validators: Mapping[str, str], at_home: bool
    ) -> tuple[Response, str | None]:
        """Send once; return the answer and, for a redirect, where it leads. Away from home no secret is sent."""
        auths = request.auth if at_home else ()
        parts = inject(auths, info.name)
        token = await self._tokens.get(auths, info.name)
        names = [name for auth in request.auth for name in (auth.env, auth.secret_env) if name]
        secrets = known_secrets(tuple(names), (token,) if token else ())
        body = None
        if request.body_json is not None:
            body = json.dumps({**json.loads(request.body_json), **parts.body}).encode()
        headers = {
            "User-Agent": self._settings.user_agent(),
            "Accept-Encoding": "gzip",
            **request.headers,
            **validators,
            **parts.headers,
            **({"Authorization": f"Bearer {token}"} if token else {}),
            **(
                {"Cookie": "; ".join(f"{name}={value}" for name, value in parts.cookies.items())}
                if parts.cookies
                else {}
            ),
            **({"Content-Type": "application/json"} if body is not None else {}),
        }
        sent = self._http.build_request(
            request.method,
            httpx.URL(url).copy_merge_params(parts.params) if parts.params else url,
            headers=headers,
            data={**request.form, **parts.form} if request.form is not None else None,
            content=body,
        )
        try:
            answer, content = await self._receive(sent, info.max_bytes)
        except TimeoutError:
            raise TransientError(f"{request.url} did not end within {self._settings.deadline:.0f} s") from None
        except (httpx.UnsupportedProtocol, httpx.InvalidURL, UnicodeError) as error:
            raise PermanentError(f"{request.url}: {redact_text(str(error), secrets)}") from None
        except httpx.HTTPError as error:
            cause = redact_text(str(error) or type(error).__name__, secrets)
            raise TransientError(f"{request.url}: {cause}") from None
        if answer.status_code == UNAUTHORISED and token:
            self._tokens.forget(auths)
        response = Response(
            request=request,
            url=redact_text(url, secrets),
            status=answer.status_code,
            headers=kept_headers(answer.headers, secrets),
            body=redact_bytes(content, secrets),
            fetched_at=self._clock(),
            mode=mode,
        )
        location = answer.headers.get("location")
        leads_on = answer.status_code in REDIRECTS and location
        return response, redact_text(location, secrets) if leads_on else None

    async def _receive(self, sent: httpx.Request, limit: int) -> tuple[httpx.Response, bytes]:
        """Send and read the whole answer within the deadline and ``limit`` bytes."""
        async with asyncio.timeout(self._settings.deadline):
            answer = await self._http.send(sent, stream=True)
            try:
                encoding, length = (answer.headers.get(f"content-{name}", "") for name in ("encoding", "length"))
                return answer, await read_body(answer.aiter_raw(), encoding, length, limit)
            finally:
                await answer.aclose()

    def _judge(self, info: SourceInfo, request: Request, response: Response) -> None:
        """Record an answer that is none and raise its failure; a stated time to come back holds for all processes."""
        failure = failure_of(request, response, self._clock())
        if failure is None:
            return
        self._record(info.name, response)
        seconds = retry_after(response.headers.get("retry-after", ""), self._clock())
        if isinstance(failure, TransientError) and seconds is not None:
            name = info.rate.shared or urlsplit(response.url).netloc
            self._limiter.block(name, seconds)
            if seconds > self._settings.patience:
                until = self._clock() + timedelta(seconds=seconds)
                raise PausedError(f"{name} asks us to come back in {seconds:.0f} s", until)
        raise failure

    async def _fetch_robots(self, url: str) -> tuple[int, bytes]:
        """Fetch a robots.txt, following redirects within the same bounds."""
        try:
            for _ in range(self._settings.redirects + 1):
                check_url(url, self._settings)
                await self._slot(urlsplit(url).netloc, _ROBOTS_RATE)
                headers = {"User-Agent": self._settings.user_agent(), "Accept-Encoding": "gzip"}
                answer, body = await self._receive(self._http.build_request("GET", url, headers=headers), MAX_BYTES)
                location = answer.headers.get("location")
                if answer.status_code not in REDIRECTS or not location:
                    return answer.status_code, body
                url = joined(url, location)
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL, UnicodeError, PermanentError, TransientError):
            return 0, b""
        return 0, b""
