"""Long polls: at the wait function, and from the api function to there."""

from __future__ import annotations

from typing import Any

import pytest

from functions.api.settings import ApiSettings
from functions.api.waiting.settings import WaitSettings
from functions.api.waiting.watch import LONGEST_PAUSE, SHORTEST_PAUSE, pause
from tests.support.api.client import BOB, Backend, Client, places, problem, token
from tests.support.api.waiting import Time, Work, submitted, wait_app, wait_settings
from tests.support.memory.faults import no_fault


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def watcher(backend: Backend, time: Time) -> Client:
    return Client(wait_app(backend, time))


@pytest.fixture
def work(backend: Backend) -> Work:
    return submitted(backend)


def wait(client: Client, work: Work, seconds: int = 10, tag: str | None = None) -> Any:
    headers = {} if tag is None else {"If-None-Match": tag}
    return client.get(f"/jobs/{work.job_id}/wait?seconds={seconds}", headers=headers)


class TestWait:
    def test_answers_with_the_change(self, watcher: Client, work: Work, time: Time) -> None:
        time.at(3.0, work.take)
        answer = wait(watcher, work, tag='"1"')
        assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
        assert answer.json()["status"] == "running"
        assert 3.0 <= time.now < 3.0 + LONGEST_PAUSE

    def test_without_a_tag_from_now_on(self, watcher: Client, work: Work, time: Time) -> None:
        work.take()
        time.at(2.0, work.complete)
        assert wait(watcher, work).json()["status"] == "completed"
        assert time.now >= 2.0

    def test_nothing_changes(self, watcher: Client, work: Work, time: Time) -> None:
        answer = wait(watcher, work, 4, '"1"')
        assert (answer.status_code, answer.headers["etag"], answer.content) == (304, '"1"', b"")
        assert time.now == pytest.approx(4)
        answer = wait(watcher, work, 4)
        assert (answer.status_code, answer.json()["status"]) == (200, "queued")
        assert answer.headers["retry-after"] == "1"

    def test_who_is_behind_does_not_wait(self, watcher: Client, work: Work, time: Time) -> None:
        work.take()
        assert wait(watcher, work, tag='"1"').json()["status"] == "running"
        assert time.slept == []

    @pytest.mark.parametrize(("tag", "status"), [('"3"', 304), ('W/"3"', 304), ("*", 304), (None, 200)])
    def test_nothing_more_comes_from_an_ended_job(
        self, watcher: Client, work: Work, time: Time, tag: str | None, status: int
    ) -> None:
        work.take()
        work.complete()
        assert wait(watcher, work, tag=tag).status_code == status
        assert time.slept == []

    def test_the_deployment_cuts_it(self, backend: Backend, work: Work, time: Time) -> None:
        wait(Client(wait_app(backend, time, wait_seconds=5)), work, 60)
        assert time.now == pytest.approx(5)

    def test_job_that_is_removed_meanwhile(
        self, backend: Backend, watcher: Client, work: Work, time: Time
    ) -> None:
        def remove(operation: str) -> None:
            if operation == "jobs.get" and time.now > 2:
                backend.jobs.fault = no_fault
                backend.jobs.remove(work.job_id)

        backend.jobs.fault = remove
        time.at(2.0, work.take)
        assert problem(wait(watcher, work)) == (404, "job-not-found")

    @pytest.mark.parametrize("seconds", ["0", "61", "x", "1.5"])
    def test_seconds_that_are_none(self, watcher: Client, work: Work, seconds: str) -> None:
        answer = watcher.get(f"/jobs/{work.job_id}/wait?seconds={seconds}")
        assert problem(answer) == (422, "invalid-request")
        assert places(answer) == ["query.seconds"]

    def test_who_may_wait(self, watcher: Client, work: Work) -> None:
        assert problem(wait(Client(watcher.app, token(BOB)), work)) == (404, "job-not-found")
        assert problem(wait(Client(watcher.app, ""), work)) == (401, "token-missing")

    def test_nothing_else_is_served(self, watcher: Client, work: Work) -> None:
        assert problem(watcher.get(f"/jobs/{work.job_id}")) == (404, "not-found")
        assert problem(watcher.post("/jobs/analysis", json={})) == (404, "not-found")


class TestStatus:
    """At the api function, which sends those who wait elsewhere."""

    @pytest.mark.parametrize("path", ["", "/status"])
    @pytest.mark.parametrize("tag", [None, '"1"'])
    def test_redirects_with_the_state(self, alice: Client, work: Work, path: str, tag: str | None) -> None:
        headers = {} if tag is None else {"If-None-Match": tag}
        answer = alice.get(f"/jobs/{work.job_id}{path}?wait=7", headers=headers)
        assert (answer.status_code, answer.headers["etag"]) == (307, '"1"')
        assert answer.headers["location"] == f"/jobs/{work.job_id}/wait?seconds=7"
        assert answer.json()["status"] == "queued"

    def test_address_under_the_prefix(self, alice: Client, work: Work) -> None:
        answer = alice.get(f"/api/v1/jobs/{work.job_id}?wait=7", root_path="/dev")
        assert answer.status_code == 404
        answer = alice.get(f"/dev/api/v1/jobs/{work.job_id}?wait=7", root_path="/dev")
        assert answer.headers["location"] == f"/dev/api/v1/jobs/{work.job_id}/wait?seconds=7"

    def test_who_is_behind_is_answered_at_once(self, alice: Client, work: Work) -> None:
        work.take()
        answer = alice.get(f"/jobs/{work.job_id}?wait=7", headers={"If-None-Match": '"1"'})
        assert (answer.status_code, answer.json()["status"]) == (200, "running")

    def test_nothing_more_comes_from_an_ended_job(self, alice: Client, work: Work) -> None:
        work.take()
        work.complete()
        address = f"/jobs/{work.job_id}?wait=7"
        answer = alice.get(address)
        assert answer.json()["status"] == "completed"
        assert alice.get(address, headers={"If-None-Match": answer.headers["etag"]}).status_code == 304

    @pytest.mark.parametrize("wait", ["0", "61", "x"])
    def test_seconds_that_are_none(self, alice: Client, work: Work, wait: str) -> None:
        assert places(alice.get(f"/jobs/{work.job_id}?wait={wait}")) == ["query.wait"]


def test_reads_follow_the_pace_of_the_job() -> None:
    assert [pause(idle) for idle in (0, 0.5, 1.6, 4, 60)] == [
        SHORTEST_PAUSE,
        SHORTEST_PAUSE,
        0.2,
        0.5,
        LONGEST_PAUSE,
    ]


class TestSettings:
    def test_they_are_the_apis_and_one_more(self) -> None:
        assert set(WaitSettings.model_fields) - set(ApiSettings.model_fields) == {"wait_seconds"}

    @pytest.mark.parametrize("seconds", [0, 26])
    def test_a_wait_fits_into_an_invocation(self, seconds: int) -> None:
        with pytest.raises(ValueError, match="wait_seconds"):
            wait_settings(wait_seconds=seconds)
