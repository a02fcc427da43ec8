"""Messages come twice, late, in the wrong order or not at all; services fail; clocks are wrong.

What ``tests/stack/test_recovery.py`` shows on the deployed functions (messages without a job, jobs
without a message, messages too many) is not repeated here.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from shared.files.keys import job_prefix
from shared.jobs.model import Job, Status
from tests.chaos import checks
from tests.chaos.place import Times
from tests.chaos.scenarios import Analysis, Reference, Scenario
from tests.chaos.walk import Point, visit
from tests.chaos.world import Ground, World

pytestmark = pytest.mark.slow(reason="leases and visibility time-outs of killed workers run out in real time")

MINUTES = 600
LONG_LEASE = Times(lease=120)
References = Mapping[type[Scenario], Reference]


def types(world: World, job_id: str) -> Counter[str]:
    """Count the events of a job by type."""
    return Counter(event.type for event in world.jobs.events(job_id, limit=1000))


def whole(world: World, job: Job, reference: Reference) -> None:
    """The job has ended as one that nothing disturbed."""
    seen = Analysis(job.job_id).seen(world)
    assert seen == reference.seen
    checks.files(world, job)


def everything(world: World, job_id: str) -> Any:
    """Return all that a late worker could spoil."""
    job = world.job(job_id)
    named = [artifact.key for artifact in job.artifacts.values()]
    named += [unit.key for unit in world.jobs.units(job_id)]
    contents = {key: world.content(key) for key in named}
    return job, world.jobs.events(job_id, limit=1000), world.jobs.units(job_id), contents, world.rows()


# --- Delivered at least once ---------------------------------------------------------------------------


@pytest.mark.parametrize("here", [LONG_LEASE], indirect=True)
def test_duplicates_before_during_and_after_the_work(here: World, references: References) -> None:
    job_id = here.submit_analysis()
    here.send(job_id)
    worker = here.freeze("analyze", at=12)
    # Two are there: the one from before, and one that comes while the job is leased.
    here.send(job_id)
    here.run("analyze", once=2)
    assert types(here, job_id)["started"] == 1
    here.thaw(worker)
    ended = here.job(job_id)
    assert (ended.status, ended.fence, ended.attempt) == (Status.COMPLETED, 1, 1)
    here.send(job_id)
    here.run("analyze")
    assert here.job(job_id) == ended
    whole(here, ended, references[Analysis])


@pytest.mark.parametrize("label", ["directus POST insurance_dcm_benefit", "dynamodb TransactWriteItems"])
def test_a_worker_that_wakes_up_after_the_success_of_another_changes_nothing(
    here: World, references: References, label: str
) -> None:
    effects = references[Analysis].effects
    job_id = here.submit_analysis()
    # The last of its kind: for the table that is the write that publishes the result.
    late = here.freeze("analyze", at=len(effects) - effects[::-1].index(label))
    here.recover(job_id)
    before = everything(here, job_id)
    here.thaw(late)
    assert everything(here, job_id) == before
    assert here.job(job_id).fence > 1
    whole(here, here.job(job_id), references[Analysis])


def test_messages_in_the_wrong_order(here: World) -> None:
    job_id = here.submit_analysis()
    for what in ("pause", "resume", "cancel"):
        here.ask("POST", f"/jobs/{job_id}/{what}")
    bodies: list[str] = []
    while len(bodies) < 3:
        taken = here.sqs.receive_message(QueueUrl=here.queues["analysis"], MaxNumberOfMessages=10)
        for message in taken.get("Messages", []):
            bodies.append(message["Body"])
            here.sqs.delete_message(QueueUrl=here.queues["analysis"], ReceiptHandle=message["ReceiptHandle"])
    assert {json.loads(body)["job_id"] for body in bodies} == {job_id}
    for body in sorted(bodies, key=lambda text: text.find("submitted")):
        here.sqs.send_message(QueueUrl=here.queues["analysis"], MessageBody=body)
    here.run("analyze", once=3)
    job = here.job(job_id)
    assert job.status is Status.CANCELLED
    checks.history(here, job)
    assert not here.objects(job_prefix(job_id))
    assert not any(here.rows().values())


def test_a_job_that_kills_its_workers_fails_and_holds_up_nobody(here: World) -> None:
    poison = here.submit_analysis(seed_directus=False)
    here.set_attempts(poison, 2)
    good = [here.submit_analysis(seed_directus=False) for _ in range(3)]
    here.recover(poison, *good, poison=poison)
    job = here.job(poison)
    assert (job.status, job.attempt, job.result, dict(job.artifacts)) == (Status.FAILED, 2, None, {})
    assert job.error is not None
    assert job.error["type"].endswith("worker-lost")
    checks.history(here, job)
    for job in map(here.job, good):
        assert job.status is Status.COMPLETED
        checks.history(here, job)


def test_an_invocation_that_is_stopped_in_the_middle_of_a_unit(here: World, references: References) -> None:
    job_id = here.submit_analysis()
    worker = here.start("analyze", once=1, at="hang:before:12", trace=here.folder / "effects.txt")
    here.until(lambda: here.effects() == 12, "the unit has begun")
    # However long it takes, the lease is kept alive, until Lambda ends the invocation by force.
    first = here.job(job_id).lease_until
    assert first is not None
    here.until(lambda: (here.job(job_id).lease_until or first) > first, "the lease is renewed")
    here.kill(worker)
    (job,) = here.recover(job_id)
    assert job.attempt == 2
    whole(here, job, references[Analysis])


@pytest.mark.parametrize("label", ["directus POST insurance_dcm_limit", "s3 PutObject"])
def test_a_crash_after_the_side_effect_and_before_the_status(
    ground: Ground, references: References, label: str
) -> None:
    reference = references[Analysis]
    point = Point(Analysis, "after", reference.effects.index(label) + 1, label)
    assert visit(ground, point, reference).fault == ""


# --- Services that fail --------------------------------------------------------------------------------


@pytest.mark.parametrize("begin", [0, 6])
def test_a_throttled_table(here: World, references: References, begin: int) -> None:
    job_id = here.submit_analysis()
    # Enough for the renewals of the lease, which take their share of the refusals, too.
    here.run("analyze", refuse=f"dynamodb:40:{begin}")
    assert not here.job(job_id).status.terminal
    (job,) = here.recover(job_id)
    whole(here, job, references[Analysis])


def test_a_moment_of_throttling_is_nobodys_business(here: World, references: References) -> None:
    job_id = here.submit_analysis()
    here.run("analyze", refuse="dynamodb:2:6")
    job = here.job(job_id)
    assert (job.status, job.attempt) == (Status.COMPLETED, 1)
    whole(here, job, references[Analysis])


def test_files_that_fail_for_a_while(here: World, references: References) -> None:
    job_id = here.submit_analysis()
    here.run("analyze", refuse="s3:99:6")
    waiting = here.job(job_id)
    assert (waiting.status, waiting.attempt) == (Status.QUEUED, 2)
    assert waiting.not_before is not None
    (job,) = here.recover(job_id)
    assert types(here, job_id)["retrying"] == 1
    whole(here, job, references[Analysis])


@pytest.mark.parametrize("service", ["dynamodb", "s3", "sqs"])
def test_answers_that_get_lost(here: World, references: References, service: str) -> None:
    job_id = here.submit_analysis()
    here.run("analyze", lose=service, units=3)
    (job,) = here.recover(job_id)
    assert job.attempt == 1
    whole(here, job, references[Analysis])


# --- Clocks --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("here", [LONG_LEASE], indirect=True)
def test_a_worker_whose_clock_is_fast_takes_a_live_job_over_and_the_fence_holds(
    here: World, references: References
) -> None:
    job_id = here.submit_analysis()
    robbed = here.freeze("analyze", at=25)
    here.send(job_id)
    # For its clock the lease has long run out.
    here.run("analyze", skew=MINUTES)
    ended = here.job(job_id)
    assert (ended.status, ended.fence, ended.attempt) == (Status.COMPLETED, 2, 2)
    before = everything(here, job_id)
    here.thaw(robbed)
    assert everything(here, job_id) == before
    whole(here, ended, references[Analysis])


def test_a_worker_whose_clock_is_slow_loses_its_job_and_the_fence_holds(
    here: World, references: References
) -> None:
    job_id = here.submit_analysis()
    # Its lease is over for everybody else as soon as it is written.
    slow = here.start("analyze", once=1, at="freeze:before:25", skew=-MINUTES)
    here.until_frozen(slow)
    here.run("reconcile")
    assert types(here, job_id)["worker_lost"] == 1
    (ended,) = here.recover(job_id)
    before = everything(here, job_id)
    here.thaw(slow)
    assert everything(here, job_id) == before
    whole(here, ended, references[Analysis])


def test_clocks_that_differ_by_minutes_double_nothing(here: World) -> None:
    job_ids = [here.submit_analysis(seed_directus=False) for _ in range(6)]
    for skew in (-MINUTES, 0, MINUTES):
        here.start("analyze", skew=skew)
    here.start("reconcile", skew=MINUTES // 2)
    here.until(lambda: all(here.job(job_id).status.terminal for job_id in job_ids), "jobs have ended")
    here.until(here.drained, "queues are empty")
    for job in map(here.job, job_ids):
        checks.history(here, job)
        if job.status is Status.COMPLETED:
            assert checks.result(job)["num_limits"] > 0
            checks.units(here, job)
            checks.files(here, job)
        else:
            # Taken away too often by those whose clock is fast: said so, and nothing half is published.
            assert job.error is not None
            assert (job.error["type"].rpartition(":")[2], dict(job.artifacts)) == ("worker-lost", {})
