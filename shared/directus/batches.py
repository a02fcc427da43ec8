"""Rows cut into requests that Directus accepts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

MAX_BYTES = 900_000
"""Directus takes 1 MB a request by default (MAX_PAYLOAD_SIZE)."""

_Row = TypeVar("_Row", bound=Mapping[str, Any])


def cut(rows: Sequence[_Row], max_rows: int, max_bytes: int = MAX_BYTES) -> list[list[_Row]]:
    """Return the rows in as few lists as possible, in order; a row too large by itself has its own."""
    batches: list[list[_Row]] = []
    size = 0
    for row in rows:
        length = len(json.dumps(row, ensure_ascii=False).encode()) + 1
        if not batches or len(batches[-1]) >= max_rows or size + length > max_bytes:
            batches.append([])
            size = 0
        batches[-1].append(row)
        size += length
    return batches
