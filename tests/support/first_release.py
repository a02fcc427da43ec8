"""What the first release (commit 7100da8) stored, by its own adapters: jobs in every state, and the rest.

All of it is of one moment, ``NOW``; times lie seconds after it, and everything expires 30 days later.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
KEPT = timedelta(days=30)
DOCUMENT = "0190d0c0-0000-7000-8000-00000000000a"
COMPLETED = "0190a0c0-0000-7000-8000-000000000006"
FAILED = "0190a0c0-0000-7000-8000-000000000007"
_STORED = json.loads(
    (Path(__file__).parent / "data" / "items_of_first_release.json").read_text(encoding="utf-8")
)
ITEMS: list[dict[str, Any]] = _STORED["items"]


@dataclass(frozen=True, slots=True)
class Expected:
    """What the first release read of its own job, by the names of today."""

    job_id: str
    status: str
    resend_count: int
    last_request: str
    state_since: str
    version: int


JOBS = {name: Expected(**fields) for name, fields in _STORED["expected"].items()}
