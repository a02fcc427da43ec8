"""What has to hold of a job that has ended, whatever happened on its way."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from typing import Any

from shared.aws.dynamodb.notifications import DynamoNotifications
from shared.files.keys import job_prefix
from shared.jobs.model import Job, Status
from shared.notifications.model import parent_of
from tests.chaos.world import World

TERMINAL = {"completed", "failed", "cancelled"}
# What of a result depends on when the work was interrupted: rows that were written by a worker who did not
# live to say so are found as they should be, and are not counted as written.
_INTERRUPTED = ("create", "update", "delete")


def history(world: World, job: Job) -> None:
    """The history has no gap, ends once, explains the record, and no finished unit comes in it twice."""
    events = world.jobs.events(job.job_id, limit=1000)
    assert [event.number for event in events] == list(range(1, job.version + 1))
    assert [event.type for event in events if event.type in TERMINAL] == [job.status.value]
    last = events[-1]
    assert (last.type, last.status, last.progress) == (job.status.value, job.status, job.percent_complete)
    percents = [event.progress for event in events]
    assert percents == sorted(percents)
    finished = Counter((event.stage, event.current) for event in events if event.type == "progress")
    assert not [unit for unit, times in finished.items() if times > 1], finished
    assert job.units_done == finished.total()
    assert (job.lease_until, job.worker_id) == (None, "")
    assert not any(sum(world.depth(url)) for url in world.dead.values())
    # Nobody expands it here: it stays where the write that ended the job has put it.
    log = DynamoNotifications(world.name, world.endpoint).log(parent_of(job.job_id))
    assert log.announced is not job.is_follow_up


def units(world: World, job: Job) -> int:
    """Every unit that the history tells of is stored once, and its file is there; return how many."""
    stored = world.jobs.units(job.job_id)
    told = [event for event in world.jobs.events(job.job_id, limit=1000) if event.type == "progress"]
    assert len(stored) == len(told)
    assert len({(unit.stage, unit.index) for unit in stored}) == len(stored)
    assert {unit.key for unit in stored} <= set(world.objects(job_prefix(job.job_id)))
    return len(stored)


def files(world: World, job: Job) -> int:
    """Whatever the record names is there as it was written; return how many files nobody names.

    Those are what dead workers left under their own fences: nothing serves them, and they go with the job.
    """
    for name, artifact in job.artifacts.items():
        content = world.content(artifact.key)
        assert hashlib.sha256(content).hexdigest() == artifact.sha256, name
    keys = set(world.objects(job_prefix(job.job_id)))
    named = {artifact.key for artifact in job.artifacts.values()}
    named |= {unit.key for unit in world.jobs.units(job.job_id)}
    # The original's copy is named by the first unit, the notes of a seeding by the product's lease.
    orphans = {key for key in keys - named if not key.endswith(("/original", "seeding/before.json"))}
    fences = {int(key.removeprefix(job_prefix(job.job_id)).split("/")[0]) for key in orphans}
    assert all(fence <= job.fence for fence in fences)
    return len(orphans)


def published(world: World, job: Job) -> dict[str, Any]:
    """Return the files that a job published, by name, without the ids that differ from run to run."""
    return {name: json.loads(world.content(artifact.key)) for name, artifact in job.artifacts.items()}


def result(job: Job) -> dict[str, Any]:
    """Return the result, without what depends on where the work was interrupted."""
    assert job.status is Status.COMPLETED, job.error
    assert job.result is not None
    told = dict(job.result)
    if isinstance(told.get("seeded"), dict):
        told["seeded"] = {name: n for name, n in told["seeded"].items() if name not in _INTERRUPTED}
    # Objects that a dead worker left are removed, and counted, too.
    told.pop("objects", None)
    told.pop("document_id", None)
    return told
