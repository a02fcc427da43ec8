"""The finished units that a job goes on from: its own, and those that it takes over from another one."""

from __future__ import annotations

from shared.jobs.model import Job, Unit
from shared.jobs.store import JobStore
from shared.jobs.workflow import Workflow

# A job may start from one that started from another; further back than this nothing is looked for.
MAX_SOURCES = 20


def finished_units(store: JobStore, job: Job, workflow: Workflow) -> list[Unit]:
    """Return the units that need no work, by stage and index.

    Those of the job that this one starts from (``debug_from``) come with what that one took over itself, up
    to the stage where this one starts. Units of another revision are in a form that this release does not
    read: they are left out, and done again.
    """
    names = [stage.name for stage in workflow.stages]
    finished: dict[tuple[str, int], Unit] = {}
    kept = set(names)
    current: Job | None = job
    for _ in range(MAX_SOURCES):
        if current is None:
            break
        for unit in store.units(current.job_id):
            if unit.stage in kept and unit.revision == workflow.revision:
                finished.setdefault((unit.stage, unit.index), unit)
        if current.debug_from not in names:
            break
        kept &= set(names[: names.index(current.debug_from)])
        current = store.get(current.source_job_id)
    return [unit for _, unit in sorted(finished.items())]
