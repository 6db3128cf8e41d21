"""What a status means: a good answer, or the failure that it is."""

import email.utils
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from data_pipeline.acquisition.failures import (
    CredentialsError,
    FetchError,
    ForbiddenError,
    GoneError,
    PausedError,
    PermanentError,
    TransientError,
)
from data_pipeline.sources.protocol import Request, Response

NOT_MODIFIED = 304
REDIRECTS = (301, 302, 303, 307, 308)
UNAUTHORISED = 401
_BUSY = (408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524)
_GONE = (404, 410)
_PAYMENT_REQUIRED = 402
_BUDGET_PAUSE = timedelta(hours=1)


def failure_of(request: Request, response: Response, now: datetime) -> FetchError | None:
    """Return the failure that an answer is; None for a good one (2xx, 304)."""
    status = response.status
    if 200 <= status < 300 or status == NOT_MODIFIED:
        return None
    if status in _BUSY:
        return TransientError(f"{request.url} answered {status}")
    if status == _PAYMENT_REQUIRED:
        return PausedError(f"{request.url} answered 402: the plan's calls are used up", now + _BUDGET_PAUSE)
    if status in (401, 403) and request.auth:
        names = ", ".join(sorted({auth.env for auth in request.auth}))
        host = urlsplit(request.url).netloc
        return CredentialsError(f"{host} answered {status}: check {names} and what your plan allows")
    if status in (401, 403, 451):
        return ForbiddenError(f"{request.url} answered {status}: it does not want to be read by a program")
    kind = GoneError if status in _GONE else PermanentError
    return kind(f"{request.url} answered {status}")


def retry_after(value: str, now: datetime) -> float | None:
    """Read a ``Retry-After`` header, seconds or an HTTP date, as seconds from ``now``; None where there is none."""
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(min(int(text), 30 * 86400))
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
