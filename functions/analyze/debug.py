"""The debug files of earlier analyses, which a later one may be told to remove."""

from __future__ import annotations

from shared.jobs.model import Job
from shared.jobs.store import JobStore, subject_of
from shared.jobs.workflow import Run

PREFIX = "debug-"


def remove_earlier(run: Run, jobs: JobStore) -> int:
    """Remove the debug files that the owner's earlier jobs about the same document or product published.

    Their records, results and checkpoints stay. Returns the number of files that went.
    """
    job = run.job
    removed = 0
    for job_id in jobs.by_subject(subject_of(product_id=job.product_id, document_id=job.document_id)):
        earlier = jobs.get(job_id) if job_id < job.job_id else None
        if earlier is not None and earlier.owner.key == job.owner.key:
            removed += sum(run.files.delete_prefix(key) for key in _debug_files(earlier))
    return removed


def _debug_files(job: Job) -> list[str]:
    return [artifact.key for name, artifact in job.artifacts.items() if name.startswith(PREFIX)]
