"""Jobs and their documents, for callers who may see them; for all others they do not exist."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from functions.api.http.problems import RequestError
from functions.api.ports.dependencies import RecordDependencies
from functions.api.services import documents
from shared.auth import Caller, ForbiddenError
from shared.documents.extractions import is_about, subjects_jobs
from shared.documents.model import DocumentRecord
from shared.ids import is_uuid
from shared.jobs.model import Job
from shared.jobs.store import JobNotFoundError

# Of a subject's jobs: those that a caller is shown, those that are looked at for them (other owners' jobs
# about the same product are among them), and how many are read together.
NEWEST = 50
LOOKED_AT = 1000
BATCH = 10


def find_job(records: RecordDependencies, caller: Caller, job_id: str) -> Job:
    """Return a job that the caller may read; raises JobNotFoundError."""
    job = records.jobs.get(job_id) if is_uuid(job_id) else None
    if job is None or not caller.may_read(job.owner):
        raise JobNotFoundError(job_id)
    return job


def find_document_job(records: RecordDependencies, caller: Caller, document_id: str) -> Job:
    """Return the job that is meant where only its document is named: the newest that has not ended.

    Where all have ended it is the newest, whose state then says what is (not) possible. Jobs that follow
    from an analysis are not meant: with its result the document is done. The caller's own jobs go before
    those that they may only read. Raises DocumentNotFoundError, and RequestError where there is no job.
    """
    document = documents.find(records, caller, document_id)
    newest: Job | None = None
    readable: Job | None = None
    for job in jobs_of(records, caller, document):
        if job.is_follow_up:
            continue
        newest = newest or job
        if not job.status.terminal:
            if caller.may_change(job.owner):
                return job
            readable = readable or job
    if newest is None:
        raise RequestError(
            "document-without-job",
            "No job about this document can be found; start one with POST /jobs/analysis.",
            status=409,
        )
    return readable or newest


def require_change(caller: Caller, job: Job) -> None:
    """Refuse callers who may see a job, but not change it; raises ForbiddenError."""
    if not caller.may_change(job.owner):
        raise ForbiddenError("Only its owner and administrators may change this job.")


def jobs_of(records: RecordDependencies, caller: Caller, document: DocumentRecord) -> Iterator[Job]:
    """Yield the jobs about a document that the caller may read, newest first, as they are asked for.

    There are at most 50 of an upload, or of the product that the document is of.
    """
    ids = subjects_jobs(records.jobs, document)
    yield from (job for job in _readable_of(records, caller, ids) if is_about(document, job))


def jobs_of_product(records: RecordDependencies, caller: Caller, product_id: str) -> Iterator[Job]:
    """Yield the jobs about a product that the caller may read, as ``jobs_of`` does."""
    yield from _readable_of(records, caller, records.jobs.by_subject(product_id=product_id))


def _readable_of(records: RecordDependencies, caller: Caller, job_ids: Iterable[str]) -> Iterator[Job]:
    """Yield the newest of the jobs that the caller may read."""
    ids = sorted(job_ids, reverse=True)[:LOOKED_AT]
    batches = (records.jobs.many(ids[start : start + BATCH]) for start in range(0, len(ids), BATCH))
    readable = (job for batch in batches for job in batch if caller.may_read(job.owner))
    yield from islice(readable, NEWEST)
