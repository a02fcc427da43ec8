"""The owner's previous jobs about the same document or product."""

from __future__ import annotations

from collections.abc import Iterator

from shared.jobs.model import Job
from shared.jobs.store import JobStore
from shared.jobs.workflow import Run


def previous_jobs(jobs: JobStore, job: Job) -> Iterator[Job]:
    """Yield the jobs of the same owner about the same subject that were submitted before, newest first."""
    ids = jobs.by_subject(product_id=job.product_id, document_id=job.document_id)
    for job_id in sorted(ids, reverse=True):
        previous = jobs.get(job_id) if job_id < job.job_id else None
        if previous is not None and previous.owner.key == job.owner.key:
            yield previous


PREFIX = "debug-"


def remove_debug_files(run: Run, jobs: JobStore) -> int:
    """Remove the debug files that the owner's previous jobs about the same document or product published.

    Their records, results and checkpoints stay. Returns the number of files that went.
    """
    return sum(
        run.files.delete_prefix(key)
        for previous in previous_jobs(jobs, run.job)
        for key in _debug_files(previous)
    )


def _debug_files(job: Job) -> list[str]:
    return [artifact.key for name, artifact in job.artifacts.items() if name.startswith(PREFIX)]
