"""JSON as a file that people open."""

from __future__ import annotations

import json
from typing import Any


def dump(value: Any) -> bytes:
    """Return JSON bytes that are the same for the same value."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1).encode() + b"\n"
