"""The owner's earlier jobs about the same document or product."""

from __future__ import annotations

from collections.abc import Iterator

from shared.jobs.model import Job
from shared.jobs.store import JobStore, subject_of


def earlier_jobs(jobs: JobStore, job: Job) -> Iterator[Job]:
    """Yield the jobs of the same owner about the same subject that were submitted before, newest first."""
    ids = jobs.by_subject(subject_of(product_id=job.product_id, document_id=job.document_id))
    for job_id in sorted(ids, reverse=True):
        earlier = jobs.get(job_id) if job_id < job.job_id else None
        if earlier is not None and earlier.owner.key == job.owner.key:
            yield earlier
