from __future__ import annotations

from datetime import timedelta

import pytest

from shared.errors import BusyError, PermanentError, TransientError
from shared.jobs.execution import Ending, Outcome
from shared.jobs.model import Kind, Status
from shared.jobs.queue import JobMessage
from tests.support.worlds.runner import STEPS, RunnerWorld, raising


def test_every_unit_is_done_once_and_the_result_is_published(shop: RunnerWorld) -> None:
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


def test_duplicates_after_the_end_change_nothing(shop: RunnerWorld) -> None:
    job = shop.submit()
    shop.deliver(job)
    after = shop.job(job)
    assert shop.deliver(job).ending is Ending.IGNORED
    assert shop.job(job) == after


def test_duplicate_during_the_work_changes_nothing(shop: RunnerWorld) -> None:
    job = shop.submit()
    endings: list[Ending] = []
    shop.on("read", 1, lambda: endings.append(shop.worker().handle(JobMessage(job.job_id, job.kind)).ending))
    assert shop.deliver(job).ending is Ending.COMPLETED
    assert endings == [Ending.IGNORED]


def test_message_without_a_job_is_dropped(shop: RunnerWorld) -> None:
    assert shop.runner.handle(JobMessage("nobody", Kind.ANALYSIS)) == Outcome(Ending.IGNORED)


def test_kind_without_a_workflow_fails(shop: RunnerWorld) -> None:
    job = shop.submit(kind=Kind.CLEANUP)
    assert shop.deliver(job).ending is Ending.FAILED
    error = shop.job(job).error
    assert error is not None
    assert error["type"].endswith("unknown-kind")


def test_early_message_is_sent_again_for_the_right_moment(shop: RunnerWorld) -> None:
    job = shop.submit(not_before=shop.clock() + timedelta(hours=1))
    assert shop.deliver(job).ending is Ending.IGNORED
    [(visible, message)] = shop.queue.messages
    assert (visible, message.reason) == (shop.clock() + timedelta(seconds=900), "early")


class TestErrors:
    def test_transient_error_is_retried_from_the_checkpoint(self, shop: RunnerWorld) -> None:
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

    def test_asked_for_wait_is_kept_and_the_message_delayed_as_far_as_possible(
        self, shop: RunnerWorld
    ) -> None:
        job = shop.submit()
        shop.on("read", 0, raising(TransientError("throttled", "Wait.", retry_after=3000)))
        shop.deliver(job)
        assert shop.job(job).not_before == shop.clock() + timedelta(seconds=3000)
        assert shop.queue.messages[0][0] == shop.clock() + timedelta(seconds=900)

    def test_permanent_error_fails_at_once_and_names_the_stage(self, shop: RunnerWorld) -> None:
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
        self, shop: RunnerWorld, caplog: pytest.LogCaptureFixture
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

    def test_store_that_cannot_be_written_brings_the_message_back(self, shop: RunnerWorld) -> None:
        job = shop.submit()

        def fault(operation: str) -> None:
            if operation == "jobs.save":
                raise TransientError("aws-unavailable", "DynamoDB answered 500.")

        shop.store.fault = fault
        with pytest.raises(TransientError):
            shop.deliver(job)

    def test_failure_in_the_end_keeps_every_unit(self, shop: RunnerWorld) -> None:
        job = shop.submit()
        shop.toy.finish_hook = raising(TransientError("aws-unavailable", "S3 answered 503."))
        assert shop.deliver(job).ending is Ending.RETRYING
        assert shop.job(job).message == "Aws unavailable; trying again"
        shop.toy.finish_hook = lambda: None
        shop.clock.advance(minutes=1)
        assert shop.deliver(job).ending is Ending.COMPLETED
        assert set(shop.toy.done.values()) == {1}

    def test_waiting_for_ones_turn_is_no_attempt(self, shop: RunnerWorld) -> None:
        job = shop.submit(max_attempts=1)
        shop.on("read", 1, raising(BusyError("product-busy", "Another job has it.", retry_after=60)))
        assert shop.deliver(job).ending is Ending.RETRYING
        after = shop.job(job)
        assert (after.attempt, after.not_before) == (1, shop.clock() + timedelta(seconds=60))
        shop.clock.advance(seconds=60)
        assert shop.deliver(job).ending is Ending.COMPLETED

    def test_message_of_a_retry_names_the_job_and_the_group_of_its_owner(self, shop: RunnerWorld) -> None:
        job = shop.submit()
        shop.on("read", 0, raising(TransientError("throttled", "Wait.")))
        shop.deliver(job)
        assert [message for _, message in shop.queue.messages] == [JobMessage.about(job, "retry")]


class TestTime:
    def test_long_work_goes_on_in_further_invocations(self, shop: RunnerWorld) -> None:
        job = shop.submit()
        endings = []
        for _ in range(6):
            seconds = iter([100.0, 100.0])
            endings.append(shop.deliver(job, lambda: next(seconds, 19.0)).ending)  # noqa: B023
        assert endings == [*[Ending.CONTINUED] * 3, Ending.COMPLETED, Ending.IGNORED, Ending.IGNORED]
        assert set(shop.toy.done.values()) == {1}
        assert [message.reason for _, message in shop.queue.messages] == ["continuation"] * 3
        assert shop.job(job).attempt == 1

    def test_two_invocations_without_progress_fail(self, shop: RunnerWorld) -> None:
        job = shop.submit()
        assert shop.deliver(job, lambda: 1.0).ending is Ending.CONTINUED
        assert shop.deliver(job, lambda: 1.0).ending is Ending.FAILED
        error = shop.job(job).error
        assert error is not None
        assert error["type"].endswith("no-progress")
