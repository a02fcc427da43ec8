from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any, cast

import pytest

from infra.local import logs


class MissingError(Exception):
    """The group does not exist."""


class FakeLogs:
    """CloudWatch Logs with one event a page and no event ids, as the embedded emulator has it."""

    class exceptions:  # noqa: N801 (boto3's name)
        ResourceNotFoundException = MissingError

    def __init__(self, groups: dict[str, list[tuple[int, str]]]) -> None:
        self.groups = groups

    def get_paginator(self, operation: str) -> FakeLogs:
        assert operation == "filter_log_events"
        return self

    def paginate(self, *, logGroupName: str, startTime: int) -> Iterator[dict[str, Any]]:  # noqa: N803
        if logGroupName not in self.groups:
            raise MissingError
        events = [
            {"logStreamName": "stream", "timestamp": at, "message": message}
            for at, message in self.groups[logGroupName]
            if at >= startTime
        ]
        for event in events:
            yield {"events": [event]}


def read(fake: FakeLogs, groups: list[str], **options: Any) -> Iterator[str]:
    return logs.read(cast("Any", fake), groups, **options)


def line(job_id: str, message: str) -> str:
    return json.dumps({"job_id": job_id, "message": message})


def test_lines_of_all_groups_come_in_the_order_of_time() -> None:
    fake = FakeLogs({"a": [(1, "one\n"), (3, "three\n")], "b": [(2, "two\n")]})

    assert list(read(fake, ["a", "b"])) == ["one", "two", "three"]


def test_a_group_that_nothing_has_written_to_is_empty() -> None:
    assert list(read(FakeLogs({"a": [(1, "one")]}), ["none", "a"])) == ["one"]


def test_equal_lines_at_the_same_time_are_all_shown() -> None:
    assert list(read(FakeLogs({"a": [(1, "same"), (1, "same")]}), ["a"])) == ["same", "same"]


def test_lines_of_the_platform_are_left_out() -> None:
    fake = FakeLogs(
        {"a": [(1, "START RequestId: 1"), (2, "work"), (3, "END RequestId: 1"), (4, "REPORT RequestId: 1")]}
    )

    assert list(read(fake, ["a"])) == ["work"]


def test_one_jobs_lines_are_picked() -> None:
    fake = FakeLogs({"a": [(1, line("1", "x")), (2, line("2", "y")), (3, "no json 1"), (4, '["1"]')]})

    assert list(read(fake, ["a"], job_id="1")) == [line("1", "x")]


def test_following_shows_each_line_once(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeLogs({"a": [(100_000, "first")]})

    def pass_time(_: float) -> None:
        fake.groups["a"].append((99_000 + len(fake.groups["a"]), "late"))

    monkeypatch.setattr("time.sleep", pass_time)
    following = read(fake, ["a"], follow=True)

    assert list(itertools.islice(following, 3)) == ["first", "late", "late"]
