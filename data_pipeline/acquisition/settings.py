"""How the client behaves; the defaults are for the open Internet."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from data_pipeline.acquisition.failures import CredentialsError
from tickertune import __version__
from tickertune.core.models import cache_folder

CONTACT = "TICKERTUNE_CONTACT"
"""Environment variable with an e-mail address that hosts may write to; sec.gov asks for one."""


def limits_file() -> Path:
    """The file of shared rate limits: one for all stores of a user, since the limit is the host's."""
    return cache_folder() / "limits.sqlite"


@dataclass(frozen=True)
class ClientSettings:
    """Bounds and permissions of the polite client. Times are in seconds."""

    attempts: int = 5
    """Tries of one request, waits growing from ``first_wait`` to ``longest_wait``."""
    first_wait: float = 1.0
    longest_wait: float = 60.0
    connect_timeout: float = 10.0
    read_timeout: float = 30.0
    """Longest silence within an answer."""
    deadline: float = 120.0
    """Longest time for one whole answer, however steadily it drips."""
    patience: float = 300.0
    """Longest wait for a slot; a longer one pauses the source."""
    redirects: int = 5
    own_hosts: frozenset[str] = frozenset()
    """Hosts of your own network that may be asked although they are private or without TLS."""
    limits: Path | None = field(default_factory=limits_file)
    """File of the shared rate limits; None, for a server of your own: no limit, only the pauses that it asks this client for."""

    @property
    def contact(self) -> str:
        """The address that hosts may write to; empty where none is set."""
        return os.environ.get(CONTACT, "").strip()

    def check_contact(self) -> None:
        """Refuse a contact that no header can carry.

        Raises:
            CredentialsError: It holds a character beyond ASCII.
        """
        if not (self.contact.isascii() and self.contact.isprintable()):
            raise CredentialsError(f"the value of {CONTACT} holds a character that no header takes")

    def user_agent(self) -> str:
        """Say who asks, with the contact where one is set."""
        return f"TickerTune/{__version__} ({self.contact or 'financial text research'})"
