"""Parsed: everything that one answer gave, and the one error that parsing may raise."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from data_pipeline.sources.protocol.cursor import Mark
from data_pipeline.sources.protocol.exchange import Request
from data_pipeline.sources.quarantine import Quarantined
from tickertune.core.document import Document
from tickertune.core.market import Bar, CorporateAction, Instrument
from tickertune.core.observation import Observation

Refusal = Literal["content", "credentials", "budget"]


class RefusedResponse(Exception):
    """The whole answer is not what was asked for; the only error that ``parse`` raises.

    Args:
        reason: What is wrong, with the offending value.
        kind: ``content``: another kind of answer than promised, to be asked again; ``credentials``: the key was not
            accepted; ``budget``: the plan's calls are used up.
    """

    def __init__(self, reason: str, kind: Refusal = "content") -> None:
        self.reason = reason
        self.kind: Refusal = kind
        super().__init__(reason)


@dataclass
class Parsed:
    """What one answer gave, in the order of the answer."""

    documents: list[Document] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    actions: list[CorporateAction] = field(default_factory=list)
    instruments: list[Instrument] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)
    quarantine: list[Quarantined] = field(default_factory=list)
    unknown_fields: Counter[str] = field(default_factory=Counter)
    """Payload fields that the parser does not know, by path."""
    counts: Counter[str] = field(default_factory=Counter)
    """Named counts, such as ``items`` or ``outside_window``."""
    marks: dict[str, Mark] = field(default_factory=dict)
    """How far each stream came."""
    follow: list[Request] = field(default_factory=list)
    """Further requests that this answer leads to: the next page, a full text."""
