from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from shared.errors import PermanentError, TransientError
from shared.jobs import states
from shared.jobs.execution import BACKOFF_CAP, Ending, Limits, Outcome, Remaining, backoff
from shared.jobs.model import Change, Job, Kind, Status, Unit
from shared.jobs.queue import JobMessage
from shared.jobs.runner import Runner, unlimited
from shared.jobs.store import edit
from shared.memory import MemoryFiles, MemoryJobs, MemoryQueue
from tests.fakes.toy_workflow import Toy
from tests.store_contract import LEASE, FakeClock, new_job, submit

STEPS = [("read", 0), ("read", 1), ("read", 2), ("read", 3), ("add", 0), ("add", 1)]


class CrashError(BaseException):
    """The process is gone: nothing catches it."""


@dataclass(slots=True)
class Shop:
    """A runner of toy workflows and everything it writes to."""

    clock: FakeClock = field(default_factory=FakeClock)
    toy: Toy = field(default_factory=Toy)
    files: MemoryFiles = field(default_factory=MemoryFiles)
    store: MemoryJobs = field(init=False)
    queue: MemoryQueue = field(init=False)
    runner: Runner = field(init=False)

    def __post_init__(self) -> None:
        self.store = MemoryJobs(self.clock)
        self.queue = MemoryQueue(self.clock)
        self.runner = self.worker()

    def worker(self) -> Runner:
        limits = Limits(LEASE, timedelta(seconds=20))
        kinds = {Kind.ANALYSIS: self.toy}
        return Runner(self.store, self.files, self.queue, kinds, limits=limits, clock=self.clock)

    def submit(self, **fields: Any) -> Job:
        return submit(self.store, new_job(self.clock, **fields))

    def deliver(self, job: Job, remaining: Remaining = unlimited) -> Outcome:
        return self.runner.handle(JobMessage(job.job_id, job.kind), remaining)

    def job(self, job: Job) -> Job:
        stored = self.store.get(job.job_id)
        assert stored is not None
        return stored

    def ask(self, what: Any, job: Job) -> Job:
        return edit(self.store, job.job_id, lambda j: what(j, self.clock(), "alice"))

    def history(self, job: Job) -> list[str]:
        return [event.type for event in self.store.events(job.job_id)]

    def on(self, stage: str, index: int, action: Any) -> None:
        """Do something in the middle of a unit, the first time it is done."""

        def hook(at_stage: str, at_index: int) -> None:
            if (at_stage, at_index) == (stage, index) and self.toy.done[stage, index] == 1:
                action()

        self.toy.hook = hook


def raising(error: BaseException) -> Any:
    def action() -> None:
        raise error

    return action


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_every_unit_is_done_once_and_the_result_is_published(shop: Shop) -> None:
    job = shop.submit()
    outcome = shop.deliver(job)
    assert outcome.ending is Ending.COMPLETED
    assert list(shop.toy.done.elements()) == STEPS
    after = shop.job(job)
    assert (after.result, after.percent_complete, after.fence) == ({"sum": 1111}, 100, 1)
    assert shop.files.get(after.artifacts["sum.txt"].key) == b"1111"
    assert after.artifacts["sum.txt"].size == 4
    assert shop.history(job) == ["submitted", "started", *["progress"] * 6, "completed"]
    percents = [event.progress for event in shop.store.events(job.job_id)]
    assert percents == sorted(percents)
    assert shop.queue.messages == []


def test_duplicates_after_the_end_change_nothing(shop: Shop) -> None:
    job = shop.submit()
    shop.deliver(job)
    after = shop.job(job)
    assert shop.deliver(job).ending is Ending.IGNORED
    assert shop.job(job) == after


def test_duplicate_during_the_work_changes_nothing(shop: Shop) -> None:
    job = shop.submit()
    endings: list[Ending] = []
    shop.on("read", 1, lambda: endings.append(shop.worker().handle(JobMessage(job.job_id, job.kind)).ending))
    assert shop.deliver(job).ending is Ending.COMPLETED
    assert endings == [Ending.IGNORED]


def test_message_without_a_job_is_dropped(shop: Shop) -> None:
    assert shop.runner.handle(JobMessage("nobody", Kind.ANALYSIS)) == Outcome(Ending.IGNORED)


def test_kind_without_a_workflow_fails(shop: Shop) -> None:
    job = shop.submit(kind=Kind.OUTPUT)
    assert shop.deliver(job).ending is Ending.FAILED
    error = shop.job(job).error
    assert error is not None
    assert error["type"].endswith("unknown-kind")


def test_early_message_is_sent_again_for_the_right_moment(shop: Shop) -> None:
    job = shop.submit(not_before=shop.clock() + timedelta(hours=1))
    assert shop.deliver(job).ending is Ending.IGNORED
    [(visible, message)] = shop.queue.messages
    assert (visible, message.reason) == (shop.clock() + timedelta(seconds=900), "early")


class TestErrors:
    def test_transient_error_is_retried_from_the_checkpoint(self, shop: Shop) -> None:
        job = shop.submit()
        shop.on("read", 2, raising(TransientError("aws-unavailable", "S3 answered 503.")))
        assert shop.deliver(job).ending is Ending.RETRYING
        after = shop.job(job)
        assert (after.status, after.attempt) == (Status.QUEUED, 2)
        assert after.not_before is not None
        [(visible, _)] = shop.queue.messages
        assert visible == after.not_before
        shop.clock.advance(seconds=30)
        assert shop.deliver(job).ending is Ending.COMPLETED
        assert shop.toy.done["read", 1] == 1
        assert shop.toy.done["read", 2] == 2

    def test_asked_for_wait_is_kept_and_the_message_delayed_as_far_as_possible(self, shop: Shop) -> None:
        job = shop.submit()
        shop.on("read", 0, raising(TransientError("throttled", "Wait.", retry_after=3000)))
        shop.deliver(job)
        assert shop.job(job).not_before == shop.clock() + timedelta(seconds=3000)
        assert shop.queue.messages[0][0] == shop.clock() + timedelta(seconds=900)

    def test_permanent_error_fails_at_once_and_names_the_stage(self, shop: Shop) -> None:
        job = shop.submit()
        shop.on("add", 1, raising(PermanentError("file-encrypted", "The file is encrypted.")))
        assert shop.deliver(job).ending is Ending.FAILED
        assert shop.job(job).error == {
            "type": "urn:clauseworks:problem:file-encrypted",
            "title": "File encrypted",
            "status": 422,
            "detail": "The file is encrypted.",
            "stage": "add",
        }

    def test_unexpected_error_is_retried_then_fails_without_its_text(
        self, shop: Shop, caplog: pytest.LogCaptureFixture
    ) -> None:
        job = shop.submit(max_attempts=2)
        words = "-".join(("words", "of", "it"))
        shop.toy.hook = lambda _stage, _index: raising(ZeroDivisionError(words))()
        assert shop.deliver(job).ending is Ending.RETRYING
        shop.clock.advance(minutes=1)
        assert shop.deliver(job).ending is Ending.FAILED
        error = shop.job(job).error
        assert error is not None
        assert error["detail"] == "ZeroDivisionError in stage 'read'. (gave up after 2 attempts)"
        record = next(record for record in caplog.records if record.message == "Unexpected error")
        assert record.exc_info is None
        assert "ZeroDivisionError" in str(vars(record))
        assert "execution.py" in str(vars(record)["trace"])
        assert words not in str(vars(record))

    def test_store_that_cannot_be_written_brings_the_message_back(self, shop: Shop) -> None:
        job = shop.submit()

        def fault(operation: str) -> None:
            if operation == "jobs.save":
                raise TransientError("aws-unavailable", "DynamoDB answered 500.")

        shop.store.fault = fault
        with pytest.raises(TransientError):
            shop.deliver(job)

    def test_failure_in_the_end_keeps_every_unit(self, shop: Shop) -> None:
        job = shop.submit()
        shop.toy.finish_hook = raising(TransientError("aws-unavailable", "S3 answered 503."))
        assert shop.deliver(job).ending is Ending.RETRYING
        assert shop.job(job).message == "Aws unavailable; trying again"
        shop.toy.finish_hook = lambda: None
        shop.clock.advance(minutes=1)
        assert shop.deliver(job).ending is Ending.COMPLETED
        assert set(shop.toy.done.values()) == {1}


class TestControl:
    def test_pause_stops_at_the_next_unit_and_resume_goes_on_there(self, shop: Shop) -> None:
        job = shop.submit()
        shop.on("read", 1, lambda: shop.ask(states.request_pause, job))
        assert shop.deliver(job).ending is Ending.PAUSED
        assert list(shop.toy.done.elements()) == STEPS[:2]
        assert shop.deliver(job).ending is Ending.IGNORED
        shop.ask(states.request_resume, job)
        assert shop.deliver(job).ending is Ending.COMPLETED
        assert list(shop.toy.done.elements()) == STEPS
        assert shop.job(job).attempt == 1

    @pytest.mark.parametrize("asked", ["resume", "cancel"])
    def test_what_comes_after_a_pause_overrules_it(self, asked: str) -> None:
        """Between the worker's look and its write: the pause must not swallow the later request."""
        shop = Shop()
        shop.store = store = _Interposed(shop.clock)
        shop.runner = shop.worker()
        job = shop.submit()
        shop.on("read", 1, lambda: shop.ask(states.request_pause, job))
        store.before["paused"] = lambda: shop.ask(getattr(states, f"request_{asked}"), job)
        ending = shop.deliver(job).ending
        assert ending is (Ending.COMPLETED if asked == "resume" else Ending.CANCELLED)
        assert store.before == {}
        assert "paused" not in shop.history(job)

    @pytest.mark.parametrize(("stage", "index"), STEPS)
    def test_cancel_stops_at_the_next_unit_and_leaves_nothing(
        self, shop: Shop, stage: str, index: int
    ) -> None:
        job = shop.submit()
        shop.on(stage, index, lambda: shop.ask(states.request_cancel, job))
        assert shop.deliver(job).ending is Ending.CANCELLED
        assert list(shop.toy.done.elements()) == STEPS[: STEPS.index((stage, index)) + 1]
        assert shop.files.keys() == []
        assert shop.job(job).artifacts == {}

    def test_cancel_at_the_very_end_wins_over_the_result(self, shop: Shop) -> None:
        job = shop.submit()
        shop.toy.finish_hook = lambda: shop.ask(states.request_cancel, job)
        assert shop.deliver(job).ending is Ending.CANCELLED
        assert (shop.job(job).result, shop.files.keys()) == (None, [])

    @pytest.mark.parametrize("paused", [False, True])
    def test_waiting_job_is_cancelled_by_a_worker(self, shop: Shop, *, paused: bool) -> None:
        job = shop.submit()
        if paused:
            shop.ask(states.request_pause, job)
        shop.files.put(f"jobs/{job.job_id}/1/units/x", b"", "text/plain")
        shop.ask(states.request_cancel, job)
        assert shop.deliver(job).ending is Ending.CANCELLED
        assert shop.files.keys() == []

    def test_cancelled_is_written_only_after_the_removal(self, shop: Shop) -> None:
        job = shop.submit()
        shop.ask(states.request_cancel, job)

        def fault(operation: str) -> None:
            if operation == "files.delete":
                raise TransientError("aws-unavailable", "S3 answered 503.")

        shop.files.fault = fault
        assert shop.deliver(job).ending is Ending.RETRYING
        assert shop.job(job).status is Status.QUEUED
        shop.files.fault = lambda _operation: None
        assert shop.deliver(job).ending is Ending.CANCELLED


class TestTime:
    def test_long_work_goes_on_in_further_invocations(self, shop: Shop) -> None:
        job = shop.submit()
        endings = []
        for _ in range(6):
            seconds = iter([100.0, 100.0])
            endings.append(shop.deliver(job, lambda: next(seconds, 19.0)).ending)  # noqa: B023
        assert endings == [*[Ending.CONTINUED] * 3, Ending.COMPLETED, Ending.IGNORED, Ending.IGNORED]
        assert set(shop.toy.done.values()) == {1}
        assert [message.reason for _, message in shop.queue.messages] == ["continuation"] * 3
        assert shop.job(job).attempt == 1

    def test_two_invocations_without_progress_fail(self, shop: Shop) -> None:
        job = shop.submit()
        assert shop.deliver(job, lambda: 1.0).ending is Ending.CONTINUED
        assert shop.deliver(job, lambda: 1.0).ending is Ending.FAILED
        error = shop.job(job).error
        assert error is not None
        assert error["type"].endswith("no-progress")


class TestLoss:
    @pytest.mark.parametrize(("stage", "index"), STEPS)
    def test_job_of_a_dead_worker_is_taken_over(self, shop: Shop, stage: str, index: int) -> None:
        job = shop.submit()
        shop.on(stage, index, raising(CrashError()))
        with pytest.raises(CrashError):
            shop.deliver(job)
        assert shop.deliver(job).ending is Ending.IGNORED
        shop.clock.advance(seconds=LEASE.total_seconds())
        assert shop.deliver(job).ending is Ending.COMPLETED
        assert [step for step, times in shop.toy.done.items() if times > 1] == [(stage, index)]
        assert (shop.job(job).fence, shop.job(job).attempt) == (2, 2)

    def test_late_worker_changes_nothing_any_more(self, shop: Shop) -> None:
        job = shop.submit()

        def sleep() -> None:
            shop.clock.advance(seconds=LEASE.total_seconds())
            assert shop.worker().handle(JobMessage(job.job_id, job.kind)).ending is Ending.COMPLETED

        shop.on("read", 2, sleep)
        assert shop.deliver(job).ending is Ending.FENCED
        after = shop.job(job)
        assert (after.status, after.fence, after.result) == (Status.COMPLETED, 2, {"sum": 1111})
        assert all("/2/" in artifact.key for artifact in after.artifacts.values())
        assert shop.history(job).count("completed") == 1

    def test_late_worker_leaves_no_file_behind_a_cancellation(self, shop: Shop) -> None:
        job = shop.submit()

        def sleep() -> None:
            shop.clock.advance(seconds=LEASE.total_seconds())
            shop.ask(states.request_cancel, job)
            assert shop.worker().handle(JobMessage(job.job_id, job.kind)).ending is Ending.CANCELLED

        shop.on("read", 2, sleep)
        assert shop.deliver(job).ending is Ending.FENCED
        assert shop.files.keys() == []

    def test_late_worker_sees_the_other_before_its_next_unit(self, shop: Shop) -> None:
        job = shop.submit()

        def take_over() -> None:
            shop.clock.advance(seconds=LEASE.total_seconds())
            edit(shop.store, job.job_id, lambda j: states.take(j, shop.clock(), "w2", LEASE))

        shop.toy.finish_hook = take_over
        assert shop.deliver(job).ending is Ending.FENCED
        assert shop.job(job).worker_id == "w2"

    def test_heartbeat_that_fails_stops_the_work(self, shop: Shop) -> None:
        limits = Limits(timedelta(milliseconds=3), timedelta(seconds=20))
        store, kinds = _NoRenewal(shop.clock), {Kind.ANALYSIS: shop.toy}
        runner = Runner(store, shop.files, shop.queue, kinds, limits=limits, clock=shop.clock)
        job = submit(store, new_job(shop.clock))
        shop.toy.hook = lambda _stage, _index: store.wait()
        assert runner.handle(JobMessage(job.job_id, job.kind)).ending is Ending.FENCED
        assert sum(shop.toy.done.values()) == 1


class _Interposed(MemoryJobs):
    """Does something once, just before a change of some type is written."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.before: dict[str, Callable[[], object]] = {}

    def save(self, before: Job, change: Change, unit: Unit | None = None) -> None:
        if (action := self.before.pop(change.event.type, None)) is not None:
            action()
        MemoryJobs.save(self, before, change, unit)


class _NoRenewal(MemoryJobs):
    """Says of every lease that it is lost, once ``wait`` was called."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.refusing = False

    def renew(self, job_id: str, fence: int, lease_until: Any) -> bool:
        return not self.refusing

    def wait(self) -> None:
        """Refuse from now on, and wait until the heartbeat has heard it."""
        self.refusing = True
        for thread in threading.enumerate():
            if thread.name.startswith("lease-"):
                thread.join(10)


def test_backoff_doubles_up_to_a_cap_with_jitter() -> None:
    assert [backoff(n, lambda: 1.0).total_seconds() for n in (1, 2, 3, 4)] == [2, 4, 8, 16]
    assert backoff(3, lambda: 0.0) == timedelta(seconds=4)
    assert backoff(99, lambda: 1.0) == BACKOFF_CAP
    assert timedelta(seconds=1) <= backoff(1) <= timedelta(seconds=2)


def test_messages_are_read_as_they_were_written() -> None:
    message = JobMessage("j1", Kind.CLEANUP, "retry")
    assert JobMessage.from_json(message.to_json()) == message
    assert JobMessage.from_json(json.dumps({"job_id": "j1", "kind": "cleanup"})).reason == ""
