"""Identifiers that sort by time."""

from __future__ import annotations

import hashlib
import secrets
import time
import uuid

_SHARDS = 8


def uuid7() -> str:
    """Return a UUIDv7 (RFC 9562, section 5.7): 48 bits of Unix milliseconds, then random bits."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & ((1 << 48) - 1)) << 80
    value |= 0x7 << 76 | secrets.randbits(12) << 64
    value |= 0b10 << 62 | secrets.randbits(62)
    return str(uuid.UUID(int=value))


def derived_uuid7(parent: str, name: str) -> str:
    """Return the id of what belongs to ``parent`` under a name: a UUIDv7, always the same for the same two.

    It carries the millisecond after its parent's, so that lists by time have it beside it. ``parent`` is a
    UUIDv7.
    """
    milliseconds = (uuid.UUID(parent).int >> 80) + 1
    tail = int.from_bytes(hashlib.sha256(f"{parent}/{name}".encode()).digest()[:10])
    return str(uuid.UUID(int=milliseconds << 80 | _marked(tail)))


def _marked(tail: int) -> int:
    """Put version and variant of a UUIDv7 into 80 bits."""
    tail = tail & ~(0xF << 76) | 0x7 << 76
    return tail & ~(0b11 << 62) | 0b10 << 62


def is_uuid(text: str) -> bool:
    """Say whether ``text`` is a UUID in its canonical form."""
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


def shard(identifier: str) -> int:
    """Return the index partition of an identifier, from its random tail: 0 to ``shards() - 1``."""
    return int(identifier[-1], 16) % _SHARDS


def shards() -> range:
    """Return every partition number, for readers that merge them."""
    return range(_SHARDS)
