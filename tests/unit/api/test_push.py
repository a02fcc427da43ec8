"""Pushing: what a connection may follow, what it is told, and what happens when it is gone."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from functions.api.push.handler import management_url
from functions.api.push.push import LIFETIME, Push
from infra.local.tokens import mint
from shared.auth import Tokens
from shared.errors import ClauseworksError, PermanentError, TransientError
from shared.ids import uuid7
from shared.jobs import states
from shared.jobs.model import Event, Job
from shared.jobs.store import edit
from tests.contracts.jobs import FakeClock, new_job, submit
from tests.support.fakes.watchers import MemoryConnections, MemoryWatchers
from tests.support.memory.faulty import FaultyJobs

SECRET = "x" * 32


class World:
    """A push with everything in memory, and one job of Alice's."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.jobs = FaultyJobs(self.clock)
        self.watchers = MemoryWatchers(self.clock)
        self.connections = MemoryConnections()
        tokens = Tokens(lambda: SECRET, ("directus",))
        self.push = Push(self.jobs, self.watchers, self.connections, tokens, self.clock)
        self.job = submit(self.jobs, new_job(self.clock, "alice", params={"document_id": "d1"}))

    def watch(self, connection: str, *, subject: str = "alice", **fields: Any) -> None:
        token = mint(SECRET, subject=subject)
        message = {"action": "watch", "token": token, "job_id": self.job.job_id, **fields}
        self.push.receive(connection, json.dumps(message))

    def change(self) -> list[Event]:
        """Change the job and return the new event, as the stream would bring it."""
        job = edit(self.jobs, self.job.job_id, self._change)
        return self.jobs.events(job.job_id, job.version - 1)

    def _change(self, job: Job) -> Any:
        ask = states.request_resume if job.can_resume else states.request_pause
        return ask(job, self.clock(), "alice")

    def problem(self, connection: str) -> str:
        kind: str = self.connections.sent[connection][-1]["problem"]["type"]
        return kind.rpartition(":")[2]


@pytest.fixture
def world() -> World:
    return World()


def test_a_watcher_gets_what_was_and_what_comes(world: World) -> None:
    world.change()
    world.watch("c1")
    assert world.connections.events("c1") == [1, 2]
    assert world.push.publish(world.change()) == 1
    assert world.connections.events("c1") == [1, 2, 3]
    event = world.connections.sent["c1"][-1]["events"][0]
    assert (event["job_id"], event["document_id"], event["status"]) == (world.job.job_id, "d1", "queued")


def test_a_watcher_goes_on_after_the_last_event_that_it_has(world: World) -> None:
    for _ in range(250):
        world.change()
    world.watch("c1", after=100)
    assert world.connections.events("c1") == list(range(101, 252))


def test_events_go_to_those_who_follow_the_job_only(world: World) -> None:
    world.watch("c1")
    world.watch("c2")
    other = submit(world.jobs, new_job(world.clock, "alice"))
    assert world.push.publish(world.jobs.events(other.job_id)) == 0
    assert world.push.publish(world.change()) == 2
    assert world.connections.events("c2") == [1, 2]


def test_an_event_between_following_and_reading_is_not_missed(world: World) -> None:
    def meanwhile(_connection: str) -> None:
        world.connections.fault = lambda _: None
        world.push.publish(world.change())

    world.connections.fault = meanwhile
    world.watch("c1")
    assert set(world.connections.events("c1")) == {1, 2}


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"token": "none"}, "token-invalid"),
        ({"token": ""}, "token-invalid"),
        ({"token": None}, "token-invalid"),
        ({"job_id": "nothing"}, "job-not-found"),
        ({"job_id": uuid7()}, "job-not-found"),
        ({"job_id": ["a"]}, "job-not-found"),
        ({"after": -1}, "invalid-request"),
        ({"after": "1"}, "invalid-request"),
        ({"after": True}, "invalid-request"),
        ({"action": "listen"}, "invalid-body"),
    ],
)
def test_what_cannot_be_done_is_told_and_nothing_is_followed(
    world: World, fields: dict[str, Any], problem: str
) -> None:
    world.watch("c1", **fields)
    assert world.problem("c1") == problem
    assert world.push.publish(world.change()) == 0


@pytest.mark.parametrize("text", ["", "{", "[]", "1", "[" * 5000])
def test_what_is_no_message_is_told(world: World, text: str) -> None:
    world.push.receive("c1", text)
    assert world.problem("c1") == "invalid-body"


def test_another_ones_job_is_not_there(world: World) -> None:
    world.watch("c1", subject="bob")
    assert world.problem("c1") == "job-not-found"


def test_a_closed_connection_is_forgotten(world: World) -> None:
    world.watch("c1")
    world.watch("c2")
    world.push.disconnect("c1")
    world.connections.closed.add("c2")
    assert world.push.publish(world.change()) == 0
    assert world.watchers.of(world.job.job_id) == []


def test_one_that_closes_while_it_is_told_is_forgotten(world: World) -> None:
    world.connections.closed.add("c1")
    world.watch("c1")
    assert world.watchers.of(world.job.job_id) == []


def test_a_connection_is_forgotten_when_its_time_is_over(world: World) -> None:
    world.watch("c1")
    world.clock.now += LIFETIME + timedelta(seconds=1)
    assert world.push.publish(world.change()) == 0


@pytest.mark.parametrize("error", [TransientError, PermanentError])
def test_trouble_with_one_connection_keeps_nothing_from_the_others(
    world: World, error: type[ClauseworksError]
) -> None:
    world.watch("c1")
    world.watch("c2")

    def fault(connection: str) -> None:
        if connection == "c1":
            raise error("aws-unavailable", "API Gateway answered.")

    world.connections.fault = fault
    assert world.push.publish(world.change()) == 1
    assert world.connections.events("c2") == [1, 2]


def test_trouble_while_a_client_is_answered_is_told_by_the_gateway(world: World) -> None:
    def fault(_connection: str) -> None:
        raise TransientError("aws-unavailable", "API Gateway answered 500.")

    world.connections.fault = fault
    with pytest.raises(TransientError):
        world.watch("c1")


def test_what_a_service_refuses_us_is_not_told(world: World) -> None:
    def refuse(_operation: str) -> None:
        raise PermanentError("aws-refused", "DynamoDB refused the role of the push function.")

    world.jobs.fault = refuse
    world.watch("c1")
    assert world.problem("c1") == "internal-error"
    assert "role" not in json.dumps(world.connections.sent["c1"])


def test_emulators_are_reached_by_a_path() -> None:
    url = "https://abc.execute-api.eu-central-1.amazonaws.com/dev"
    assert management_url(url, "") == url
    assert management_url(url, "http://127.0.0.1:4566") == "http://127.0.0.1:4566/_aws/execute-api/abc/dev"
