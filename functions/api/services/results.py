"""Results of completed jobs: who may go on with them, and the findings of an analysis."""

from __future__ import annotations

import json

from functions.api.http.problems import RequestError
from functions.api.ports.dependencies import ApiDependencies
from functions.api.schemas import job_views
from functions.api.schemas.artifacts import RESULT
from shared.findings.model import ResultTree, from_tree
from shared.jobs.model import Artifact, Job, Kind, Status


def require_completed(job: Job) -> None:
    """Refuse jobs that have no result, or not yet; raises RequestError with the job's state."""
    if job.status is not Status.COMPLETED:
        raise RequestError(
            "result-not-ready",
            f"Job {job.job_id} is {job.status}; a result comes with completion.",
            status=409,
            extensions={"job": job_views.flags(job).model_dump()},
        )


def require_analysis(job: Job) -> None:
    """Refuse all but completed analyses; raises RequestError."""
    if job.kind is not Kind.ANALYSIS:
        raise RequestError("not-an-analysis", f"Job {job.job_id} is no analysis.")
    require_completed(job)


def require_artifact(job: Job, name: str) -> Artifact:
    """Return a file that the job has published; raises RequestError."""
    artifact = job.artifacts.get(name)
    if artifact is None:
        raise RequestError("artifact-not-found", "The job has published no file of this name.", status=404)
    return artifact


def result_of(dependencies: ApiDependencies, job: Job) -> ResultTree:
    """Return what an analysis has found; raises RequestError."""
    require_analysis(job)
    artifact = require_artifact(job, RESULT)
    return from_tree(json.loads(dependencies.files.get(artifact.key)))
