"""Why the machinery itself ends a job: what it says, and what to look at."""

from __future__ import annotations

from shared.errors import Problem
from shared.jobs.model import Job, Status


def no_progress(job: Job) -> Problem:
    """Return the reason of a job whose invocations end before they have done anything."""
    detail = (
        f"Two invocations in a row began with too little time left for a unit; {_progress(job)}. "
        "RESERVE_SECONDS has to be well below the function's time-out."
    )
    return Problem("no-progress", "No progress", detail, 500, job.current_stage)


def worker_lost(job: Job) -> Problem:
    """Return the reason of a job whose workers die."""
    detail = (
        f"The worker was lost {job.attempt} times; {_progress(job)}. "
        "Its next unit may need more time or memory than the function has."
    )
    return Problem("worker-lost", "Worker lost", detail, 500, job.current_stage)


def job_expired(job: Job) -> Problem:
    """Return the reason of a job that is still open when its time is over."""
    paused = " It was left paused." if job.status is Status.PAUSED else ""
    detail = f"The job had not ended when its time was over; {_progress(job)}.{paused}"
    return Problem("job-expired", "Job expired", detail, 410, job.current_stage)


def _progress(job: Job) -> str:
    """Say how far a job has come."""
    if not job.current_stage:
        return "no unit was finished"
    return f"finished last: {job.current} of {job.total} in stage {job.current_stage!r}"
