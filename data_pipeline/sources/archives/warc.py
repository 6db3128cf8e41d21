"""WARC files in slices: records found by their gzip members.

A ``.warc.gz`` holds a gzip member for each record. A file of a gigabyte is asked for in slices, and each slice begins
where the last whole member of the one before it ended; so every slice starts at a record, none is lost and none read
twice, and nothing has to be searched for in compressed bytes, where a page could have hidden a record of its own making.
Only behind a damaged member is the next one searched for, and taken where it decompresses to a WARC header.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

MAX_RECORD = 8 << 20
"""Bytes of the longest record, decompressed; Common Crawl's news crawler cuts pages at 5 MiB."""
MAX_INFLATED = 1 << 30
"""Bytes to which the members of one slice may decompress together."""
MAX_MEMBERS = 200_000
_MAX_CANDIDATES = 5_000
REACH = 16 << 10
"""Bytes in which a member shows that it holds a WARC record; also what is decompressed at a time."""
_MAGIC = b"\x1f\x8b\x08"
_GZIP = zlib.MAX_WBITS | 16


class UnreadableRest(Exception):
    """What follows in a slice is not read: its reason."""


@dataclass(frozen=True, slots=True)
class Member:
    """One gzip member of a slice: bytes [start, end) of it."""

    start: int
    end: int
    content: bytes
    """Decompressed; empty where there is a problem."""
    problem: str | None = None
    lost: bool = False
    """Whether the next member was not found: the next slice begins within one, or with this one's rest."""


def members(data: bytes, at_end: bool, at_member: bool = True) -> Iterator[Member]:
    """Yield the whole members of a slice, damaged ones with their problem.

    Args:
        data: Bytes of the file.
        at_end: Whether the file ends here. Else the last member is left to the next slice, which begins with it.
        at_member: Whether the slice begins with a member; else the first one is searched for.

    Raises:
        UnreadableRest: The slice decompresses to more, or holds more members, than the bounds allow.
    """
    position = inflated = 0
    if not at_member:
        position, lost = _resumed(data, 0, at_end)
        if position:
            yield Member(0, position, b"", "what is left of a damaged record", lost)
        if lost:
            return
    for _ in range(MAX_MEMBERS):
        if position >= len(data):
            return
        try:
            content, end, size = _inflate(data, position, MAX_INFLATED - inflated)
        except zlib.error as error:
            following, lost = _resumed(data, position + 1, at_end)
            yield Member(position, following, b"", f"the gzip member is damaged ({error})", lost)
            if lost:
                return
            position = following
            continue
        inflated += size
        if end is None or (end == len(data) and not at_end):
            if at_end:
                yield Member(position, len(data), b"", "the file ends within a record")
            return
        too_long = f"the record has {size:,} bytes, more than {MAX_RECORD:,}" if size > MAX_RECORD else None
        yield Member(position, end, b"" if too_long else content, too_long)
        position = end
    raise UnreadableRest(f"more than {MAX_MEMBERS:,} records in one slice")


def _inflate(data: bytes, start: int, budget: int) -> tuple[bytes, int | None, int]:
    """Decompress the member at ``start``: (content up to ``MAX_RECORD``, where it ends or None if cut, its size)."""
    inflater = zlib.decompressobj(_GZIP)
    parts: list[bytes] = []
    size, position = 0, start
    while not inflater.eof:
        pending = inflater.unconsumed_tail
        if not pending:
            pending = data[position : position + REACH]
            if not pending:
                return b"", None, size
            position += len(pending)
        part = inflater.decompress(pending, 1 << 20)
        size += len(part)
        if size > budget:
            raise UnreadableRest(f"the slice decompresses to more than {MAX_INFLATED:,} bytes")
        if size <= MAX_RECORD:
            parts.append(part)
    return b"".join(parts), position - len(inflater.unused_data), size


def _resumed(data: bytes, start: int, at_end: bool) -> tuple[int, bool]:
    """Return where to go on behind a damaged member, and whether that is no member but where the search goes on."""
    following = _next_member(data, start)
    if following < len(data) or at_end:
        return following, False
    return max(start, len(data) - REACH, 1), True


def _next_member(data: bytes, start: int) -> int:
    """Return where the next member that holds a WARC record begins; the end where there is none."""
    for _ in range(_MAX_CANDIDATES):
        start = data.find(_MAGIC, start)
        if start < 0:
            return len(data)
        try:
            if zlib.decompressobj(_GZIP).decompress(data[start : start + REACH], 16).startswith(b"WARC/"):
                return start
        except zlib.error:
            pass
        start += 1
    return len(data)
