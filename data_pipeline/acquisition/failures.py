"""How a fetch can end without an answer; each kind has its own consequence for the request and the source."""

from datetime import datetime


class FetchError(Exception):
    """A request that gave no usable answer.

    Args:
        reason: Cause and value, free of secrets.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class TransientError(FetchError):
    """A fault that another try may not meet: time-out, cut connection, 5xx, 429."""


class PermanentError(FetchError):
    """This request will not succeed as it is: 404, a bad parameter, an answer over the size limit."""


class GoneError(PermanentError):
    """What was asked for does not exist (404, 410): counted, and no reason to ask again."""


class ForbiddenError(FetchError):
    """We must not ask: private address, no TLS, robots.txt, redirect loop."""


class CredentialsError(FetchError):
    """The key is missing or was not accepted: every further request of the source would fail too."""


class PausedError(FetchError):
    """The source may not be asked before ``until``: the day's budget is spent, or it told us to come back later."""

    def __init__(self, reason: str, until: datetime) -> None:
        self.until = until
        super().__init__(reason)
