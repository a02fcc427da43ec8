"""What may be submitted: by this caller, about this subject, with these parameters. See ``acceptance``."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from functions.api.http.problems import RequestError
from functions.api.ports.products import ProductNotFoundError
from functions.api.schemas.requests import (
    AnalysisOptions,
    AnalysisRequest,
    CaseUploadForm,
    CleanupRequest,
    OutputRequest,
)
from functions.api.services import documents, restart
from functions.api.services.acceptance import Acceptance, Submission
from functions.api.services.content import require_media_type
from functions.api.services.lookup import require_change
from functions.api.services.products import ProductGate
from functions.api.services.results import require_analysis
from shared.auth import ForbiddenError
from shared.documents.model import DocumentRecord, safe_file_name
from shared.jobs import outputs
from shared.jobs.model import Job, Kind


@dataclass(frozen=True, slots=True)
class File:
    """A file that came with a request."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Submitter(Acceptance):
    """Checks what one caller submits, by kind of job, and accepts it; see Acceptance.

    Every method raises TooManyQueuedJobsError before anything is stored.
    """

    def analysis(self, request: AnalysisRequest, gate: ProductGate) -> Submission:
        """Accept an analysis of a product's document or of an upload."""
        idempotency = self.idempotency("analysis", request)
        if (earlier := self.replay(idempotency, request)) is not None:
            return earlier
        self._require_options(request, request.product_id)
        self.require_room()
        params = self.params(request, idempotency)
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
        return self.accept(Kind.ANALYSIS, request, params, idempotency)

    def upload(self, file: File, form: CaseUploadForm, case_id: str) -> Submission:
        """Store a file and accept its analysis."""
        digest = hashlib.sha256(file.data).hexdigest()
        idempotency = self.idempotency("upload", form, file=[file.name, digest], case_id=case_id)
        if (earlier := self.replay(idempotency, form)) is not None:
            return earlier
        self._require_options(form)
        self.require_room()
        params = self.params(form, idempotency) | {"case_id": case_id}
        read_as = {"document_sha256": digest, "media_type": require_media_type(safe_file_name(file.name))}
        restart.require(self.dependencies, self.caller, params | read_as)
        document = documents.store_once(
            self.dependencies,
            self.settings,
            self.caller,
            idempotency,
            file_name=file.name,
            case_id=case_id,
            data=file.data,
        )
        return self.accept(Kind.ANALYSIS, form, params | _pinned_params(document), idempotency)

    def cleanup(self, request: CleanupRequest, gate: ProductGate) -> Submission:
        """Accept a removal."""
        idempotency = self.idempotency("cleanup", request)
        if (earlier := self.replay(idempotency, request)) is not None:
            return earlier
        if not self.caller.may_seed(self.settings.seed_roles):
            raise ForbiddenError("Cleaning up needs admin_access or one of the roles set up for it.")
        self.require_room()
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
        params = self.params(request, idempotency) | more
        return self.accept(Kind.CLEANUP, request, params, idempotency)

    def outputs(self, request: OutputRequest, source: Job) -> Submission:
        """Accept the making of outputs of a completed analysis, as a job of its own."""
        idempotency = self.idempotency("outputs", request, source_job_id=source.job_id)
        if (earlier := self.replay(idempotency, request)) is not None:
            return earlier
        require_change(self.caller, source)
        require_analysis(source)
        self.require_room()
        shared = {name: source.params[name] for name in outputs.SHARED_PARAMS if name in source.params}
        params = {**shared, **self.params(request, idempotency), "source_job_id": source.job_id}
        return self.accept(Kind.OUTPUT, request, params, idempotency, retry_of=source.job_id)

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
