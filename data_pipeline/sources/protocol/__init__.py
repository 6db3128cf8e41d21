"""What a source is: what it declares, plans, and makes of an answer. Fetching is not its business."""

from data_pipeline.sources.protocol.cursor import Cursor, Mark, Scope, Window
from data_pipeline.sources.protocol.exchange import Auth, Mode, Request, Response
from data_pipeline.sources.protocol.info import RateLimit, SourceInfo
from data_pipeline.sources.protocol.parsed import Parsed, RefusedResponse
from data_pipeline.sources.protocol.source import Source

__all__ = [
    "Auth",
    "Cursor",
    "Mark",
    "Mode",
    "Parsed",
    "RateLimit",
    "RefusedResponse",
    "Request",
    "Response",
    "Scope",
    "Source",
    "SourceInfo",
    "Window",
]
