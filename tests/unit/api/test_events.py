"""Events of a job and of a document, as the wait function answers them."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from functions.api.services import lookup
from functions.api.services.lookup import BATCH
from functions.api.waiting.watch import LONGEST_PAUSE, PAGE
from shared.clock import utc_now
from shared.documents.model import DocumentRecord
from shared.errors import TransientError
from shared.ids import uuid7
from shared.jobs.model import Event, Kind, Owner
from tests.support.api.client import ADMIN, ALICE, BOB, Backend, Client, client_of, problem, token
from tests.support.api.waiting import Time, Work, events_of, numbers, submitted, wait_app
from tests.support.memory.faulty import FaultyJobs


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def watcher(backend: Backend, time: Time) -> Client:
    return Client(wait_app(backend, time))


@pytest.fixture
def work(backend: Backend) -> Work:
    return submitted(backend)


@pytest.fixture
def document(backend: Backend) -> str:
    document = DocumentRecord(uuid7(), Owner("directus", ALICE), "a.pdf", "application/pdf", utc_now())
    backend.documents.put(document)
    return document.document_id


def events(client: Client, work: Work, after: int | None = None) -> Any:
    headers = {} if after is None else {"Last-Event-ID": str(after)}
    return client.get(f"/jobs/{work.job_id}/events", headers=headers)


def progress(client: Client, document: str, after: str = "") -> Any:
    headers = {"Last-Event-ID": after} if after else {}
    return client.get(f"/documents/{document}/progress", headers=headers)


class TestJob:
    def test_what_is_there_comes_at_once(self, watcher: Client, work: Work, time: Time) -> None:
        work.take()
        answer = events(watcher, work)
        assert answer.text.startswith("retry: 250\n\nid: 1\ndata: {")
        assert time.slept == []
        first, second = events_of(answer)
        assert (first["sse_id"], first["id"], first["status"]) == ("1", 1, "queued")
        assert (second["id"], second["status"], second["progress"]) == (2, "running", 0)
        assert second["job_id"] == work.job_id
        assert numbers(events_of(events(watcher, work, 1))) == [2]

    def test_the_next_event_is_waited_for(self, watcher: Client, work: Work, time: Time) -> None:
        time.at(3.0, work.take)
        assert numbers(events_of(events(watcher, work, 1))) == [2]
        assert 3.0 <= time.now < 3.0 + LONGEST_PAUSE

    def test_nothing_happens(self, watcher: Client, work: Work, time: Time) -> None:
        answer = events(watcher, work, 1)
        assert (answer.status_code, answer.text) == (200, "retry: 250\n\n: keep-alive\n\n")
        assert time.now == pytest.approx(20)

    def test_reading_slows_down_while_nothing_happens(self, watcher: Client, work: Work, time: Time) -> None:
        events(watcher, work, 1)
        assert time.slept[:-1] == sorted(time.slept[:-1])
        assert (time.slept[0], max(time.slept)) == (0.1, LONGEST_PAUSE)
        assert len(time.slept) < 50

    def test_ended_and_all_told(self, watcher: Client, work: Work, time: Time) -> None:
        for write in work.all():
            write()
        last = events_of(events(watcher, work))[-1]
        assert (last["status"], last["progress"]) == ("completed", 100)
        assert events(watcher, work, last["id"]).status_code == 204
        assert time.slept == []

    def test_every_event_once_over_many_answers(self, backend: Backend) -> None:
        dice = random.Random(11)  # noqa: S311
        for _ in range(20):
            time, work = Time(), submitted(backend)
            watcher = Client(wait_app(backend, time, wait_seconds=2))
            second = 0.0
            for write in work.all():
                second += dice.choice((0.0, 0.05, 0.5, 3.0))
                time.at(second, write)
            seen: list[int] = []
            while (answer := events(watcher, work, seen[-1] if seen else None)).status_code != 204:
                # Some answers are lost on their way: the client knows of what came before only.
                if dice.random() < 0.8:
                    seen += numbers(events_of(answer))
            assert seen == list(range(1, backend.job(work.job_id).version + 1))

    def test_long_histories_come_in_pages(self, watcher: Client, work: Work) -> None:
        for write in work.all(PAGE):
            write()
        first = events_of(events(watcher, work))
        assert numbers(first) == list(range(1, PAGE + 1))
        assert numbers(events_of(events(watcher, work, PAGE))) == [PAGE + 1, PAGE + 2, PAGE + 3]

    def test_an_event_that_a_query_missed_is_not_lost(self, backend: Backend) -> None:
        class Blind(FaultyJobs):
            """Misses the second event once, as a query may that runs while it is written."""

            blind = True

            def events(self, job_id: str, after: int = 0, limit: int = 100) -> list[Event]:
                events = FaultyJobs.events(self, job_id, after, limit)
                if Blind.blind:
                    Blind.blind = False
                    return [event for event in events if event.number != 2]
                return events

        backend.jobs = Blind()
        work = submitted(backend)
        work.take()
        work.unit()
        assert numbers(events_of(events(Client(wait_app(backend, Time())), work))) == [1, 2, 3]

    def test_nothing_is_told_across_a_gap_that_remains(self, backend: Backend) -> None:
        hidden = [2, 3]

        class Blind(FaultyJobs):
            """Misses another event with each of the first two queries."""

            def events(self, job_id: str, after: int = 0, limit: int = 100) -> list[Event]:
                events = FaultyJobs.events(self, job_id, after, limit)
                missed = hidden.pop(0) if hidden else 0
                return [event for event in events if event.number != missed]

        backend.jobs = Blind()
        work = submitted(backend)
        for write in work.all(1):
            write()
        watcher = Client(wait_app(backend, Time()))
        assert numbers(events_of(events(watcher, work))) == [1, 2]
        assert numbers(events_of(events(watcher, work, 2))) == [3, 4]

    def test_who_may_watch(self, watcher: Client, work: Work) -> None:
        assert problem(events(Client(watcher.app, token(BOB)), work)) == (404, "job-not-found")
        assert events_of(events(Client(watcher.app, ADMIN), work))
        assert problem(events(Client(watcher.app, ""), work)) == (401, "token-missing")
        assert problem(watcher.get("/jobs/none/events")) == (404, "job-not-found")

    @pytest.mark.parametrize("given", ["x", "-1", "1:2"])
    def test_event_id_that_is_none(self, watcher: Client, work: Work, given: str) -> None:
        answer = watcher.get(f"/jobs/{work.job_id}/events", headers={"Last-Event-ID": given})
        assert problem(answer) == (422, "invalid-request")

    def test_table_that_does_not_answer(self, backend: Backend, watcher: Client, work: Work) -> None:
        backend.fail(TransientError("aws-unavailable", "x", retry_after=3), "jobs.events")
        answer = events(watcher, work)
        assert problem(answer) == (503, "aws-unavailable")
        assert answer.headers["retry-after"] == "3"


class TestDocument:
    def test_the_active_job_is_followed(self, backend: Backend, watcher: Client, document: str) -> None:
        old, active, new = (submitted(backend, document_id=document) for _ in range(3))
        for job in sorted((old, active, new), key=lambda job: job.job_id)[::2]:
            for write in job.all():
                write()
        followed = sorted((old, active, new), key=lambda job: job.job_id)[1]
        (event,) = events_of(progress(watcher, document))
        assert event["sse_id"] == f"{followed.job_id}:1"
        assert (event["id"], event["document_id"]) == (1, document)

    def test_the_newest_where_all_have_ended(self, backend: Backend, watcher: Client, document: str) -> None:
        jobs = sorted((submitted(backend, document_id=document) for _ in range(2)), key=lambda j: j.job_id)
        for job in jobs:
            for write in job.all(0):
                write()
        seen = events_of(progress(watcher, document))
        assert [event["sse_id"] for event in seen] == [f"{jobs[1].job_id}:{n}" for n in (1, 2, 3)]
        assert progress(watcher, document, seen[-1]["sse_id"]).status_code == 204

    def test_goes_on_with_the_next_newer_job(
        self, backend: Backend, watcher: Client, document: str, time: Time
    ) -> None:
        first = submitted(backend, document_id=document)
        second = Work(backend.jobs, "")
        expected: list[str] = []

        def submit_another() -> None:
            second.job_id = submitted(backend, document_id=document).job_id

        for at, write in enumerate([first.take, submit_another, second.take, first.unit, first.complete]):
            time.at(float(at), write)
        for at, write in enumerate([second.unit, second.complete]):
            time.at(6.0 + at, write)
        seen: list[str] = []
        while (answer := progress(watcher, document, seen[-1] if seen else "")).status_code != 204:
            seen += [event["sse_id"] for event in events_of(answer)]
        expected = [f"{first.job_id}:{n}" for n in range(1, 5)]
        expected += [f"{second.job_id}:{n}" for n in range(1, 5)]
        assert seen == expected

    def test_many_ended_jobs_cost_few_reads(self, backend: Backend, watcher: Client, document: str) -> None:
        jobs = [submitted(backend, document_id=document) for _ in range(BATCH + 1)]
        for job in jobs:
            job.take()
            job.complete()
        newest = max(job.job_id for job in jobs)
        reads: Counter[str] = Counter()
        backend.jobs.fault = lambda operation: reads.update([operation])
        (*_, last) = events_of(progress(watcher, document))
        assert last["job_id"] == newest
        assert (reads["jobs.many"], reads["jobs.get"]) == (2, 0)
        reads.clear()
        assert progress(watcher, document, last["sse_id"]).status_code == 204
        assert (reads["jobs.many"], reads["jobs.get"]) == (0, 1)

    def test_the_newest_jobs_are_looked_at(
        self, backend: Backend, watcher: Client, document: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(lookup, "NEWEST", 3)
        jobs = sorted((submitted(backend, document_id=document) for _ in range(4)), key=lambda j: j.job_id)
        for job in jobs[1:]:
            job.take()
            job.complete()
        assert {event["job_id"] for event in events_of(progress(watcher, document))} == {jobs[3].job_id}

    def test_newer_jobs_of_others_hide_none_of_mine(
        self, backend: Backend, watcher: Client, document: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(lookup, "NEWEST", 1)
        mine = submitted(backend, document_id=document)
        for _ in range(2):
            submitted(backend, "root", document, Kind.CLEANUP)
        for write in mine.all(0):
            write()
        assert {event["job_id"] for event in events_of(progress(watcher, document))} == {mine.job_id}

    def test_place_in_a_job_that_is_gone(self, backend: Backend, watcher: Client, document: str) -> None:
        gone = submitted(backend, document_id=document)
        backend.jobs.remove(gone.job_id)
        kept = submitted(backend, document_id=document)
        (event,) = events_of(progress(watcher, document, f"{gone.job_id}:7"))
        assert event["sse_id"] == f"{kept.job_id}:1"

    def test_place_in_another_documents_job(self, backend: Backend, watcher: Client, document: str) -> None:
        other, mine = submitted(backend), submitted(backend, document_id=document)
        (event,) = events_of(progress(watcher, document, f"{other.job_id}:1"))
        assert event["sse_id"] == f"{mine.job_id}:1"

    def test_others_jobs_about_it_are_not_told(
        self, backend: Backend, watcher: Client, document: str, time: Time
    ) -> None:
        mine = submitted(backend, document_id=document)
        submitted(backend, "root", document, Kind.CLEANUP)
        for write in mine.all(0):
            write()
        assert {event["job_id"] for event in events_of(progress(watcher, document))} == {mine.job_id}
        assert progress(watcher, document, f"{mine.job_id}:3").status_code == 204

    def test_who_may_watch(self, backend: Backend, watcher: Client, document: str) -> None:
        submitted(backend, document_id=document)
        stranger = Client(watcher.app, token(BOB))
        assert problem(progress(stranger, document)) == (404, "document-not-found")
        assert problem(progress(watcher, uuid7())) == (404, "document-not-found")

    def test_document_without_a_job(self, watcher: Client, document: str) -> None:
        assert problem(progress(watcher, document)) == (409, "document-without-job")

    @pytest.mark.parametrize("given", ["x", "17", "not-a-job:1"])
    def test_event_id_that_is_none(self, watcher: Client, document: str, given: str) -> None:
        assert problem(progress(watcher, document, given)) == (422, "invalid-request")


def test_the_api_function_never_waits(backend: Backend) -> None:
    """Requests that reach it all the same are answered with what there is."""
    work, alice = submitted(backend), client_of(backend)
    assert numbers(events_of(events(alice, work))) == [1]
    assert events(alice, work, 1).text == "retry: 2000\n\n: keep-alive\n\n"
    assert alice.get(f"/jobs/{work.job_id}/wait?seconds=60").json()["status"] == "queued"
