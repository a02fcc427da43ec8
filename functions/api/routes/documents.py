"""What was understood of a document, page by page, and its deletion."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Path

from functions.api.http.links import RootDep
from functions.api.http.openapi import READ, problem_responses
from functions.api.http.problems import RequestError
from functions.api.http.security import CallerDep, DependenciesDep, GuardedRoute, SettingsDep
from functions.api.ports.dependencies import ApiDependencies
from functions.api.schemas.documents import Deletion, DocumentView, PageImage, PageView, document_view
from functions.api.services import documents
from functions.api.services.deletion import delete
from functions.api.services.lookup import jobs_of
from functions.api.settings import ApiSettings
from shared.documents.extractions import page_of
from shared.documents.model import DocumentRecord, Extraction
from shared.files import keys
from shared.files.port import FileMissingError

router = APIRouter(tags=["Documents"], route_class=GuardedRoute)

Number = Annotated[int, Path(ge=1, le=1_000_000, description="Page number, from 1.")]


@router.get("/documents/{document_id}", responses=problem_responses(*READ))
def get_document(
    document_id: str, caller: CallerDep, dependencies: DependenciesDep, root: RootDep
) -> DocumentView:
    """Show a document: what was understood of it, its index and its jobs."""
    document = documents.find(dependencies, caller, document_id)
    return document_view(document, list(jobs_of(dependencies, caller, document)), root)


@router.get("/documents/{document_id}/pages/{number}", responses=problem_responses(*READ, 409, 422))
def get_page(
    document_id: str, number: Number, caller: CallerDep, dependencies: DependenciesDep, settings: SettingsDep
) -> PageView:
    """Get a page: its text with headings, tables and the boxes of all words, and its picture.

    Answers 409 until an analysis has read the document.
    """
    document = documents.find(dependencies, caller, document_id)
    understood = _require_understood(document)
    if number > understood.page_count:
        raise RequestError("page-not-found", f"The document has {understood.page_count} pages.", status=404)
    page = page_of(dependencies.files, understood, number)
    return PageView(
        document_id=document.document_id,
        pages=understood.page_count,
        image=_image(dependencies, settings, document, understood, number),
        **page,
    )


@router.delete(
    "/documents/{document_id}", status_code=202, responses=problem_responses(401, 403, 404, 409, 503)
)
def delete_document(document_id: str, caller: CallerDep, dependencies: DependenciesDep) -> Deletion:
    """Remove a document for good, with everything that was made of it; rows in Directus stay.

    It is hidden from now on. Its file in all versions, pages, pictures, index and jobs with their results
    are removed within about two minutes; until then a repetition gets the same answer, later 404. A job about
    it that has not ended is refused with 409: cancel it first. Jobs that make outputs of it are cancelled.
    """
    document = delete(dependencies, caller, document_id)
    return Deletion(
        document_id=document.document_id,
        message="The document and everything made of it are being removed.",
    )


def _require_understood(document: DocumentRecord) -> Extraction:
    if document.latest_extraction is None:
        raise RequestError(
            "document-not-understood",
            "No analysis has read the document yet; start one with POST /jobs/analysis, or wait for it.",
            status=409,
        )
    return document.latest_extraction


def _image(
    dependencies: ApiDependencies,
    settings: ApiSettings,
    document: DocumentRecord,
    understood: Extraction,
    number: int,
) -> PageImage | None:
    """Return the picture of a page, or None."""
    try:
        note: dict[str, Any] = json.loads(dependencies.files.get(keys.image_note(understood.prefix, number)))
    except FileMissingError:
        return None
    link = dependencies.files.link(
        keys.image(understood.prefix, number, note["ending"]),
        file_name=f"{document.document_id}-{number}.{note['ending']}",
        media_type=note["media_type"],
        seconds=settings.download_seconds,
    )
    return PageImage(
        url=link,
        media_type=note["media_type"],
        width=note["width"],
        height=note["height"],
        scale=note["scale"],
    )
