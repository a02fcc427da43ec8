"""The findings of a completed analysis."""

from __future__ import annotations

import json

from functions.api.http.problems import RequestError
from functions.api.ports.dependencies import ApiDependencies
from functions.api.schemas import artifacts
from shared.findings.model import ResultTree, from_tree
from shared.jobs.model import Job, Kind, Status


def require_result(job: Job) -> None:
    """Refuse jobs that have found nothing, or not yet; raises RequestError."""
    if job.kind is not Kind.ANALYSIS:
        raise RequestError("not-an-analysis", f"Job {job.job_id} is no analysis.")
    if job.status is not Status.COMPLETED:
        raise RequestError(
            "result-not-ready",
            f"Job {job.job_id} is {job.status}; a result comes with completion.",
            status=409,
        )


def result_of(dependencies: ApiDependencies, job: Job) -> ResultTree:
    """Return what an analysis has found; raises RequestError."""
    require_result(job)
    artifact = job.artifacts.get(artifacts.RESULT)
    if artifact is None:
        raise RequestError("artifact-not-found", f"Job {job.job_id} has published no result.", status=404)
    return from_tree(json.loads(dependencies.files.get(artifact.key)))
