"""The local server's watch: many clients, few reads; streams that go on."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest
from fastapi import FastAPI

from functions.api.waiting import routes
from functions.api.waiting.shared_poller import BATCH, SharedPoller
from shared.errors import TransientError
from shared.ids import uuid7
from shared.jobs.store import JobNotFoundError
from tests.support import virtual_time
from tests.support.api.client import BOB, Backend, Client, application, make_settings, problem, token
from tests.support.api.waiting import numbers, parsed, submitted

LONG = 30.0


@pytest.fixture
def reads(backend: Backend) -> Counter[str]:
    """Return how often the store was asked for what."""
    counted: Counter[str] = Counter()
    backend.jobs.fault = lambda operation: counted.update([operation])
    return counted


@pytest.fixture
def app(backend: Backend) -> FastAPI:
    return application(backend.dependencies(), make_settings(), partial(SharedPoller, longest=20))


def poller_of(backend: Backend) -> SharedPoller:
    return SharedPoller(backend.dependencies(), longest=20)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(LONG):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


class TestSharedPoller:
    def test_tells_everybody_who_waits_by_few_reads(self, backend: Backend, reads: Counter[str]) -> None:
        works = [submitted(backend) for _ in range(BATCH + 1)]

        async def watch() -> list[bool]:
            poller = poller_of(backend)
            waits = [poller.changed(work.job_id, 1, LONG, 0) for work in works for _ in range(3)]
            tasks = [asyncio.create_task(wait) for wait in waits]
            await until(lambda: reads["jobs.versions"] >= 2)
            for work in works:
                work.take()
            return await asyncio.gather(*tasks)

        assert virtual_time.run(watch()) == [True] * 3 * (BATCH + 1)
        assert reads["jobs.events"] == 0

    def test_nothing_changes(self, backend: Backend) -> None:
        work = submitted(backend)
        assert virtual_time.run(poller_of(backend).changed(work.job_id, 1, 0.05, 0)) is False

    def test_who_is_behind_does_not_wait(self, backend: Backend, reads: Counter[str]) -> None:
        work = submitted(backend)

        async def watch() -> bool:
            poller = poller_of(backend)
            async with asyncio.TaskGroup() as group:
                group.create_task(poller.changed(work.job_id, 5, 0.05, LONG))
                await asyncio.sleep(0)
                return await poller.changed(work.job_id, 4, LONG, LONG)

        assert virtual_time.run(watch()) is True
        assert reads["jobs.versions"] == 0

    def test_who_claims_to_know_more_misleads_nobody_for_long(
        self, backend: Backend, reads: Counter[str]
    ) -> None:
        work = submitted(backend)

        async def watch() -> list[bool]:
            poller = poller_of(backend)
            ahead = asyncio.create_task(poller.changed(work.job_id, 2**53, 0.5, 0))
            await until(lambda: reads["jobs.versions"] >= 1)
            honest = await poller.changed(work.job_id, 1, 0.2, 0)
            return [honest, await ahead]

        assert virtual_time.run(watch()) == [False, False]

    def test_a_claim_does_not_wake_who_waits(self, backend: Backend) -> None:
        work = submitted(backend)

        async def watch() -> bool:
            poller = poller_of(backend)
            async with asyncio.TaskGroup() as group:
                waiting = group.create_task(poller.changed(work.job_id, 1, 0.2, LONG))
                await asyncio.sleep(0)
                group.create_task(poller.changed(work.job_id, 2**53, 0.1, LONG))
            return waiting.result()

        assert virtual_time.run(watch()) is False

    def test_job_that_is_gone(self, backend: Backend) -> None:
        with pytest.raises(JobNotFoundError):
            virtual_time.run(poller_of(backend).changed(uuid7(), 1, LONG, 0))

    def test_store_that_fails_for_a_while(self, backend: Backend) -> None:
        work = submitted(backend)

        async def watch() -> bool:
            backend.fail(TransientError("aws-unavailable", "x"), "jobs.versions")
            waiting = asyncio.create_task(poller_of(backend).changed(work.job_id, 1, LONG, 0))
            await asyncio.sleep(0.3)
            backend.fail(TransientError("aws-unavailable", "x"))
            work.take()
            return await waiting

        assert virtual_time.run(watch()) is True

    def test_those_who_ask_at_the_same_time_share_a_read(self, backend: Backend, reads: Counter[str]) -> None:
        work = submitted(backend)

        async def read() -> list[list[Any]]:
            poller = poller_of(backend)
            return await asyncio.gather(*(poller.events(work.job_id, 0) for _ in range(50)))

        assert [[event.number for event in events] for events in virtual_time.run(read())] == [[1]] * 50
        assert reads["jobs.events"] == 1

    def test_reading_stops_when_nobody_waits(self, backend: Backend, reads: Counter[str]) -> None:
        work = submitted(backend)

        async def watch() -> set[str]:
            await poller_of(backend).changed(work.job_id, 1, 0.01, 0)
            await asyncio.sleep(0.3)
            others = asyncio.all_tasks() - {asyncio.current_task()}
            return {task.get_name() for task in others}

        assert virtual_time.run(watch()) == set()


class Stream:
    """A request to an ASGI application whose answer comes piece by piece."""

    def __init__(self, app: FastAPI, address: str, method: str = "GET", **headers: str) -> None:
        path, _, query = address.partition("?")
        given = {"Authorization": f"Bearer {token()}", **headers}
        self._scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in given.items()],
        }
        self._app = app
        self._gone = asyncio.Event()
        self._requested = False
        self.status = 0
        self.text = ""
        self.ended = False

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Stream]:
        task = asyncio.create_task(self._run())
        try:
            yield self
        finally:
            self.leave()
            await task

    def leave(self) -> None:
        self._gone.set()

    async def _run(self) -> None:
        await self._app(self._scope, self._receive, self._send)

    async def _receive(self) -> dict[str, Any]:
        if not self._requested:
            self._requested = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            assert not self.ended
            self.text += message.get("body", b"").decode()
            self.ended = not message.get("more_body", False)


class TestStream:
    def test_tells_events_as_they_come_and_ends_with_the_job(self, backend: Backend, app: FastAPI) -> None:
        work = submitted(backend)

        async def follow() -> str:
            async with Stream(app, f"/jobs/{work.job_id}/events").open() as stream:
                for number, write in enumerate(work.all(), 1):
                    await until(lambda: numbers(parsed(stream.text)) == list(range(1, number + 1)))  # noqa: B023
                    write()
                await until(lambda: stream.ended)
                return stream.text

        text = virtual_time.run(follow())
        assert text.startswith("retry: 250\n\nid: 1\n")
        assert numbers(parsed(text)) == list(range(1, backend.job(work.job_id).version + 1))

    def test_silence_is_filled_without_a_read(
        self, backend: Backend, app: FastAPI, reads: Counter[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(routes, "KEEP_ALIVE_SECONDS", 0.02)
        work = submitted(backend)

        async def follow() -> None:
            async with Stream(app, f"/jobs/{work.job_id}/events").open() as stream:
                await until(lambda: stream.text.count(": keep-alive\n\n") > 5)

        virtual_time.run(follow())
        assert reads["jobs.events"] == 2

    def test_client_that_leaves(self, backend: Backend, app: FastAPI, reads: Counter[str]) -> None:
        work = submitted(backend)

        async def follow() -> Counter[str]:
            async with Stream(app, f"/jobs/{work.job_id}/events").open() as stream:
                await until(lambda: stream.status == 200)
            await asyncio.sleep(0.3)
            before = Counter(reads)
            work.take()
            await asyncio.sleep(0.3)
            return Counter({name: reads[name] - before[name] for name in ("jobs.versions", "jobs.events")})

        assert not +virtual_time.run(follow())

    def test_comes_back_to_its_place(self, backend: Backend, app: FastAPI) -> None:
        work = submitted(backend)
        for write in work.all():
            write()
        version = backend.job(work.job_id).version

        async def follow(after: int) -> Stream:
            headers = {"Last-Event-ID": str(after)}
            async with Stream(app, f"/jobs/{work.job_id}/events", **headers).open() as stream:
                await until(lambda: stream.ended)
            return stream

        assert numbers(parsed(virtual_time.run(follow(3)).text)) == list(range(4, version + 1))
        assert virtual_time.run(follow(version)).status == 204

    def test_a_client_that_is_ahead_disturbs_nobody(
        self, backend: Backend, app: FastAPI, reads: Counter[str]
    ) -> None:
        work = submitted(backend)
        address = f"/jobs/{work.job_id}/events"

        async def follow() -> str:
            async with (
                Stream(app, address, **{"Last-Event-ID": str(2**53)}).open() as ahead,
                Stream(app, address).open() as honest,
            ):
                await until(lambda: bool(ahead.text) and bool(honest.text))
                await asyncio.sleep(0.3)
                assert reads["jobs.events"] < 10
                work.take()
                await until(lambda: "id: 2\n" in honest.text and "id: 2\n" in ahead.text)
                return ahead.text

        assert numbers(parsed(virtual_time.run(follow()))) == [2]

    @pytest.mark.parametrize("operation", ["jobs.events", "jobs.versions"])
    def test_ends_where_reading_fails_for_good(self, backend: Backend, app: FastAPI, operation: str) -> None:
        work = submitted(backend)

        async def follow() -> None:
            async with Stream(app, f"/jobs/{work.job_id}/events").open() as stream:
                await until(lambda: bool(stream.text))
                if operation == "jobs.events":
                    backend.fail(TransientError("aws-unavailable", "x"), operation)
                    work.take()
                else:
                    backend.jobs.remove(work.job_id)
                await until(lambda: stream.ended)

        virtual_time.run(follow())


class TestStatus:
    def test_waits_right_there(self, backend: Backend, app: FastAPI, reads: Counter[str]) -> None:
        work = submitted(backend)

        async def follow() -> Stream:
            path = f"/jobs/{work.job_id}/status?wait=20"
            async with Stream(app, path, **{"If-None-Match": '"1"'}).open() as stream:
                await until(lambda: reads["jobs.versions"] > 0)
                assert stream.status == 0
                work.take()
                await until(lambda: stream.ended)
            return stream

        answer = virtual_time.run(follow())
        assert (answer.status, json.loads(answer.text)["status"]) == (200, "running")

    def test_head_does_not_hold(self, backend: Backend, app: FastAPI) -> None:
        path = f"/jobs/{submitted(backend).job_id}/events"

        async def follow() -> Stream:
            async with Stream(app, path, method="HEAD").open() as stream:
                await until(lambda: stream.ended)
            return stream

        answer = virtual_time.run(follow())
        assert (answer.status, answer.text) == (200, "")

    def test_strangers_see_nothing(self, backend: Backend, app: FastAPI) -> None:
        stranger = Client(app, token(BOB))
        answer = stranger.get(f"/jobs/{submitted(backend).job_id}/events")
        assert problem(answer) == (404, "job-not-found")
