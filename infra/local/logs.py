"""The functions' log lines, read back from CloudWatch Logs."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_logs.type_defs import FilteredLogEventTypeDef

FOLLOW_SECONDS = 1.0
OVERLAP_MILLISECONDS = 10_000
PLATFORM = ("INIT_START ", "START RequestId: ", "END RequestId: ", "REPORT RequestId: ")


def read(
    logs: CloudWatchLogsClient, groups: list[str], *, job_id: str | None = None, follow: bool = False
) -> Iterator[str]:
    """Yield log lines of all groups in the order of time, of one job where asked; ``follow`` never ends.

    Lambda's own lines on the start and end of an invocation are left out.
    """
    shown: set[tuple[object, ...]] = set()
    since = 0
    while True:
        events = sorted(_events(logs, groups, since), key=lambda event: event[1]["timestamp"])
        for identity, event in events:
            message = event["message"].rstrip("\n")
            if identity in shown or message.startswith(PLATFORM):
                continue
            shown.add(identity)
            if job_id is None or of_job(message, job_id):
                yield message
        if not follow:
            return
        # Events may arrive a little late: the last seconds are read again, `shown` keeps them single.
        since = max([since, *(event["timestamp"] - OVERLAP_MILLISECONDS for _, event in events)])
        time.sleep(FOLLOW_SECONDS)


def of_job(message: str, job_id: str) -> bool:
    """Return whether a JSON log line carries this ``job_id``."""
    try:
        line = json.loads(message)
    except ValueError:
        return False
    return isinstance(line, dict) and line.get("job_id") == job_id


def _events(
    logs: CloudWatchLogsClient, groups: list[str], since: int
) -> Iterator[tuple[tuple[object, ...], FilteredLogEventTypeDef]]:
    """Yield each event with its identity, built from its place: not every emulator gives it an id."""
    for group in groups:
        repeated: Counter[tuple[object, ...]] = Counter()
        paginator = logs.get_paginator("filter_log_events")
        try:
            for page in paginator.paginate(logGroupName=group, startTime=since):
                for event in page["events"]:
                    place = (group, event.get("logStreamName"), event["timestamp"], event["message"])
                    repeated[place] += 1
                    yield (*place, repeated[place]), event
        except logs.exceptions.ResourceNotFoundException:
            continue
