"""Dead letters: listed, brought back and thrown away; cut short anywhere, nothing is lost or doubled."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import pytest

from functions.api.schemas.dead_letters import MAX_LETTERS, LetterOutcome, RedriveReport
from functions.api.services.operators import redrive
from shared.errors import PermanentError, TransientError
from shared.jobs import states
from shared.jobs.model import Job, Kind, Status
from shared.operations.audit import AuditOutcome, queue_subject
from tests.support.api.client import places, problem
from tests.support.worlds.operators import OperatorsWorld

LIST = "/admin/dead-letters"
REDRIVE = "/admin/dead-letters/redrive"
PURGE = "/admin/dead-letters/purge"
TROUBLE = TransientError("aws-unavailable", "Busy.")


def cancelled(desk: OperatorsWorld) -> Job:
    cancelling = desk.then(desk.running(), lambda job: states.request_cancel(job, desk.clock(), "alice"))
    return desk.then(cancelling, lambda job: states.cancelled(job, job.fence, desk.clock()))


class TestList:
    def test_tells_what_each_letter_is(self, desk: OperatorsWorld) -> None:
        job = desk.failed()
        known, gone = desk.letter(job), desk.letter(desk.submitted())
        del desk.jobs._jobs[[*desk.jobs._jobs][-1]]
        poison = desk.poison('{"job_id": "../etc/passwd", "kind": "analysis"}')
        body = desk.client.get(LIST).json()
        letters = {letter["message_id"]: letter for letter in body["dead_letters"]}
        assert set(letters) == {known, gone, poison}
        assert letters[known] == {
            "message_id": known,
            "kind": "analysis",
            "readable": True,
            "job_id": job.job_id,
            "job_status": "failed",
            "receive_count": 6,
            "first_sent_at": "2026-11-21T12:00:00.000Z",
        }
        assert (letters[gone]["readable"], letters[gone]["job_status"]) == (True, None)
        assert (letters[poison]["readable"], letters[poison]["job_id"]) == (False, None)
        assert body["complete"] is True

    def test_hides_nothing(self, desk: OperatorsWorld) -> None:
        ids = {desk.letter(desk.submitted()) for _ in range(25)}
        for _ in range(2):
            letters = desk.client.get(LIST, params={"limit": 100}).json()["dead_letters"]
            assert {letter["message_id"] for letter in letters} == ids

    def test_more_than_asked_for(self, desk: OperatorsWorld) -> None:
        for _ in range(3):
            desk.poison()
        body = desk.client.get(LIST, params={"limit": 2}).json()
        assert (len(body["dead_letters"]), body["complete"]) == (2, False)

    def test_queues_are_apart(self, desk: OperatorsWorld) -> None:
        desk.poison(kind=Kind.CLEANUP)
        assert desk.client.get(LIST).json() == {"dead_letters": [], "complete": True}
        assert len(desk.client.get(LIST, params={"kind": "cleanup"}).json()["dead_letters"]) == 1
        assert problem(desk.client.get(LIST, params={"kind": "output"})) == (
            422,
            "dead-letters-not-configured",
        )

    def test_letters_that_cannot_be_released_come_back(self, desk: OperatorsWorld) -> None:
        message_id = desk.poison()

        def fault(operation: str) -> None:
            if operation == "letters.release":
                raise TROUBLE

        desk.fault = fault
        assert len(desk.client.get(LIST).json()["dead_letters"]) == 1
        assert desk.client.get(LIST).json()["dead_letters"] == []
        desk.clock.advance(seconds=20)
        assert desk.client.get(LIST).json()["dead_letters"][0]["message_id"] == message_id


class TestRedrive:
    def test_by_the_state_of_its_job(self, desk: OperatorsWorld) -> None:
        jobs = {
            "open": desk.running(),
            "failed": desk.failed(metadata={"client_name": "Muster"}, max_attempts=3),
            "completed": desk.completed(),
            "cancelled": cancelled(desk),
        }
        ids = {name: desk.letter(job) for name, job in jobs.items()}
        ids["poison"] = desk.poison()
        answer = desk.client.post(REDRIVE, json={"kind": "analysis"})
        assert answer.status_code == 200, answer.text
        body = answer.json()
        outcomes = {letter["message_id"]: letter["outcome"] for letter in body["dead_letters"]}
        assert outcomes == {
            ids["open"]: "resent",
            ids["failed"]: "retried",
            ids["completed"]: "settled",
            ids["cancelled"]: "settled",
            ids["poison"]: "unreadable",
        }
        assert body["counts"] == {
            "resent": 1,
            "retried": 1,
            "settled": 2,
            "purged": 0,
            "unknown_job": 0,
            "unreadable": 1,
            "failed": 0,
        }
        assert (body["missing"], body["complete"]) == ([], True)
        (retry,) = desk.retries_of(jobs["failed"])
        assert (retry.metadata, retry.max_attempts, retry.owner) == (
            {"client_name": "Muster"},
            3,
            jobs["failed"].owner,
        )
        assert [letter["retry_job_id"] for letter in body["dead_letters"] if letter["retry_job_id"]] == [
            retry.job_id
        ]
        assert desk.sent() == [jobs["open"].job_id, retry.job_id]
        assert set(desk.letters.letters) == {ids["poison"]}
        assert all(desk.job(job.job_id) == job for job in jobs.values())

    def test_what_stays_can_be_seen_at_once(self, desk: OperatorsWorld) -> None:
        desk.poison()
        for _ in range(2):
            body = desk.client.post(REDRIVE, json={"kind": "analysis"}).json()
            assert body["counts"]["unreadable"] == 1

    def test_unknown_jobs_stay(self, desk: OperatorsWorld) -> None:
        job = desk.submitted()
        message_id = desk.letter(job)
        desk.jobs.remove(job.job_id)
        body = desk.client.post(REDRIVE, json={"kind": "analysis"}).json()
        assert body["counts"]["unknown_job"] == 1
        assert message_id in desk.letters.letters
        assert desk.sent() == []

    def test_those_that_are_named(self, desk: OperatorsWorld) -> None:
        jobs = [desk.submitted() for _ in range(30)]
        ids = [desk.letter(job) for job in jobs]
        body = desk.client.post(
            REDRIVE, json={"kind": "analysis", "message_ids": [ids[25], "nowhere"]}
        ).json()
        assert [letter["message_id"] for letter in body["dead_letters"]] == [ids[25]]
        assert (body["missing"], body["complete"]) == (["nowhere"], True)
        assert desk.sent() == [jobs[25].job_id]
        assert desk.letters.of(Kind.ANALYSIS).waiting == 29  # type: ignore[union-attr]

    @pytest.mark.parametrize("address", [REDRIVE, PURGE])
    def test_a_letter_that_is_named_twice_is_one(self, desk: OperatorsWorld, address: str) -> None:
        message_id = desk.letter(desk.submitted())
        body = {"kind": "analysis", "message_ids": [message_id, message_id]}
        report = desk.client.post(address, json=body).json()
        assert (len(report["dead_letters"]), report["missing"], report["complete"]) == (1, [], True)

    def test_all_is_bounded(self, desk: OperatorsWorld) -> None:
        for _ in range(MAX_LETTERS + 5):
            desk.letter(desk.submitted())
        first = desk.client.post(REDRIVE, json={"kind": "analysis"}).json()
        second = desk.client.post(REDRIVE, json={"kind": "analysis"}).json()
        assert (first["counts"]["resent"], first["complete"]) == (MAX_LETTERS, False)
        assert (second["counts"]["resent"], second["complete"]) == (5, True)

    def test_those_that_stay_do_not_hold_up_the_others(self, desk: OperatorsWorld) -> None:
        for _ in range(MAX_LETTERS + 5):
            desk.poison()
        job = desk.submitted()
        desk.letter(job)
        body = desk.client.post(REDRIVE, json={"kind": "analysis"}).json()
        assert (body["counts"]["resent"], body["counts"]["unreadable"]) == (1, MAX_LETTERS + 5)
        assert desk.sent() == [job.job_id]

    def test_takes_no_longer_than_it_may(self, desk: OperatorsWorld) -> None:
        for _ in range(30):
            desk.letter(desk.submitted())

        def slow(operation: str) -> None:
            if operation == "queue.send":
                desk.clock.advance(seconds=1)

        desk.fault = slow
        body = desk.client.post(REDRIVE, json={"kind": "analysis"}).json()
        assert (body["counts"]["resent"], body["complete"]) == (20, False)

    def test_two_letters_of_one_failed_job_make_one_retry(self, desk: OperatorsWorld) -> None:
        job = desk.failed()
        for _ in range(2):
            desk.letter(job)
        body = desk.client.post(REDRIVE, json={"kind": "analysis"}).json()
        (retry,) = desk.retries_of(job)
        assert {letter["retry_job_id"] for letter in body["dead_letters"]} == {retry.job_id}

    def test_a_retry_by_hand_and_a_redrive_make_one_job(self, desk: OperatorsWorld) -> None:
        job = desk.failed()
        again = desk.client.post(f"/admin/tasks/{job.job_id}/retry").json()["job_id"]
        desk.letter(job)
        body = desk.client.post(REDRIVE, json={"kind": "analysis"}).json()
        assert body["dead_letters"][0]["retry_job_id"] == again
        assert desk.sent() == [again]

    def test_a_queue_that_does_not_answer(self, desk: OperatorsWorld) -> None:
        ids = [desk.letter(desk.submitted()) for _ in range(2)]

        def fault(operation: str) -> None:
            if operation == "queue.send":
                raise TROUBLE

        desk.fault = fault
        body = desk.client.post(REDRIVE, json={"kind": "analysis"}).json()
        assert (body["counts"]["failed"], body["complete"]) == (1, False)
        assert set(desk.letters.letters) == set(ids)
        assert desk.letters.of(Kind.ANALYSIS).waiting == 2  # type: ignore[union-attr]

    def test_every_step_is_in_the_trail(self, desk: OperatorsWorld) -> None:
        job = desk.failed()
        message_id = desk.letter(job)
        body = desk.client.post(REDRIVE, json={"kind": "analysis"}).json()
        (entry,) = desk.audit.entries(job.job_id)
        assert (entry.action, entry.actor, entry.outcome) == ("redrive", "directus|root", AuditOutcome.DONE)
        assert entry.details == {
            "message_id": message_id,
            "outcome": "retried",
            "retry_job_id": body["dead_letters"][0]["retry_job_id"],
        }
        (queue,) = desk.client.get("/admin/audit").json()["entries"]
        assert queue["type"] == "redrive"
        assert queue["details"]["counts"]["retried"] == 1
        assert queue["details"]["gone"] == [message_id]

    def test_no_trail_no_redrive(self, desk: OperatorsWorld) -> None:
        desk.letter(desk.submitted())

        def fault(operation: str) -> None:
            if operation == "audit.record":
                raise TROUBLE

        desk.fault = fault
        answer = desk.client.post(REDRIVE, json={"kind": "analysis"})
        assert problem(answer) == (503, "aws-unavailable")
        assert desk.sent() == []

    @pytest.mark.parametrize(
        "body", [{}, {"kind": "other"}, {"kind": "analysis", "message_ids": []}, {"kind": "analysis", "x": 1}]
    )
    def test_bad_requests(self, desk: OperatorsWorld, body: dict[str, object]) -> None:
        assert problem(desk.client.post(REDRIVE, json=body)) == (422, "invalid-request")


class TestPurge:
    def test_those_that_are_named(self, desk: OperatorsWorld) -> None:
        job = desk.submitted()
        first, second = desk.letter(job), desk.poison()
        body = desk.client.post(PURGE, json={"kind": "analysis", "message_ids": [first]}).json()
        assert (body["counts"]["purged"], body["complete"]) == (1, True)
        assert set(desk.letters.letters) == {second}
        (entry,) = desk.audit.entries(job.job_id)
        assert (entry.action, entry.outcome) == ("purge", AuditOutcome.DONE)
        assert desk.job(job.job_id) == job

    def test_all_of_them(self, desk: OperatorsWorld) -> None:
        ids = {desk.letter(desk.completed()), desk.poison()}
        body = desk.client.post(PURGE, json={"kind": "analysis", "all": True}).json()
        assert body["counts"]["purged"] == 2
        assert desk.letters.letters == {}
        (entry,) = desk.audit.entries(queue_subject(Kind.ANALYSIS))
        assert entry.details["counts"]["purged"] == 2
        assert set(entry.details["gone"]) == ids

    def test_what_was_done_before_an_error_is_in_the_trail(self, desk: OperatorsWorld) -> None:
        desk.poison()
        desk.poison()

        def fault(operation: str) -> None:
            if operation == "letters.delete" and len(desk.letters.letters) == 1:
                raise PermanentError("aws-refused", "SQS refused.")

        desk.fault = fault
        answer = desk.client.post(PURGE, json={"kind": "analysis", "all": True})
        assert problem(answer) == (500, "internal-error")
        (entry,) = desk.audit.entries(queue_subject(Kind.ANALYSIS))
        assert (entry.outcome, len(entry.details["gone"])) == (AuditOutcome.REFUSED, 1)

    @pytest.mark.parametrize("body", [{}, {"all": False}, {"all": True, "message_ids": ["a"]}])
    def test_says_expressly_what(self, desk: OperatorsWorld, body: dict[str, object]) -> None:
        answer = desk.client.post(PURGE, json={"kind": "analysis"} | body)
        assert problem(answer) == (422, "invalid-request")
        assert places(answer) == ["body"]


@pytest.mark.parametrize("operation", ["jobs.create", "queue.send", "letters.delete", "audit.record"])
def test_two_operators_whose_letters_come_back_too_early(desk: OperatorsWorld, operation: str) -> None:
    """One is so slow that the letters are visible again, and another one deals with them meanwhile."""
    unfinished, failed = desk.submitted(), desk.failed()
    for job in (unfinished, failed):
        desk.letter(job)
    reports: list[RedriveReport] = []

    def slow(happening: str) -> None:
        if happening == operation:
            desk.fault = lambda _operation: None
            desk.clock.advance(seconds=redrive.HIDDEN.total_seconds())
            reports.append(redrive.redrive(desk.operator(), Kind.ANALYSIS))

    desk.fault = slow
    reports.append(redrive.redrive(desk.operator(), Kind.ANALYSIS))
    assert len(reports) == 2
    (retry,) = desk.retries_of(failed)
    assert desk.letters.letters == {}
    assert set(desk.sent()) == {unfinished.job_id, retry.job_id}
    assert desk.sent().count(retry.job_id) == 1


class KilledError(Exception):
    """The process is gone: nothing of it does anything any more."""


@dataclass
class Killer:
    """Kills the process at its ``at``-th operation, for good."""

    at: int
    operations: int = 0
    killed: bool = False

    def __call__(self, _operation: str) -> None:
        self.operations += 1
        if self.operations >= self.at:
            self.killed = True
            raise KilledError


def test_killed_anywhere_nothing_is_lost_and_no_job_doubled() -> None:
    """Kill a redrive before each of its operations, let another operator repeat it, and count."""
    at, survived = 0, False
    while not survived:
        at += 1
        desk = OperatorsWorld()
        jobs = {"open": desk.submitted(), "failed": desk.failed(), "completed": desk.completed()}
        letters = {name: desk.letter(job) for name, job in jobs.items()}
        letters["twin"] = desk.letter(jobs["failed"])
        letters["poison"] = desk.poison()
        before = {name: desk.job(job.job_id) for name, job in jobs.items()}
        killer = Killer(at)
        desk.fault = killer
        with suppress(KilledError):
            redrive.redrive(desk.operator(), Kind.ANALYSIS)
        survived = not killer.killed
        desk.fault = lambda _operation: None
        _check(desk, jobs["open"], letters)

        desk.clock.advance(seconds=redrive.HIDDEN.total_seconds())
        report = redrive.redrive(desk.operator(), Kind.ANALYSIS)
        assert LetterOutcome.FAILED not in {handled.outcome for handled in report.handled}
        _check(desk, jobs["open"], letters)
        assert set(desk.letters.letters) == {letters["poison"]}
        (retry,) = desk.retries_of(jobs["failed"])
        assert retry.status is Status.QUEUED
        assert {name: desk.job(job.job_id) for name, job in jobs.items()} == before
    # Receive; then for each letter: read, two entries, and what each outcome takes.
    assert at > 20


def _check(desk: OperatorsWorld, unfinished: Job, letters: dict[str, str]) -> None:
    """At every moment each job has its letter or what replaces it."""
    there = set(desk.letters.letters)
    assert letters["open"] in there or unfinished.job_id in desk.sent()
    retried = [job for job in desk.jobs._jobs.values() if job.retry_of]
    assert len(retried) <= 1
    assert {letters["failed"], letters["twin"]} <= there or len(retried) == 1
    assert letters["poison"] in there
