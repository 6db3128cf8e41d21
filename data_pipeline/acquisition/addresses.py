"""Addresses that may come from a payload, a redirect or a user: which of them we ask."""

from urllib.parse import SplitResult, urljoin, urlsplit

import httpx

from data_pipeline.acquisition.failures import CredentialsError, ForbiddenError
from data_pipeline.acquisition.settings import CONTACT, ClientSettings


def check_url(url: str, settings: ClientSettings) -> None:
    """Refuse an address that we do not ask. Private addresses are refused later, when the name is resolved.

    Raises:
        ForbiddenError: It is no address of a host, is without TLS, or holds a password.
        CredentialsError: Its host wants to know who calls, and no contact is set.
    """
    parts = _split(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in settings.own_hosts):
        raise ForbiddenError(f"{url} is not an https address")
    if parts.username or parts.password:
        raise ForbiddenError(f"{parts.netloc.rpartition('@')[2]}: an address with a password in it is not asked")
    host = parts.hostname or ""
    if (host == "sec.gov" or host.endswith(".sec.gov")) and not settings.contact:
        raise CredentialsError(f"sec.gov asks who calls: set {CONTACT} to your e-mail address")


def _split(url: str) -> SplitResult:
    """Split an address that may come from a payload or a user.

    Raises:
        ForbiddenError: It is no address of a host.
    """
    try:
        parts = urlsplit(url)
        httpx.URL(url)
        whole = bool(parts.hostname) and parts.port != 0 and bool((parts.hostname or "").encode("idna"))
    except (ValueError, httpx.InvalidURL):
        whole = False
    if not whole and _scheme(url) in ("http", "https"):
        raise ForbiddenError(f"{url[:200]!r} is not an address of a host")
    return urlsplit(url) if whole else SplitResult(_scheme(url), "", "", "", "")


def _scheme(url: str) -> str:
    """The scheme of an address, however broken the rest is."""
    return url.partition(":")[0].lower()


def joined(base: str, location: str) -> str:
    """Return where a redirect leads.

    Raises:
        ForbiddenError: It is no address.
    """
    try:
        return urljoin(base, location)
    except ValueError:
        raise ForbiddenError(f"{base} redirects to {location[:200]!r}, which is no address") from None
