"""Identifiers that sort by time."""

from __future__ import annotations

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
