"""The subreddits or pages that a user names, by word or by address."""

import re
from urllib.parse import urlsplit

from data_pipeline.sources.protocol import Scope
from tickertune.core.errors import TickerTuneError

_NAME = re.compile(r"[A-Za-z0-9_.]{1,60}")


def names(scope: Scope, site: str, prefix: str) -> list[str]:
    """Return the names in ``scope.query`` (apart by blanks or commas) and in the paths of ``scope.urls``, each once.

    Args:
        scope: What the user named.
        site: Domain of the addresses.
        prefix: What stands before a name, such as ``r/``.

    Raises:
        TickerTuneError: A word or an address names nothing there.
    """
    found: dict[str, None] = {}
    for word in (scope.query or "").replace(",", " ").split():
        found[_checked(word.removeprefix("/").removeprefix(prefix), word, site)] = None
    for url in scope.urls:
        parts = urlsplit(url)
        if parts.hostname != site and not (parts.hostname or "").endswith(f".{site}"):
            raise TickerTuneError(f"Address {url!r} is none of {site}", f"Name an address of {site}")
        path = parts.path.strip("/").removeprefix(prefix)
        found[_checked(path.partition("/")[0], url, site)] = None
    return list(found)


def _checked(name: str, given: str, site: str) -> str:
    if _NAME.fullmatch(name) is None:
        raise TickerTuneError(f"{given!r} names nothing on {site}", "Name it by its word in the address")
    return name
