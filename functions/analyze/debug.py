"""The debug files of earlier analyses, which a later one may be told to remove."""

from __future__ import annotations

from functions.analyze.earlier import earlier_jobs
from shared.jobs.model import Job
from shared.jobs.store import JobStore
from shared.jobs.workflow import Run

PREFIX = "debug-"


def remove_earlier(run: Run, jobs: JobStore) -> int:
    """Remove the debug files that the owner's earlier jobs about the same document or product published.

    Their records, results and checkpoints stay. Returns the number of files that went.
    """
    return sum(
        run.files.delete_prefix(key)
        for earlier in earlier_jobs(jobs, run.job)
        for key in _debug_files(earlier)
    )


def _debug_files(job: Job) -> list[str]:
    return [artifact.key for name, artifact in job.artifacts.items() if name.startswith(PREFIX)]
