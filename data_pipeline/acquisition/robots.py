"""robots.txt: asked once a day and host, and obeyed (RFC 9309)."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import protego

from data_pipeline.acquisition.failures import TransientError

AGENT = "TickerTune"
MAX_BYTES = 512 << 10
_LIFETIME = timedelta(hours=24)

Fetch = Callable[[str], Awaitable[tuple[int, bytes]]]
"""Takes the address of a robots.txt, returns (status, body); status 0 where the host did not answer."""


class Robots:
    """The rules of the hosts that were asked."""

    def __init__(self, fetch: Fetch, clock: Callable[[], datetime]) -> None:
        self._fetch = fetch
        self._clock = clock
        self._rules: dict[str, tuple[datetime, protego.Protego]] = {}

    async def allows(self, origin: str, url: str) -> bool:
        """Whether the rules of ``origin`` (``https://host``) let us fetch ``url``.

        A host without the file (4xx) allows everything.

        Raises:
            TransientError: The host does not answer or fails (5xx): nothing is allowed until it tells its rules.
        """
        found = self._rules.get(origin)
        if found is None or self._clock() - found[0] > _LIFETIME:
            status, body = await self._fetch(f"{origin}/robots.txt")
            if not 200 <= status < 500 or status == 429:
                raise TransientError(f"{origin}/robots.txt gave no answer (status {status}): its rules are not known")
            text = body[:MAX_BYTES].decode("utf-8", "replace") if status == 200 else ""
            found = (self._clock(), protego.Protego.parse(text))
            self._rules[origin] = found
        return bool(found[1].can_fetch(url, AGENT))
