"""Protocols: evaluations with a frozen split, metrics, and the published numbers that belong to them."""

from eval.protocols.check import PartCheck, check_parts, scored_hash
from eval.protocols.library import load_protocol, protocol_names
from eval.protocols.protocol import Part, Protocol, PublishedNumber

__all__ = [
    "Part",
    "PartCheck",
    "Protocol",
    "PublishedNumber",
    "check_parts",
    "load_protocol",
    "protocol_names",
    "scored_hash",
]
