"""Bodies read within a bound, also where a few kilobytes unpack to gigabytes."""

import zlib
from collections.abc import AsyncIterator

from data_pipeline.acquisition.failures import PermanentError, TransientError

_GZIP = 31
"""zlib's window bits for gzip."""


async def read_body(parts: AsyncIterator[bytes], encoding: str, declared: str, limit: int) -> bytes:
    """Read a body and unpack it, never holding more than ``limit`` bytes of it.

    Args:
        parts: The bytes as they came.
        encoding: The ``Content-Encoding``.
        declared: The ``Content-Length``.
        limit: Bytes allowed, after unpacking.

    Raises:
        PermanentError: The body is longer, or in an encoding that was not asked for.
        TransientError: The body is damaged or cut.
    """
    kind = encoding.strip().lower()
    if kind not in ("", "identity", "gzip", "x-gzip"):
        raise PermanentError(f"the answer is encoded as {kind!r}, which was not asked for")
    if declared.isascii() and declared.isdigit() and int(declared) > limit:
        raise PermanentError(f"the answer has {int(declared):,} bytes, more than the limit of {limit:,}")
    unpack = _Gunzip(limit) if "gzip" in kind else _Plain(limit)
    async for part in parts:
        unpack.feed(part)
    return unpack.finish()


class _Plain:
    """Collects bytes as they are."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.body = bytearray()

    def feed(self, part: bytes) -> None:
        self.body += part
        if len(self.body) > self._limit:
            raise PermanentError(f"the answer is longer than the limit of {self._limit:,} bytes")

    def finish(self) -> bytes:
        return bytes(self.body)


class _Gunzip(_Plain):
    """Unpacks gzip members one after another, at most one byte beyond the limit."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self._member = zlib.decompressobj(_GZIP)
        self._begun = False

    def feed(self, part: bytes) -> None:
        while part:
            if self._member.eof:
                self._member = zlib.decompressobj(_GZIP)
            self._begun = True
            try:
                unpacked = self._member.decompress(part, self._limit - len(self.body) + 1)
            except zlib.error as error:
                raise TransientError(f"the answer is damaged ({error})") from None
            super().feed(unpacked)
            part = self._member.unconsumed_tail or self._member.unused_data

    def finish(self) -> bytes:
        if self._begun and not self._member.eof:
            raise TransientError("the answer is damaged (the gzip stream is cut)")
        return super().finish()
