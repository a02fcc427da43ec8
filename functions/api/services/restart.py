"""Whether an analysis may take up another one at a tier (``debug_from`` with ``source_job_id``).

What is taken up was found in some text, with some parameters: it fits a job about the same text with the
same ones. Everything else is refused here, before it could look like a result.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from functions.api.http.problems import RequestError
from functions.api.ports.dependencies import RecordDependencies
from functions.api.schemas import job_views
from functions.api.services.lookup import find_job
from shared.auth import Caller
from shared.jobs.model import Job, Kind, Status

# The parameters that the tiers and stages before each tier depend on.
_BEFORE_SEGMENTS = ("language", "chunk_size", "chunk_overlap")
_BEFORE_BENEFITS = (*_BEFORE_SEGMENTS, "engine", "hybrid", "segment_chunks")
_BEFORE_DETAILS = (*_BEFORE_BENEFITS, "benefit_chunks")
_SHAPING: Mapping[str, tuple[str, ...]] = {
    "segments": _BEFORE_SEGMENTS,
    "benefits": _BEFORE_BENEFITS,
    "details": _BEFORE_DETAILS,
}


def require(records: RecordDependencies, caller: Caller, params: Mapping[str, Any]) -> None:
    """Return where a job with ``params`` may begin at its ``debug_from``, or names none.

    Raises JobNotFoundError for a source that the caller may not see, and RequestError: 422 for one that is
    about something else, 409 for one whose state does not allow it.
    """
    tier = params.get("debug_from")
    if not tier:
        return
    source = find_job(records, caller, params["source_job_id"])
    if source.kind is not Kind.ANALYSIS or source.owner.key != caller.owner.key:
        raise _mismatch("source_job_id has to be an analysis that you have submitted yourself.")
    if not _same_text(source, params):
        raise _mismatch("source_job_id is about another document, or another version of it.")
    _require_same(source, params, _SHAPING[tier])
    _require_ended(source)


def _same_text(source: Job, params: Mapping[str, Any]) -> bool:
    """Compare uploads by their bytes and how those are read, and products by their id."""
    if params.get("document_sha256"):
        return all(source.params.get(name) == params.get(name) for name in ("document_sha256", "media_type"))
    return bool(source.product_id) and source.product_id == params.get("product_id")


def _require_same(source: Job, params: Mapping[str, Any], names: tuple[str, ...]) -> None:
    differing = [name for name in names if source.params.get(name) != params.get(name)]
    if differing:
        raise _mismatch(
            f"What comes before {params['debug_from']} depends on {', '.join(differing)}: repeat the values "
            "of the source job, or begin at an earlier tier.",
            *differing,
        )


def _require_ended(source: Job) -> None:
    """Refuse a source that is still at work, and one whose files went with its cancellation."""
    if source.status in {Status.COMPLETED, Status.FAILED}:
        return
    what = "was cancelled, and its files are gone" if source.status.terminal else "has not ended yet"
    raise RequestError(
        "source-not-usable",
        f"The job that source_job_id names {what}.",
        status=409,
        extensions={"job": job_views.flags(source).model_dump()},
    )


def _mismatch(detail: str, *names: str) -> RequestError:
    places = [f"body.{name}" for name in names or ("source_job_id",)]
    return RequestError(
        "source-mismatch",
        detail,
        errors=[{"loc": place, "message": "Does not fit the source job"} for place in places],
    )
