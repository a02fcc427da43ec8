"""Jobs that follow from a completed one: created with its completion, never without it, never twice."""

from __future__ import annotations

import itertools
import uuid
from dataclasses import replace
from datetime import timedelta

import pytest

from functions.analyze.outputs.workflow import OutputWorkflow
from functions.cleanup.reconcile.reconciler import Reconciler
from functions.cleanup.removal.expiry import Expiry
from shared.errors import TransientError
from shared.ids import derived_uuid7, is_uuid, uuid7
from shared.jobs import states
from shared.jobs.execution import Ending, ExecutionLimits
from shared.jobs.model import Job, Kind, Status
from shared.jobs.outputs import follow_up_id
from shared.jobs.queue import JobMessage
from shared.jobs.runner import Runner
from shared.jobs.store import JobQuery
from shared.jobs.workflow import MakeWorkflow, Run
from tests.contracts.jobs import LEASE
from tests.support.fakes.toy_workflow import Toy
from tests.support.memory.documents import MemoryDocuments
from tests.support.worlds.runner import CrashError, RunnerWorld, raising

DAYS = timedelta(days=90)


def following(**fields: object) -> tuple[RunnerWorld, Job]:
    """Return a shop whose analyses are followed by the output ``toy``, and one of them."""
    shop = RunnerWorld()
    shop.toy.follow_ups = {"toy": {"colour": "red"}}
    params = {"document_id": "d1", "case_id": "c1", "file_name": "policy.pdf", "chunk_size": 800}
    job = shop.submit(params=params, metadata={"client": "A"}, expires_at=shop.clock() + DAYS, **fields)
    return shop, job


def output_of(shop: RunnerWorld, job: Job, name: str = "toy") -> Job | None:
    return shop.store.get(follow_up_id(job.job_id, name))


def made(shop: RunnerWorld, job: Job) -> Job:
    output = output_of(shop, job)
    assert output is not None
    return output


def test_completion_makes_the_job_and_tells_a_worker() -> None:
    shop, job = following()
    shop.clock.advance(hours=1)
    assert shop.deliver(job).ending is Ending.COMPLETED
    output = made(shop, job)
    assert (output.kind, output.status, output.owner) == (Kind.OUTPUT, Status.QUEUED, job.owner)
    assert output.params == {
        "document_id": "d1",
        "case_id": "c1",
        "file_name": "policy.pdf",
        "colour": "red",
        "outputs": ["toy"],
        "source_job_id": job.job_id,
    }
    assert output.metadata == {"client": "A"}
    assert output.created_at == shop.clock()
    assert output.expires_at == shop.job(job).expires_at == shop.clock() + DAYS
    assert shop.history(output) == ["submitted"]
    assert [m for _, m in shop.queue.messages] == [JobMessage.about(output, "follow-up")]


def test_the_message_has_a_group_of_its_own() -> None:
    shop, job = following()
    shop.deliver(job)
    [(_, message)] = shop.queue.messages
    assert message.group not in {"", JobMessage.about(job).group}


def test_the_job_is_done_by_the_worker_of_analyses() -> None:
    shop, job = following()
    shop.deliver(job)
    shop.toy.done.clear()
    outcome = shop.deliver(made(shop, job))
    assert outcome.ending is Ending.COMPLETED
    assert shop.job(made(shop, job)).result == {"toy": {"sum": 1111}}
    assert output_of(shop, made(shop, job)) is None, "an output is followed by nothing"


@pytest.mark.parametrize("ending", ["failed", "cancelled", "paused"])
def test_an_analysis_that_does_not_complete_is_followed_by_nothing(ending: str) -> None:
    shop, job = following()
    if ending == "failed":
        shop.toy.finish_hook = raising(ValueError())
        for _ in range(job.max_attempts):
            shop.deliver(job)
            shop.clock.advance(hours=1)
    else:
        ask = states.request_cancel if ending == "cancelled" else states.request_pause
        shop.toy.finish_hook = lambda: shop.ask(ask, job)
        shop.deliver(job)
    expected = Status.COMPLETED if ending == "paused" else Status(ending)
    assert shop.job(job).status is expected
    assert (output_of(shop, job) is None) == (ending != "paused")


def test_a_worker_that_dies_before_the_message_delays_the_output_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop, job = following()
    monkeypatch.setattr(type(shop.queue), "send", lambda *_: raising(CrashError())())
    with pytest.raises(CrashError):
        shop.deliver(job)
    monkeypatch.undo()
    assert shop.job(job).status is Status.COMPLETED
    assert shop.queue.messages == []
    shop.clock.advance(seconds=states.RESEND_AFTER.total_seconds())
    assert Reconciler(shop.store, shop.queue, shop.clock).run().resent == 1
    message = shop.queue.receive()
    assert message is not None
    assert shop.runner.handle(message).ending is Ending.COMPLETED
    assert shop.job(made(shop, job)).status is Status.COMPLETED


def test_a_queue_that_fails_fails_nothing() -> None:
    shop, job = following()
    shop.queue.fault = lambda _: raising(TransientError("aws-unavailable", "SQS answered 503."))()
    assert shop.deliver(job).ending is Ending.COMPLETED
    assert made(shop, job).status is Status.QUEUED


def test_a_worker_that_dies_before_the_completion_leaves_no_output() -> None:
    shop, job = following()
    shop.toy.finish_hook = raising(CrashError())
    with pytest.raises(CrashError):
        shop.deliver(job)
    assert output_of(shop, job) is None
    shop.toy.finish_hook = lambda: None
    shop.clock.advance(seconds=LEASE.total_seconds())
    assert shop.deliver(job).ending is Ending.COMPLETED
    assert made(shop, job).version == 1


def test_a_late_worker_makes_no_second_output() -> None:
    shop, job = following()

    def sleep() -> None:
        shop.toy.finish_hook = lambda: None
        shop.clock.advance(seconds=LEASE.total_seconds())
        assert shop.worker().handle(JobMessage(job.job_id, job.kind)).ending is Ending.COMPLETED

    shop.toy.finish_hook = sleep
    assert shop.deliver(job).ending is Ending.FENCED
    assert [j.kind for j in shop.store.list_jobs(JobQuery(job.owner.key)).jobs].count(Kind.OUTPUT) == 1
    assert len(shop.queue.messages) == 1


def test_duplicates_do_the_output_once() -> None:
    shop, job = following()
    shop.deliver(job)
    output = made(shop, job)
    assert shop.deliver(output).ending is Ending.COMPLETED
    assert shop.deliver(output).ending is Ending.IGNORED
    assert shop.deliver(job).ending is Ending.IGNORED
    assert shop.history(output).count("completed") == 1


def test_an_output_lets_others_go_first_after_its_turn() -> None:
    shop, job = following()
    shop.deliver(job)
    shop.queue.messages.clear()
    output = made(shop, job)
    kinds: dict[Kind, MakeWorkflow] = {Kind.OUTPUT: lambda run: OutputWorkflow(run, {"toy": shop.toy})}
    shop.toy.done.clear()
    seconds = itertools.count()
    runner = Runner(
        shop.store,
        shop.files,
        shop.queue,
        kinds,
        limits=ExecutionLimits(LEASE, timedelta(seconds=20), turn=timedelta(seconds=6)),
        clock=shop.clock,
        monotonic=lambda: float(next(seconds)),
    )
    endings: list[Ending] = []
    while Ending.COMPLETED not in endings:
        endings.append(runner.handle(JobMessage.about(output)).ending)
    # Every look at the clock is a second: before a unit, after it, and to see whether the turn is over.
    assert endings == [Ending.CONTINUED] * 3 + [Ending.COMPLETED]
    assert [m.reason for _, m in shop.queue.messages] == ["continuation"] * 3
    assert set(shop.toy.done.values()) == {1}


def test_cancelling_the_output_takes_it_back_and_leaves_the_analysis() -> None:
    shop, job = following()
    undone: list[str] = []
    shop.toy.undo_hook = lambda: undone.append("toy")
    shop.deliver(job)
    output = made(shop, job)
    shop.ask(states.request_cancel, output)
    assert shop.deliver(output).ending is Ending.CANCELLED
    assert undone == ["toy"]
    assert shop.job(job).status is Status.COMPLETED
    assert shop.files.get(shop.job(job).artifacts["sum.txt"].key) == b"1111"


def test_it_is_listed_and_found_by_its_document() -> None:
    shop, job = following()
    shop.deliver(job)
    output = made(shop, job)
    listed = shop.store.list_jobs(JobQuery(job.owner.key, kind=Kind.OUTPUT, document_id="d1", case_id="c1"))
    assert [one.job_id for one in listed.jobs] == [output.job_id]
    assert shop.store.by_subject(document_id="d1") == [job.job_id, output.job_id]


def test_it_takes_no_room_from_what_people_submit() -> None:
    shop, job = following()
    shop.deliver(job)
    assert made(shop, job).is_follow_up
    assert shop.store.waiting(job.owner.key, 10) == 0
    again = shop.submit(owner=job.owner.subject, kind=Kind.OUTPUT, retry_of=made(shop, job).job_id)
    assert not again.is_follow_up
    assert shop.store.waiting(job.owner.key, 10) == 1


def test_it_expires_with_the_analysis_and_is_removed() -> None:
    shop, job = following()
    shop.deliver(job)
    shop.deliver(made(shop, job))
    shop.clock.advance(days=90)
    assert output_of(shop, job) is None
    Expiry(shop.store, MemoryDocuments(shop.clock), shop.files, shop.clock).run()
    assert shop.files.keys() == []
    assert shop.store.by_subject(document_id="d1") == []


def test_an_output_that_nobody_can_make_says_so() -> None:
    shop, job = following()
    shop.toy.follow_ups = {"poem": {}}
    shop.deliver(job)
    output = output_of(shop, job, "poem")
    assert output is not None
    assert shop.deliver(output).ending is Ending.FAILED
    assert (shop.job(output).error or {})["detail"] == "This worker does not make the output 'poem'."
    assert shop.job(job).status is Status.COMPLETED


def test_two_outputs_are_two_jobs() -> None:
    shop, job = following()
    shop.toy.follow_ups = {"toy": {}, "other": {}}
    shop.deliver(job)
    assert output_of(shop, job, "toy") != output_of(shop, job, "other")
    assert len(shop.queue.messages) == 2


def test_outputs_of_one_job_are_made_in_order_and_taken_back_in_reverse() -> None:
    undone: list[str] = []
    first, second = Toy(revision=2, undo_hook=lambda: undone.append("a")), Toy(revision=3)
    second.undo_hook = lambda: undone.append("b")
    shop, job = following()
    shop.deliver(job)
    output = made(shop, job)
    run = Run(replace(output, params={**output.params, "outputs": ["toy", "other"]}), shop.files)
    workflow = OutputWorkflow(run, {"toy": first, "other": second})
    assert [stage.name for stage in workflow.stages] == ["read", "add", "read", "add"]
    assert workflow.revision == 5
    workflow.undo()
    assert undone == ["b", "a"]


def test_derived_ids_are_uuids_of_version_7_beside_their_parent() -> None:
    parent = uuid7()
    derived = derived_uuid7(parent, "output/index")
    assert derived == derived_uuid7(parent, "output/index")
    assert derived not in {derived_uuid7(parent, "output/report"), derived_uuid7(uuid7(), "output/index")}
    assert is_uuid(derived)
    assert (uuid.UUID(derived).version, uuid.UUID(derived).variant) == (7, uuid.RFC_4122)
    assert (uuid.UUID(derived).int >> 80) - (uuid.UUID(parent).int >> 80) == 1
    assert parent < derived
