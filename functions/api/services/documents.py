"""Documents: reserved for an upload, stored from a form, and pinned when a job is submitted."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, replace

from functions.api.http.problems import RequestError
from functions.api.ports.dependencies import ApiDependencies, RecordDependencies
from functions.api.schemas.requests import UploadRequest
from functions.api.services.content import SNIFFED, require_content, require_media_type
from functions.api.settings import ApiSettings
from shared.auth import Caller
from shared.documents.model import DocumentGoneError, DocumentNotFoundError, DocumentRecord, safe_file_name
from shared.files.port import FileMissingError, UploadForm
from shared.ids import is_uuid, uuid7
from shared.jobs.store import Idempotency

_UPLOADS = uuid.UUID("6b1f6c2e-52a1-4c0e-9d3b-0f5a7e8c4d21")


@dataclass(frozen=True, slots=True)
class Slot:
    """A reserved document and the form that uploads it."""

    document: DocumentRecord
    form: UploadForm


def reserve(
    dependencies: ApiDependencies, settings: ApiSettings, caller: Caller, request: UploadRequest
) -> Slot:
    """Make the record of a document that the client will upload; raises RequestError."""
    file_name = safe_file_name(request.file_name)
    media_type = require_media_type(file_name)
    if request.media_type is not None and request.media_type != media_type:
        raise RequestError("file-type-mismatch", f"A file of this name is {media_type}.")
    if request.size is not None:
        _require_size(request.size, settings)
    document = _new(dependencies, settings, caller, uuid7(), file_name, media_type, request.case_id or "")
    dependencies.documents.put(document)
    form = dependencies.files.upload_form(
        document.key,
        media_type=media_type,
        max_size=settings.max_upload_size,
        seconds=settings.upload_seconds,
    )
    return Slot(document, form)


def store(
    dependencies: ApiDependencies,
    settings: ApiSettings,
    caller: Caller,
    *,
    document_id: str,
    file_name: str,
    case_id: str,
    data: bytes,
) -> DocumentRecord:
    """Store a file that came with the request.

    Raises RequestError for a file that is empty or not what its name says.
    """
    file_name = safe_file_name(file_name)
    media_type = require_media_type(file_name)
    require_content(media_type, data[:SNIFFED])
    document = _new(dependencies, settings, caller, document_id, file_name, media_type, case_id)
    info = dependencies.files.put(document.key, data, media_type)
    document = replace(
        document, version_id=info.version_id, size=len(data), sha256=hashlib.sha256(data).hexdigest()
    )
    dependencies.documents.put(document)
    return document


def store_once(
    dependencies: ApiDependencies,
    settings: ApiSettings,
    caller: Caller,
    idempotency: Idempotency | None,
    *,
    file_name: str,
    case_id: str,
    data: bytes,
) -> DocumentRecord:
    """Store a file, or return the document that an earlier try of the same request has stored.

    Raises RequestError for what ``store`` refuses, and while the document of an earlier try is being removed.
    """
    document_id = _document_id(idempotency)
    earlier = None if idempotency is None else _stored_before(dependencies, document_id)
    return earlier or store(
        dependencies,
        settings,
        caller,
        document_id=document_id,
        file_name=file_name,
        case_id=case_id,
        data=data,
    )


def find(
    records: RecordDependencies, caller: Caller, document_id: str, *, change: bool = False
) -> DocumentRecord:
    """Return a document that the caller may read (or ``change``); raises DocumentNotFoundError."""
    document = records.documents.get(document_id) if is_uuid(document_id) else None
    if document is None:
        raise DocumentNotFoundError(document_id)
    allowed = caller.may_change(document.owner) if change else caller.may_read(document.owner)
    if not allowed:
        raise DocumentNotFoundError(document_id)
    return document


def pin(dependencies: ApiDependencies, settings: ApiSettings, document: DocumentRecord) -> DocumentRecord:
    """Fix which bytes a job is about: the newest version now, with its SHA-256 and size.

    Raises RequestError where nothing was uploaded yet, or where it is not what the name says.
    """
    info = dependencies.files.head(document.key)
    if info is None:
        raise RequestError(
            "upload-missing",
            "The file is not here yet; send it to the address from POST /uploads.",
            status=409,
        )
    if document.sha256 and document.version_id == info.version_id:
        return document
    if info.size == 0:
        raise RequestError("empty-file", "The uploaded file is empty.")
    _require_size(info.size, settings)
    try:
        sha256 = _checked_digest(dependencies, document, info.version_id)
    except FileMissingError:
        raise RequestError("upload-missing", "The file was removed meanwhile.", status=409) from None
    pinned = replace(document, version_id=info.version_id, sha256=sha256, size=info.size)
    try:
        dependencies.documents.put(pinned)
    except DocumentGoneError:
        raise DocumentNotFoundError(document.document_id) from None
    return pinned


def _checked_digest(dependencies: ApiDependencies, document: DocumentRecord, version_id: str) -> str:
    """Return the SHA-256 of a stored version after a look at its first bytes."""
    digest = hashlib.sha256()
    for number, piece in enumerate(dependencies.files.stream(document.key, version_id)):
        if number == 0:
            require_content(document.media_type, piece[:SNIFFED])
        digest.update(piece)
    return digest.hexdigest()


def _require_size(size: int, settings: ApiSettings) -> None:
    if size > settings.max_upload_size:
        raise RequestError(
            "payload-too-large", f"The file is larger than {settings.max_upload_size} bytes.", status=413
        )


def _new(
    dependencies: ApiDependencies,
    settings: ApiSettings,
    caller: Caller,
    document_id: str,
    file_name: str,
    media_type: str,
    case_id: str,
) -> DocumentRecord:
    now = dependencies.clock()
    return DocumentRecord(
        document_id=document_id,
        owner=caller.owner,
        file_name=file_name,
        media_type=media_type,
        created_at=now,
        case_id=case_id,
        expires_at=now + settings.retention,
    )


def _stored_before(dependencies: ApiDependencies, document_id: str) -> DocumentRecord | None:
    """Return the document of an earlier try; raises RequestError while it is being removed."""
    if (document := dependencies.documents.get(document_id)) is not None:
        return document
    marked = dependencies.documents.expired(document_id)
    if marked is not None and marked.deleted_at is not None:
        raise RequestError(
            "document-being-removed",
            "The document that came with this Idempotency-Key is just being removed. Use a new key.",
            status=409,
        )
    return None


def _document_id(idempotency: Idempotency | None) -> str:
    """Return an id for a document; a repeated request gets the same one, so that it is stored once."""
    if idempotency is None:
        return uuid7()
    return str(uuid.uuid5(_UPLOADS, f"{idempotency.key}/{idempotency.fingerprint}"))
