"""Payloads that an unlucky or hostile network may deliver, made from a good one."""

import json
import random
from collections.abc import Iterator
from typing import Any

HOSTILE_VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 10**30, 1e308, "", "\x00", "\ud800", "NaN", "0000-00-00", "9999-99-99T99:99:99Z", [], {}, [[[]]],
    {"a": {"b": 1}}, "<script>alert(1)</script>", "../../etc/passwd", "x" * 5000, "-1 hours ago", "99999999999999999999",
)  # fmt: skip
HOSTILE_BODIES = (
    b"", b" ", b"null", b"0", b"[]", b"{}", b'""', b"[null]", b"[[]]", b'{"error": "no"}', b"\xff\xfe\x00", b"\x00" * 100,
    b"[" * 100_000, b'{"a":' * 50_000, b"<html><body>Please log in</body></html>", b"<" * 50_000, b"<div>" * 20_000,
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">'
    b'<!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;"><!ENTITY f "&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;">'
    b'<!ENTITY g "&f;&f;&f;&f;&f;&f;&f;&f;&f;&f;">]><rss><channel><item><title>&g;</title></item></channel></rss>',
    b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss><channel><item><title>&a;</title></item></channel></rss>',
    b"1" * 10_000, b"NaN", b"[Infinity]", b"callback(", b"callback({})", b"a,b,c\n1,2\n", b"\x1f\x8b\x08\x00garbage",
    b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 99999999999\r\n\r\n", b"PK\x03\x04garbage",
)  # fmt: skip


def mutations(body: bytes, seed: int, count: int) -> Iterator[bytes]:
    """Yield damaged copies of ``body``: cut, with bytes changed, with JSON values mistyped, moved or left out."""
    rng = random.Random(seed)
    try:
        value = json.loads(body)
    except (ValueError, UnicodeDecodeError, RecursionError):
        value = None
    for turn in range(count):
        kind = turn % 4
        if kind == 0:
            yield body[: rng.randrange(len(body) + 1)]
        elif kind == 1 or value is None:
            damaged = bytearray(body)
            for _ in range(rng.randint(1, 30)):
                if damaged:
                    damaged[rng.randrange(len(damaged))] = rng.randrange(256)
            yield bytes(damaged)
        else:
            yield json.dumps(_mutated(json.loads(body), rng, 0.02 if kind == 2 else 0.2)).encode(
                "utf-8", "surrogatepass"
            )


def _mutated(value: Any, rng: random.Random, chance: float) -> Any:
    if rng.random() < chance / 2:
        return rng.choice(HOSTILE_VALUES)
    if isinstance(value, dict):
        pairs = [(name, _mutated(inner, rng, chance)) for name, inner in value.items() if rng.random() > chance / 4]
        rng.shuffle(pairs)
        return dict(pairs) | ({"surprise": 1} if rng.random() < chance else {})
    if isinstance(value, list):
        items = [_mutated(inner, rng, chance) for inner in value if rng.random() > chance / 4]
        if rng.random() < chance:
            rng.shuffle(items)
        return items
    return value
