"""Products side by side."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from fastapi import APIRouter
from fastapi.responses import Response

from functions.api.http.openapi import COMPARE, problem_responses
from functions.api.http.problems import RequestError
from functions.api.http.security import CallerDep, DependenciesDep, GuardedRoute
from functions.api.ports.dependencies import ApiDependencies
from functions.api.schemas.comparison import ComparedProduct, ComparisonView
from functions.api.schemas.requests import CompareRequest
from functions.api.services import documents
from functions.api.services.lookup import find_job, jobs_of, jobs_of_product
from functions.api.services.results import require_analysis, result_of
from shared.auth import Caller
from shared.clock import to_text
from shared.findings.comparison import compare
from shared.jobs.model import Job, Kind, Status

# Lambda answers with at most 6 MB, in which the gateway's envelope escapes every quotation mark.
MAX_ANSWER = 4_000_000

router = APIRouter(tags=["Results"], route_class=GuardedRoute)


@router.post("/compare", response_model=ComparisonView, responses=problem_responses(*COMPARE))
def compare_products(request: CompareRequest, caller: CallerDep, dependencies: DependenciesDep) -> Response:
    """Compare analysed products: benefit by benefit, limit by limit, with the evidence of each."""
    jobs = list(_jobs(request, caller, dependencies))
    taxonomy = _same_taxonomy(jobs)
    comparison = compare([result_of(dependencies, job) for job in jobs])
    body = ComparisonView(
        taxonomy=taxonomy, products=[_product(job) for job in jobs], comparison=comparison
    ).model_dump_json()
    if len(json.dumps(body)) > MAX_ANSWER:
        raise RequestError(
            "comparison-too-large", "The comparison is larger than an answer may be. Compare fewer products."
        )
    return Response(body, media_type="application/json")


def _jobs(request: CompareRequest, caller: Caller, dependencies: ApiDependencies) -> Iterator[Job]:
    """Yield the analyses that are meant, in the request's order: jobs, products, documents."""
    for job_id in request.job_ids:
        job = find_job(dependencies, caller, job_id)
        require_analysis(job)
        yield job
    for product_id in request.product_ids:
        yield _newest(jobs_of_product(dependencies, caller, product_id), f"product {product_id}")
    for document_id in request.document_ids:
        document = documents.find(dependencies, caller, document_id)
        yield _newest(jobs_of(dependencies, caller, document), f"document {document_id}")


def _newest(jobs: Iterable[Job], what: str) -> Job:
    """Return the newest completed analysis among jobs of a subject, which come newest first."""
    for job in jobs:
        if job.kind is Kind.ANALYSIS and job.status is Status.COMPLETED:
            return job
    raise RequestError(
        "analysis-not-found", f"There is no completed analysis of {what} among your jobs.", status=404
    )


def _same_taxonomy(jobs: Sequence[Job]) -> str:
    """Return the taxonomy that all results were found with; raises RequestError where there are several."""
    names = [str((job.result or {}).get("taxonomy", "")) for job in jobs]
    if len(set(names)) > 1:
        listing = "; ".join(f"job {job.job_id}: {name}" for job, name in zip(jobs, names, strict=True))
        raise RequestError(
            "taxonomies-differ",
            f"The products were analysed with different taxonomies or versions ({listing}). Analyse them "
            "anew with the same one.",
        )
    return names[0]


def _product(job: Job) -> ComparedProduct:
    result = job.result or {}
    return ComparedProduct(
        job_id=job.job_id,
        product_id=job.product_id or None,
        document_id=job.document_id or None,
        file_name=job.params.get("file_name"),
        product_name=job.params.get("product_name"),
        engine=str(result.get("engine", "")),
        completed_at=None if job.completed_at is None else to_text(job.completed_at),
    )
