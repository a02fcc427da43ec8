"""Log lines as CloudWatch gives them: group by group, page by page, now and then an empty one."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.aws.logs import CloudWatchLogs
from shared.operations.logs import BadCursorError, LogLine

JOB = "0190f3a2-7c4e-7b1d-9f2a-5d6c8e1b3a47"
START = datetime(2026, 11, 21, 12, tzinfo=UTC)
END = START + timedelta(minutes=10)


class GroupMissingError(Exception):
    pass


class Exceptions:
    ResourceNotFoundException = GroupMissingError


@dataclass
class Service:
    """CloudWatch Logs: a call looks at ``scanned`` events, and gives a token while there are more."""

    groups: dict[str, list[tuple[int, str]]]
    scanned: int = 3
    seconds: float = 0.0
    calls: int = 0
    exceptions: type[Exceptions] = Exceptions

    def filter_log_events(self, **request: Any) -> dict[str, Any]:
        self.calls += 1
        if request["logGroupName"] not in self.groups:
            raise GroupMissingError
        events = [
            (number, at, text)
            for number, (at, text) in enumerate(self.groups[request["logGroupName"]])
            if request["startTime"] <= at <= request["endTime"]
        ]
        first = int(request.get("nextToken", 0))
        after = first + self.scanned
        term = request["filterPattern"].strip('"')
        matching = [
            {"eventId": str(number), "timestamp": at, "message": text, "logStreamName": "s"}
            for number, at, text in events[first:after]
            if term in text
        ]
        return {"events": matching} | ({"nextToken": str(after)} if after < len(events) else {})


@dataclass
class Reader(CloudWatchLogs):
    """The reader of ours, on that service and on a clock that each call moves."""

    service: Service
    budget: float = 1e9
    lines: list[LogLine] = field(default_factory=list)

    def __post_init__(self) -> None:
        budget = timedelta(seconds=self.budget)
        super().__init__(list(self.service.groups), budget=budget, monotonic=self._time)

    def _time(self) -> float:
        return self.service.calls * self.service.seconds

    @property
    def _logs(self) -> Any:
        return self.service

    def read_all(self, limit: int) -> int:
        """Read to the end, and return how many answers it took."""
        cursor, answers = "", 0
        while cursor or not answers:
            page = self.read(JOB, START, END, limit=limit, cursor=cursor)
            assert len(page.lines) <= limit
            self.lines += page.lines
            cursor, answers = page.cursor, answers + 1
            assert answers < 500
        return answers


def event(second: float, number: int, job_id: str = JOB) -> tuple[int, str]:
    at = int((START + timedelta(seconds=second)).timestamp() * 1000)
    return at, json.dumps({"job_id": job_id, "message": number})


def groups(*numbers: Sequence[tuple[int, str]]) -> dict[str, list[tuple[int, str]]]:
    return {f"/aws/lambda/f{index}": sorted(events) for index, events in enumerate(numbers)}


def messages(reader: Reader) -> list[int]:
    return [line.fields["message"] for line in reader.lines]


@pytest.mark.parametrize("limit", [1, 2, 7, 100])
def test_merged_in_the_order_of_time_each_line_once(limit: int) -> None:
    first = [event(second, second) for second in range(0, 40, 2)]
    second = [event(second, second) for second in range(1, 40, 4)]
    noise = [event(second / 10, 1000, "another") for second in range(400)]
    reader = Reader(Service(groups([*first, *noise], second, [])))
    reader.read_all(limit)
    assert messages(reader) == sorted([*range(0, 40, 2), *range(1, 40, 4)])


def test_many_lines_of_one_moment() -> None:
    reader = Reader(Service(groups([event(5, n) for n in range(20)], [event(5, 100 + n) for n in range(20)])))
    reader.read_all(3)
    assert sorted(messages(reader)) == [*range(20), *range(100, 120)]


def test_what_takes_too_long_is_searched_in_smaller_pieces() -> None:
    """An answer has time for four calls; a needle lies in a haystack that takes hundreds."""
    hay = [event(second / 2, 0, "another") for second in range(1200)]
    needles = [event(second, int(second)) for second in (100, 100.4, 400)]
    service = Service(groups([*hay, *needles], [event(101, 101)]), seconds=1.0)
    reader = Reader(service, budget=4.0)
    answers = reader.read_all(10)
    assert messages(reader) == [100, 100, 101, 400]
    assert service.calls <= answers * 6


def test_lines_before_a_gap_are_given_though_the_rest_is_not_searched() -> None:
    near = [event(second, second) for second in range(10)]
    service = Service(groups(near), seconds=1.0)
    page = Reader(service, budget=2.0).read(JOB, START, END, limit=100)
    assert [line.fields["message"] for line in page.lines] == [0, 1, 2, 3, 4, 5]
    assert page.cursor


def test_a_group_that_was_never_written_is_empty() -> None:
    service = Service(groups([event(1, 1)]))
    reader = Reader(service)
    reader._groups = [*service.groups, "/aws/lambda/never"]
    reader.read_all(10)
    assert messages(reader) == [1]


def test_functions_are_named_by_their_groups() -> None:
    reader = Reader(Service(groups([event(1, 1)])))
    reader.read_all(10)
    assert [(line.function, line.at) for line in reader.lines] == [("f0", START + timedelta(seconds=1))]


@pytest.mark.parametrize("text", ["[" * 6000, f"[{10**14}, 0]", f"[1, {10**300}]", "[1e999, 0]", "[1, NaN]"])
def test_cursors_beyond_all_bounds(text: str) -> None:
    cursor = base64.urlsafe_b64encode(text.encode()).decode()
    with pytest.raises(BadCursorError):
        Reader(Service(groups([]))).read(JOB, START, END, limit=1, cursor=cursor)


@pytest.mark.parametrize("cursor", ["?", "bnVsbA==", "WzEsIC0xXQ==", "WyJ4IiwgMV0=", "e30=", "é", "WzFd"])
def test_foreign_cursors(cursor: str) -> None:
    with pytest.raises(BadCursorError):
        Reader(Service(groups([]))).read(JOB, START, END, limit=1, cursor=cursor)
