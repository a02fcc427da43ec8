"""Verdicts of people on findings: accept or reject, and take it back."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, Field

from functions.api.http.openapi import COMPARE, READ, problem_responses
from functions.api.http.problems import RequestError
from functions.api.http.security import CallerDep, DependenciesDep, GuardedRoute, SettingsDep, token_of
from functions.api.ports.dependencies import ApiDependencies
from functions.api.routes.dependencies import ReadableJob
from functions.api.schemas.requests import Request as Body
from functions.api.services.results import result_of
from functions.api.services.review_sync import ReviewSync
from shared.clock import to_text
from shared.findings.model import ResultTree
from shared.findings.paths import finding_at
from shared.findings.reviews import Review, ReviewStore, ReviewSyncState, Verdict
from shared.jobs.model import Job
from shared.observability import logger

router = APIRouter(tags=["Results"], route_class=GuardedRoute)

FindingPath = Annotated[
    str,
    Path(max_length=100, description="The finding's place in the result, as segments/0/benefits/2/limits/1."),
]


class ReviewRequest(Body):
    """A verdict on a finding."""

    verdict: Verdict
    note: str = Field("", max_length=1000, description="Why, for colleagues.")


class ReviewView(BaseModel):
    """A verdict, who gave it, and whether Directus knows of it."""

    path: str
    verdict: Verdict
    reviewer: str
    at: str
    note: str
    mirrored: Literal["no", "yes", "not_allowed", "gone", "failed"] = Field(
        description="Whether validated_by_human of the finding's row says it: no where the finding was not "
        "seeded, not_allowed without the right to seed, gone where the row is not there any more, failed "
        "where Directus did not take it (send it again)."
    )


class ReviewList(BaseModel):
    """The verdicts on the findings of a job."""

    reviews: list[ReviewView]


def _reviews(dependencies: DependenciesDep) -> ReviewStore:
    if dependencies.reviews is None:
        raise RuntimeError("the application was wired without a store of reviews")
    return dependencies.reviews


def _review_sync(
    request: Request, caller: CallerDep, dependencies: DependenciesDep, settings: SettingsDep
) -> ReviewSync:
    return ReviewSync(dependencies.products, caller, token_of(request), settings.seed_roles)


ReviewsDep = Annotated[ReviewStore, Depends(_reviews)]
ReviewSyncDep = Annotated[ReviewSync, Depends(_review_sync)]


@router.get("/jobs/{job_id}/reviews", responses=problem_responses(*READ))
def list_reviews(job: ReadableJob, reviews: ReviewsDep) -> ReviewList:
    """List the verdicts on a job's findings."""
    return ReviewList(reviews=[_view(review) for review in reviews.of_job(job.job_id)])


@router.post("/jobs/{job_id}/findings/{path:path}/review", responses=problem_responses(*COMPARE))
def review_finding(
    path: FindingPath,
    body: ReviewRequest,
    job: ReadableJob,
    caller: CallerDep,
    dependencies: DependenciesDep,
    reviews: ReviewsDep,
    sync: ReviewSyncDep,
) -> ReviewView:
    """Accept or reject a finding; a later verdict takes the place of an earlier one.

    Where the finding was seeded, and the caller may seed, Directus gets the verdict: an accepted row is
    protected from then on, a rejected one is not.
    """
    tree = _tree_with(path, job, dependencies)
    review = Review(
        job_id=job.job_id,
        path=path,
        verdict=body.verdict,
        reviewer=caller.owner.key,
        at=dependencies.clock(),
        note=body.note,
        sync_state=sync.set_validated(job, tree, path, validated=body.verdict is Verdict.ACCEPTED),
    )
    reviews.put(review, job.expires_at)
    logger.info("Finding reviewed", job_id=job.job_id, path=path, verdict=review.verdict.value)
    return _view(review)


@router.delete("/jobs/{job_id}/findings/{path:path}/review", responses=problem_responses(*COMPARE))
def withdraw_review(
    path: FindingPath,
    job: ReadableJob,
    dependencies: DependenciesDep,
    reviews: ReviewsDep,
    sync: ReviewSyncDep,
) -> ReviewList:
    """Take back the verdict on a finding, in Directus, too; the answer has those that are left."""
    tree = _tree_with(path, job, dependencies)
    if sync.set_validated(job, tree, path, validated=False) is ReviewSyncState.FAILED:
        raise RequestError(
            "review-not-mirrored", "Directus did not take the change. Try again in a moment.", status=503
        )
    reviews.remove(job.job_id, path)
    return list_reviews(job, reviews)


def _tree_with(path: str, job: Job, dependencies: ApiDependencies) -> ResultTree:
    """Return the job's result, which has a finding at the path."""
    tree = result_of(dependencies, job)
    if finding_at(tree, path) is None:
        raise RequestError(
            "finding-not-found",
            "The result has no finding at this place. Places read as segments/0/benefits/2/limits/1.",
            status=404,
        )
    return tree


def _view(review: Review) -> ReviewView:
    return ReviewView(
        path=review.path,
        verdict=review.verdict,
        reviewer=review.reviewer,
        at=to_text(review.at),
        note=review.note,
        mirrored=review.sync_state.value,
    )
