"""The functions' log lines in CloudWatch Logs: several groups, read side by side in the order of time.

A cursor of ours is a moment and the lines of that moment that were given already. CloudWatch's own tokens
stay within one answer: they belong to one group each, and not every emulator knows them.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from shared.aws.clients import client, translated
from shared.clock import Monotonic, monotonic
from shared.operations.logs import BadCursorError, LogLine, LogPage, LogsNotConfiguredError

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_logs.type_defs import FilteredLogEventTypeDef

BUDGET = timedelta(seconds=12)
# A stretch of time that could not be searched within the budget is cut; this short it always can.
_MIN_SPAN = 1000
_CUT = 4
# Beyond it the service refuses a moment, and Python has no date for it.
_MAX_MILLIS = 10**14


@dataclass(frozen=True, slots=True)
class _LogPlace:
    """Where reading goes on: milliseconds of Unix time, how far to search at once (0: to the end)."""

    at: int
    span: int = 0
    seen: tuple[str, ...] = ()

    def to_text(self) -> str:
        return base64.urlsafe_b64encode(json.dumps([self.at, self.span, *self.seen]).encode()).decode()

    @classmethod
    def from_text(cls, text: str) -> _LogPlace:
        try:
            at, span, *seen = json.loads(base64.urlsafe_b64decode(text.encode()))
            if not all(isinstance(number, int) and 0 <= number < _MAX_MILLIS for number in (at, span)):
                raise BadCursorError
            return cls(at, span, tuple(map(str, seen)))
        except (ValueError, TypeError, RecursionError):
            raise BadCursorError from None


@dataclass(frozen=True, slots=True)
class _Found:
    """A line with its moment in milliseconds, and what makes it different from all others."""

    at: int
    group: str
    identity: str
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _GroupReading:
    """What a group gave: everything up to ``horizon`` is in ``lines``."""

    lines: Sequence[_Found]
    horizon: int


class CloudWatchLogs:
    """See JobLogs; ``groups`` are the log groups of all functions, ``monotonic`` times a reading."""

    def __init__(
        self,
        groups: Sequence[str],
        endpoint_url: str = "",
        budget: timedelta = BUDGET,
        monotonic: Monotonic = monotonic,
    ) -> None:
        self._groups = groups
        self._endpoint_url = endpoint_url
        self._budget = budget.total_seconds()
        self._monotonic = monotonic

    @property
    def _logs(self) -> CloudWatchLogsClient:
        return client("logs", self._endpoint_url)  # type: ignore[no-any-return]

    def read(self, job_id: str, start: datetime, end: datetime, *, limit: int, cursor: str = "") -> LogPage:
        """Read every group from the cursor's moment on, and merge them as far as all of them were read."""
        if not self._groups:
            raise LogsNotConfiguredError
        place = _LogPlace.from_text(cursor) if cursor else _LogPlace(_millis(start))
        last = _millis(end)
        until = min(last, place.at + place.span) if place.span else last
        deadline = self._monotonic() + self._budget
        readings = [
            self._group(group, job_id, place.at, until, limit + len(place.seen), deadline)
            for group in self._groups
        ]
        horizon = min(reading.horizon for reading in readings)
        lines = sorted((line for r in readings for line in r.lines), key=lambda line: line.at)
        fresh = [line for line in lines if line.at <= horizon and line.identity not in place.seen]
        page = fresh[:limit]
        if len(fresh) <= limit and horizon >= last:
            return LogPage(_lines(page), "")
        at = page[-1].at if len(fresh) > limit else max(horizon, place.at)
        return LogPage(_lines(page), _next(place, at, page, until).to_text())

    def _group(
        self, group: str, job_id: str, start: int, until: int, wanted: int, deadline: float
    ) -> _GroupReading:
        """Read one group until there are more lines than wanted, all is read, or the time is over."""
        lines: list[_Found] = []
        horizon = start - 1
        token: dict[str, Any] = {}
        while len(lines) <= wanted and self._monotonic() < deadline:
            with translated("CloudWatch Logs"):
                try:
                    answer = self._logs.filter_log_events(
                        logGroupName=group,
                        startTime=start,
                        endTime=until,
                        # A term, not a JSON selector: not every emulator knows those, and who knows
                        # neither gives all lines, which are looked at below.
                        filterPattern=f'"{job_id}"',
                        interleaved=True,
                        **token,
                    )
                except self._logs.exceptions.ResourceNotFoundException:
                    return _GroupReading([], until)
            events = answer["events"]
            lines += (line for event in events if (line := _found(group, event, job_id)) is not None)
            horizon = max([horizon, *(event["timestamp"] for event in events)])
            if "nextToken" not in answer:
                return _GroupReading(lines, until)
            token = {"nextToken": answer["nextToken"]}
        return _GroupReading(lines, horizon)


def _next(place: _LogPlace, at: int, page: Sequence[_Found], until: int) -> _LogPlace:
    """Return the place after a page; where it is the same one, less is searched the next time."""
    seen = tuple(line.identity for line in page if line.at == at)
    following = replace(place, at=at, seen=(*place.seen, *seen) if at == place.at else seen)
    if following != place:
        return following
    return replace(place, span=max(_MIN_SPAN, (until - place.at) // _CUT))


def _found(group: str, event: FilteredLogEventTypeDef, job_id: str) -> _Found | None:
    """Return a line of ours about the job; None for what merely mentions it, or is not ours."""
    try:
        fields = json.loads(event["message"])
    except ValueError:
        return None
    if not isinstance(fields, dict) or fields.get("job_id") != job_id:
        return None
    name = event.get("eventId") or f"{event.get('logStreamName')}{event['timestamp']}{event['message']}"
    identity = hashlib.sha256(f"{group}{name}".encode()).hexdigest()[:12]
    return _Found(event["timestamp"], group, identity, fields)


def _lines(page: Iterable[_Found]) -> list[LogLine]:
    # Lambda names a group after its function: /aws/lambda/NAME.
    return [
        LogLine(datetime.fromtimestamp(line.at / 1000, UTC), line.group.rpartition("/")[2], line.fields)
        for line in page
    ]


def _millis(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
