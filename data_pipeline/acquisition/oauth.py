"""OAuth client credentials: a token for a client id and secret, kept in memory alone."""

import time
from collections.abc import Callable

import httpx

from data_pipeline.acquisition.failures import CredentialsError, TransientError
from data_pipeline.acquisition.secrets import secret
from data_pipeline.sources.protocol import Auth

_MARGIN = 60.0
"""Seconds before its end at which a token is not used any more."""


class Tokens:
    """Fetches tokens and keeps them until they end."""

    def __init__(self, http: httpx.AsyncClient, check_url: Callable[[str], None]) -> None:
        self._http = http
        self._check_url = check_url
        self._kept: dict[str, tuple[float, str]] = {}

    async def get(self, auths: tuple[Auth, ...], source: str) -> str | None:
        """Return the token for the ``oauth`` entry of ``auths``, or None where there is none.

        Raises:
            CredentialsError: The id or secret is missing or was not accepted.
            TransientError: The host of the tokens does not answer.
        """
        for auth in auths:
            if auth.place == "oauth":
                return await self._token(auth, source)
        return None

    def forget(self, auths: tuple[Auth, ...]) -> None:
        """Drop the token of ``auths``: it was not accepted any more."""
        for auth in auths:
            self._kept.pop(auth.name, None)

    async def _token(self, auth: Auth, source: str) -> str:
        kept = self._kept.get(auth.name)
        if kept is not None and time.monotonic() < kept[0]:
            return kept[1]
        self._check_url(auth.name)
        client = secret(auth.env, source), secret(auth.secret_env or auth.env, source)
        try:
            answer = await self._http.post(auth.name, data={"grant_type": "client_credentials"}, auth=client)
            found = answer.json() if answer.status_code == httpx.codes.OK else {}
        except (httpx.HTTPError, ValueError) as error:
            raise TransientError(f"{auth.name} gave no token ({type(error).__name__})") from None
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise TransientError(f"{auth.name} answered {answer.status_code}")
        if not isinstance(found, dict) or not isinstance(found.get("access_token"), str):
            names = f"{auth.env} and {auth.secret_env}"
            raise CredentialsError(f"{auth.name} answered {answer.status_code} without a token: check {names}")
        token = str(found["access_token"])
        lifetime = found.get("expires_in")
        seconds = float(lifetime) if isinstance(lifetime, (int, float)) else 3600.0
        self._kept[auth.name] = (time.monotonic() + max(0.0, seconds - _MARGIN), token)
        return token
