"""The files that a job has published."""

from __future__ import annotations

from pathlib import PurePosixPath

from pydantic import BaseModel, Field

from shared.documents.model import safe_file_name
from shared.jobs.model import Job

EXPORT = "export.json"
REPORT = "report.pdf"
RESULT = "result.json"


class ArtifactView(BaseModel):
    """A file that a job has published."""

    name: str
    media_type: str
    size: int = Field(description="Bytes.")
    sha256: str
    url: str = Field(description="Leads to the file by a redirect that is valid for a few minutes.")


class ArtifactList(BaseModel):
    """The files of a job."""

    artifacts: list[ArtifactView]


def artifact_views(job: Job, root: str) -> list[ArtifactView]:
    """Return a job's files, by name."""
    return [
        ArtifactView(
            name=name,
            media_type=artifact.media_type,
            size=artifact.size,
            sha256=artifact.sha256,
            url=f"{root}/jobs/{job.job_id}/artifacts/{name}",
        )
        for name, artifact in sorted(job.artifacts.items())
    ]


def download_name(job: Job) -> str:
    """Return the file that a download of the job gives: its report, export or result; empty for none."""
    return next((name for name in (REPORT, EXPORT, RESULT) if name in job.artifacts), "")


def file_name(job: Job, artifact: str) -> str:
    """Return the name that a file of the job is saved under: what it is about, and what it is."""
    about = PurePosixPath(str(job.params.get("file_name") or job.product_id or job.job_id)).stem
    return safe_file_name(f"{about} {artifact.replace('/', '-')}")
