"""What a job has found and published."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from functions.api.http.links import RootDep
from functions.api.http.openapi import READ, problem_responses
from functions.api.http.security import DependenciesDep, GuardedRoute, SettingsDep
from functions.api.routes.dependencies import ReadableJob
from functions.api.schemas import artifacts
from functions.api.schemas.artifacts import ArtifactList
from functions.api.services.results import require_artifact, require_completed
from shared.files.port import FileMissingError
from shared.jobs.model import Job

# Lambda answers with at most 6 MB, JSON escapes included.
MAX_INLINE = 3_000_000

router = APIRouter(tags=["Results"], route_class=GuardedRoute)

_REDIRECT: dict[int | str, dict[str, Any]] = {
    307: {"description": "The file is at the address in Location, for a few minutes"}
}


@router.get(
    "/jobs/{job_id}/result",
    response_class=Response,
    responses={
        200: {"description": "The tree of findings", "content": {"application/json": {}}},
        **_REDIRECT,
        **problem_responses(*READ, 409),
    },
)
def get_result(job: ReadableJob, dependencies: DependenciesDep, settings: SettingsDep) -> Response:
    """Get everything an analysis has found, each finding with its evidence."""
    require_completed(job)
    artifact = require_artifact(job, artifacts.RESULT)
    if artifact.size > MAX_INLINE:
        return _redirect(job, artifacts.RESULT, dependencies, settings)
    return Response(dependencies.files.get(artifact.key), media_type=artifact.media_type)


@router.get("/jobs/{job_id}/artifacts", responses=problem_responses(*READ))
def list_artifacts(job: ReadableJob, root: RootDep) -> ArtifactList:
    """List the files that a job has published."""
    return ArtifactList(artifacts=artifacts.artifact_views(job, root))


@router.get(
    "/jobs/{job_id}/artifacts/{name:path}",
    status_code=307,
    response_class=Response,
    responses={**_REDIRECT, **problem_responses(*READ)},
)
def get_artifact(
    name: str, job: ReadableJob, dependencies: DependenciesDep, settings: SettingsDep
) -> Response:
    """Get one of the files."""
    return _redirect(job, name, dependencies, settings)


@router.get(
    "/jobs/{job_id}/download",
    status_code=307,
    response_class=Response,
    responses={**_REDIRECT, **problem_responses(*READ, 409)},
)
def download(job: ReadableJob, dependencies: DependenciesDep, settings: SettingsDep) -> Response:
    """Get what the job made to be read: its report, else its export, else its result."""
    require_completed(job)
    name = artifacts.download_name(job) or artifacts.RESULT
    return _redirect(job, name, dependencies, settings)


def _redirect(job: Job, name: str, dependencies: DependenciesDep, settings: SettingsDep) -> Response:
    artifact = require_artifact(job, name)
    if dependencies.files.head(artifact.key) is None:
        raise FileMissingError(artifact.key)
    link = dependencies.files.link(
        artifact.key,
        file_name=artifacts.file_name(job, name),
        media_type=artifact.media_type,
        seconds=settings.download_seconds,
    )
    return RedirectResponse(link, status_code=307)
