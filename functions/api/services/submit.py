"""Accepting a job: may the caller, does it make sense, is it new; then record first, message second.

Once the record is written the job is accepted. A message that could not be sent is no error: the
reconciler finds the record and sends it again.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from functions.api.http.problems import RequestError
from functions.api.ports.dependencies import ApiDependencies
from functions.api.ports.products import ProductNotFoundError
from functions.api.schemas import job_views
from functions.api.schemas.requests import (
    AnalysisOptions,
    AnalysisRequest,
    CaseUploadForm,
    CleanupRequest,
    OutputRequest,
)
from functions.api.services import documents, job_receivers, restart
from functions.api.services.content import require_media_type
from functions.api.services.lookup import require_change
from functions.api.services.products import ProductGate
from functions.api.services.webhooks import WebhookService
from functions.api.settings import ApiSettings
from shared.auth import Caller, ForbiddenError
from shared.documents.model import DocumentRecord, safe_file_name
from shared.errors import TransientError
from shared.ids import uuid7
from shared.jobs import outputs, states
from shared.jobs.model import Job, Kind, Status
from shared.jobs.queue import JobMessage
from shared.jobs.store import Idempotency
from shared.observability import logger

# A guess: what a few workers take to begin the next of an owner's jobs when each lasts seconds to minutes.
QUEUE_RETRY_SECONDS = 30

_UPLOADS = uuid.UUID("6b1f6c2e-52a1-4c0e-9d3b-0f5a7e8c4d21")

Submittable = AnalysisRequest | CaseUploadForm | CleanupRequest | OutputRequest


class TooManyQueuedJobsError(TransientError):
    """As many jobs of the owner wait for a worker as may."""

    status = 429

    def __init__(self, limit: int) -> None:
        super().__init__(
            "too-many-queued-jobs",
            f"{limit} of your jobs wait for a worker, and no more may. Submit again when some have begun.",
            retry_after=QUEUE_RETRY_SECONDS,
        )


@dataclass(frozen=True, slots=True)
class Submission:
    """An accepted job; ``replayed`` where the Idempotency-Key had brought it before.

    ``webhook_secret`` is the one that was made for its webhook, None where none was.
    """

    job: Job
    replayed: bool
    webhook_secret: str | None = None


@dataclass(frozen=True, slots=True)
class File:
    """A file that came with a request."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Submitter:
    """Accepts the jobs of one caller; ``key`` is the Idempotency-Key, empty for none.

    A key that was used before is answered with its job, whatever has changed since. Every method raises
    TooManyQueuedJobsError before anything is stored.
    """

    dependencies: ApiDependencies
    settings: ApiSettings
    caller: Caller
    key: str = ""

    def analysis(self, request: AnalysisRequest, gate: ProductGate) -> Submission:
        """Accept an analysis of a product's document or of an upload."""
        idempotency = self._idempotency("analysis", request)
        if (earlier := self._replay(idempotency, request)) is not None:
            return earlier
        self._require_options(request, request.product_id)
        self._require_room()
        params = self._params(request, idempotency)
        if request.document_id is not None:
            document = documents.find(self.dependencies, self.caller, request.document_id)
            pinned = documents.pin(self.dependencies, self.settings, document)
            params |= {"case_id": request.case_id or document.case_id} | _pinned_params(pinned)
        elif not self.settings.directus_url:
            raise RequestError(
                "directus-not-configured",
                "product_id names a product in Directus, and this deployment has none. Upload the document.",
            )
        elif request.product_id is not None:
            params["product_name"] = gate.require(request.product_id)
        restart.require(self.dependencies, self.caller, params)
        return self._accept(Kind.ANALYSIS, request, params, idempotency)

    def upload(self, file: File, form: CaseUploadForm, case_id: str) -> Submission:
        """Store a file and accept its analysis."""
        digest = hashlib.sha256(file.data).hexdigest()
        idempotency = self._idempotency("upload", form, file=[file.name, digest], case_id=case_id)
        if (earlier := self._replay(idempotency, form)) is not None:
            return earlier
        self._require_options(form)
        self._require_room()
        params = self._params(form, idempotency) | {"case_id": case_id}
        read_as = {"document_sha256": digest, "media_type": require_media_type(safe_file_name(file.name))}
        restart.require(self.dependencies, self.caller, params | read_as)
        document = self._stored(file, case_id, idempotency)
        return self._accept(Kind.ANALYSIS, form, params | _pinned_params(document), idempotency)

    def _stored(self, file: File, case_id: str, idempotency: Idempotency | None) -> DocumentRecord:
        """Store the file, or find what an earlier try of the same request has stored."""
        document_id = _document_id(idempotency)
        earlier = None if idempotency is None else self._stored_before(document_id)
        return earlier or documents.store(
            self.dependencies,
            self.settings,
            self.caller,
            document_id=document_id,
            file_name=file.name,
            case_id=case_id,
            data=file.data,
        )

    def _stored_before(self, document_id: str) -> DocumentRecord | None:
        """Return the document of an earlier try; raises RequestError while it is being removed."""
        if (document := self.dependencies.documents.get(document_id)) is not None:
            return document
        marked = self.dependencies.documents.expired(document_id)
        if marked is not None and marked.deleted_at is not None:
            raise RequestError(
                "document-being-removed",
                "The document that came with this Idempotency-Key is just being removed. Use a new key.",
                status=409,
            )
        return None

    def cleanup(self, request: CleanupRequest, gate: ProductGate) -> Submission:
        """Accept a removal."""
        idempotency = self._idempotency("cleanup", request)
        if (earlier := self._replay(idempotency, request)) is not None:
            return earlier
        if not self.caller.may_seed(self.settings.seed_roles):
            raise ForbiddenError("Cleaning up needs admin_access or one of the roles set up for it.")
        self._require_room()
        if request.document_id is not None:
            documents.find(self.dependencies, self.caller, request.document_id, change=True)
        elif request.delete_product and not self.settings.directus_url:
            raise RequestError(
                "directus-not-configured",
                "The product is one of Directus, and this deployment has none.",
            )
        more: dict[str, Any] = {}
        if request.document_id is None and request.product_id is not None:
            more["product_name"] = self._name_of(request.product_id, gate)
        # The worker has no token: it goes by what the caller was at submission.
        if self.caller.admin:
            more["as_admin"] = True
        params = self._params(request, idempotency) | more
        return self._accept(Kind.CLEANUP, request, params, idempotency)

    def outputs(self, request: OutputRequest, source: Job) -> Submission:
        """Accept the making of outputs of a completed analysis, as a job of its own."""
        idempotency = self._idempotency("outputs", request, source_job_id=source.job_id)
        if (earlier := self._replay(idempotency, request)) is not None:
            return earlier
        require_change(self.caller, source)
        if source.kind is not Kind.ANALYSIS:
            raise RequestError("not-an-analysis", "Outputs are made of analyses; this job is none.")
        if source.status is not Status.COMPLETED:
            raise RequestError(
                "result-not-ready",
                f"The analysis is {source.status}; outputs are made of one that has completed.",
                status=409,
                extensions={"job": job_views.flags(source).model_dump()},
            )
        self._require_room()
        shared = {name: source.params[name] for name in outputs.SHARED_PARAMS if name in source.params}
        params = {**shared, **self._params(request, idempotency), "source_job_id": source.job_id}
        return self._accept(Kind.OUTPUT, request, params, idempotency, retry_of=source.job_id)

    def _name_of(self, product_id: str, gate: ProductGate) -> str:
        try:
            return gate.require(product_id)
        except ProductNotFoundError:
            # Directus shows everything to administrators: a product that is gone may have left files here.
            if not self.caller.admin:
                raise
            return ""

    def _require_options(self, options: AnalysisOptions, product_id: str | None = None) -> None:
        """Refuse what the caller may not do, and what cannot be done here."""
        seeding = [name for name in ("seed_directus", "dry_run_directus") if getattr(options, name)]
        if seeding and not self.caller.may_seed(self.settings.seed_roles):
            raise ForbiddenError("Seeding needs admin_access or one of the roles set up for it.")
        if seeding and product_id is None:
            raise RequestError(
                "seeding-not-possible",
                "Findings are seeded below a product of Directus: give its product_id.",
                errors=[{"loc": f"body.{name}", "message": "Needs product_id"} for name in seeding],
            )

    def _require_room(self) -> None:
        """Refuse more than the caller may have waiting.

        The count is read from an index that only waiting jobs are in: it cannot drift, but a submission of
        this moment may not be in it yet, so that a burst gets a little over the bound.
        """
        limit = self.settings.max_queued_jobs
        if self.dependencies.jobs.waiting(self.caller.owner.key, limit) >= limit:
            raise TooManyQueuedJobsError(limit)

    def _idempotency(self, route: str, request: Submittable, **more: Any) -> Idempotency | None:
        """Return the key within its owner and route, and what the request says, however it is spelled.

        Defaults are left out: a parameter that a later release adds makes no other request of this one.
        """
        if not self.key:
            return None
        scope = json.dumps([self.caller.owner.key, route, self.key])
        content = request.model_dump(exclude={"file"}, exclude_defaults=True) | more
        return Idempotency(_sha256(scope), _sha256(json.dumps(content, sort_keys=True)))

    def _replay(self, idempotency: Idempotency | None, request: Submittable) -> Submission | None:
        """Return the submission that the key stands for, None for a new one."""
        job = None if idempotency is None else self.dependencies.jobs.earlier(idempotency)
        return None if job is None else self._submission(job, request, replayed=True)

    def _submission(self, job: Job, request: Submittable, *, replayed: bool) -> Submission:
        return Submission(job, replayed, job_receivers.secret_of(self._webhooks, request, job))

    @property
    def _webhooks(self) -> WebhookService:
        return WebhookService(self.dependencies, self.settings, self.caller)

    def _params(self, request: Submittable, idempotency: Idempotency | None) -> dict[str, Any]:
        """Return the job's parameters; receivers are checked, stored, and named by their ids."""
        fields = request.model_dump(exclude={"metadata", "max_attempts", "file", *job_receivers.FIELDS})
        return {**fields, **job_receivers.accept(self._webhooks, request, idempotency)}

    def _accept(
        self,
        kind: Kind,
        request: Submittable,
        params: Mapping[str, Any],
        idempotency: Idempotency | None,
        retry_of: str = "",
    ) -> Submission:
        now = self.dependencies.clock()
        job = Job(
            job_id=uuid7(),
            kind=kind,
            owner=self.caller.owner,
            params={name: value for name, value in params.items() if value not in (None, "")},
            metadata=dict(request.metadata),
            max_attempts=request.max_attempts,
            retry_of=retry_of,
            created_at=now,
            updated_at=now,
            expires_at=now + self.settings.retention,
        )
        stored = self.dependencies.jobs.create(states.submitted(job, self.caller.owner.key), idempotency)
        if stored.job_id != job.job_id:
            return self._submission(stored, request, replayed=True)
        logger.info("Job accepted", job_id=job.job_id, kind=kind.value)
        notify(self.dependencies, job, "submitted")
        return self._submission(job, request, replayed=False)


def notify(dependencies: ApiDependencies, job: Job, reason: str) -> None:
    """Send a job's message to the worker; where that fails, the reconciler sends it."""
    try:
        dependencies.queue.send(JobMessage.about(job, reason))
    except TransientError as error:
        logger.warning("Message not sent; the reconciler will", job_id=job.job_id, problem=error.code)


def _pinned_params(document: DocumentRecord) -> dict[str, Any]:
    """Return what makes a job read these bytes and no others."""
    return {
        "document_id": document.document_id,
        "document_key": document.key,
        "document_version": document.version_id,
        "document_sha256": document.sha256,
        "document_size": document.size,
        "file_name": document.file_name,
        "media_type": document.media_type,
    }


def _document_id(idempotency: Idempotency | None) -> str:
    """Return an id for a document; a repeated request gets the same one, so that it is stored once."""
    if idempotency is None:
        return uuid7()
    return str(uuid.uuid5(_UPLOADS, f"{idempotency.key}/{idempotency.fingerprint}"))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
