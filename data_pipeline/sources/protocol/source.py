"""The protocol of all sources."""

from abc import ABC, abstractmethod

from data_pipeline.sources.protocol.cursor import Cursor, Scope, Window
from data_pipeline.sources.protocol.exchange import Request, Response
from data_pipeline.sources.protocol.info import SourceInfo
from data_pipeline.sources.protocol.parsed import Parsed


class Source(ABC):
    """A source: facts, requests, and a parser. It opens no connection, reads no clock and knows no secret."""

    info: SourceInfo

    @abstractmethod
    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return the first requests for what was published in ``window``; the same input gives the same list.

        Further pages come from ``Parsed.follow``. A file source returns a request for each file below ``scope.path``.
        """

    def stream(self, cursor: Cursor, scope: Scope) -> list[Request]:
        """Return the requests for the newest items after ``cursor``; only sources with the mode ``stream`` have it."""
        raise TypeError(f"source {self.info.name} has no stream")

    @abstractmethod
    def parse(self, response: Response) -> Parsed:
        """Turn an answer into nouns: pure, total, the same answer gives the same nouns.

        Raises:
            RefusedResponse: The whole answer is not what was asked for. A single bad item is quarantined instead.
        """
