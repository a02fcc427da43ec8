"""Output jobs: what is made of an analysis once its result is out (an index, a translation, a report).

An analysis names its outputs when it completes; each becomes a job of its own by the same write. So none
delays the result, and none is lost: whoever sees the result finds the jobs, and the reconciler sends the
message of one whose worker died before it could. Its id follows from the analysis, so that there is one
of them whatever is repeated. An output made again later is a new job with ``retry_of``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.ids import derived_uuid7
from shared.jobs.model import Job, Kind, new_job

INDEX = "index"
IMAGES = "images"

# What an output shares with its analysis: by these it is found, listed and removed with it.
SHARED_PARAMS = ("document_id", "product_id", "case_id", "file_name", "product_name")


def job_for(analysis: Job, name: str, params: Mapping[str, Any]) -> Job:
    """Return the new job that makes the output ``name`` of an analysis which has completed just now.

    It is kept for as long as the analysis; ``params`` go before what both share.
    """
    shared = {key: analysis.params[key] for key in SHARED_PARAMS if analysis.params.get(key)}
    return new_job(
        Kind.OUTPUT,
        analysis.owner,
        {**shared, **params, "outputs": [name], "source_job_id": analysis.job_id},
        analysis.updated_at,
        job_id=follow_up_id(analysis.job_id, name),
        metadata=analysis.metadata,
        expires_at=analysis.expires_at,
    )


def follow_up_id(job_id: str, name: str) -> str:
    """Return the id of the job that makes the output ``name`` of the analysis ``job_id``."""
    return derived_uuid7(job_id, f"output/{name}")
