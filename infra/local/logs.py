"""The functions' log lines, read back from CloudWatch Logs."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

FOLLOW_SECONDS = 1.0
PAGE = 1000


def read(logs: Any, groups: list[str], *, job_id: str | None = None, follow: bool = False) -> Iterator[str]:
    """Yield log lines of all groups in the order of time, of one job where asked; ``follow`` never ends."""
    seen: set[str] = set()
    since = 0
    while True:
        events = [
            event for group in groups for event in _events(logs, group, since) if event["eventId"] not in seen
        ]
        for event in sorted(events, key=lambda event: event["timestamp"]):
            seen.add(event["eventId"])
            if job_id is None or of_job(event["message"], job_id):
                yield event["message"].rstrip("\n")
        if not follow:
            return
        # Events may arrive a little late: the last seconds are read again, and `seen` keeps them single.
        since = max([since, *(event["timestamp"] - 10_000 for event in events)])
        time.sleep(FOLLOW_SECONDS)


def of_job(message: str, job_id: str) -> bool:
    """Return whether a JSON log line carries this ``job_id``."""
    try:
        line = json.loads(message)
    except ValueError:
        return False
    return isinstance(line, dict) and line.get("job_id") == job_id


def _events(logs: Any, group: str, since: int) -> Iterator[dict[str, Any]]:
    arguments: dict[str, Any] = {"logGroupName": group, "startTime": since, "limit": PAGE}
    while True:
        try:
            page = logs.filter_log_events(**arguments)
        except logs.exceptions.ResourceNotFoundException:
            return
        yield from page["events"]
        if not page.get("nextToken") or page["nextToken"] == arguments.get("nextToken"):
            return
        arguments["nextToken"] = page["nextToken"]
