from __future__ import annotations

from datetime import timedelta

from shared.jobs import states
from shared.jobs.model import Kind
from shared.jobs.queue import JobMessage
from tests.support.worlds.cleanup import LEASE, CleanupWorld


def test_what_the_reconciliation_sends_again_names_its_owners_group(world: CleanupWorld) -> None:
    lost, orphaned = world.submit(Kind.ANALYSIS), world.submit(Kind.CLEANUP)
    world.change(orphaned, lambda job: states.take(job, world.now, "worker", LEASE))
    world.now += timedelta(minutes=5)
    world.reconciler().run()
    groups = {message.job_id: message.group for _, message in world.queue.messages}
    assert groups == {job.job_id: JobMessage.about(job).group for job in (lost, orphaned)}
