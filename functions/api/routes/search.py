"""Searching the caller's documents, and the tree of one of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from functions.api.http.openapi import READ, problem_responses
from functions.api.http.problems import RequestError
from functions.api.http.security import CallerDep, DependenciesDep, GuardedRoute
from functions.api.ports.dependencies import ApiDependencies
from functions.api.schemas.requests import Identifier
from functions.api.services import documents
from shared.auth import Caller
from shared.documents.model import DocumentNotFoundError, DocumentRecord
from shared.files import keys
from shared.files.port import FileMissingError
from shared.search.index import IndexEntry
from shared.search.query import MAX_FOUND, MAX_LIMIT, MAX_QUERY, SearchHit, SearchQuestion

router = APIRouter(tags=["Search"], route_class=GuardedRoute)

Query = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_QUERY)]


# Each costs a look at its record.
MAX_SKIPPED = 20


class SearchRequest(BaseModel):
    """A question, and to which documents it goes; without any of the three to all of the caller's own."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [{"query": "Is delayed luggage covered?", "case_id": "case-7"}]},
    )

    query: Query = Field(description="A question or some words, in German, French or English.")
    document_id: Identifier | None = Field(None, description="This document only.")
    product_id: Identifier | None = Field(None, description="Documents of this product only.")
    case_id: Identifier | None = Field(None, description="Documents of this case only.")
    limit: int = Field(10, ge=1, le=MAX_LIMIT)
    offset: int = Field(0, ge=0, le=MAX_FOUND, description="How many of the best hits to leave out.")


class HitView(BaseModel):
    """A passage that was found. ``spans`` are [page, start, end] in the text of the document's pages."""

    document_id: str
    file_name: str
    product_id: str | None
    case_id: str | None
    passage_id: str
    page: int
    last_page: int
    headings: list[str] = Field(description="The headings above it, the highest first.")
    text: str
    spans: list[tuple[int, int, int]]
    score: float = Field(description="1 where vectors and keywords both put it first.")
    similarity: float | None = Field(description="Cosine between question and passage.")
    found_by: list[str] = Field(description="Which rankings have it: vectors, keywords.")


class SearchAnswer(BaseModel):
    """The best hits first."""

    hits: list[HitView]
    found: int = Field(description="Hits over all pages of the answer, at most 200.")
    next_offset: int | None
    documents: int = Field(description="Documents that were searched.")
    skipped: list[str] = Field(
        description="Documents whose index is of another model, or is lost: analyse them again. The first 20."
    )
    skipped_documents: int = Field(description="How many documents were left out, named or not.")


class TreeNode(BaseModel):
    """A section of the document, or a cluster of like passages where it has no sections."""

    node_id: str
    kind: str
    title: str
    level: int
    first_page: int
    last_page: int
    summary: str = Field(description="Sentences of the document itself.")
    passages: list[str] = Field(description="Passages of the section's own text, as searches find them.")
    children: list[TreeNode]


@router.post("/search", responses=problem_responses(400, 401, 404, 413, 415, 422, 429, 503))
def search(body: SearchRequest, caller: CallerDep, dependencies: DependenciesDep) -> SearchAnswer:
    """Search by meaning and by words; only the caller's own documents are searched.

    A document that the caller may read though another one owns it is searched where ``document_id`` names it:
    by the index of the caller's own analysis, else by that of its owner's.
    Documents can be found once their index is made, some seconds to minutes after their analysis.
    """
    if dependencies.search is None:
        raise RequestError("search-not-configured", "This deployment has no search function.")
    owner = caller.owner
    if body.document_id is not None:
        document = documents.find(dependencies, caller, body.document_id)
        entry = next(_entries(dependencies, caller, document), None)
        owner = document.owner if entry is None else entry.owner
    answer = dependencies.search.ask(
        SearchQuestion(
            owner=owner,
            query=body.query,
            limit=body.limit,
            offset=body.offset,
            document_id=body.document_id or "",
            product_id=body.product_id or "",
            case_id=body.case_id or "",
        )
    )
    named = answer.skipped[:MAX_SKIPPED]
    visible = _visible(dependencies, caller, {hit.document_id for hit in answer.hits} | set(named))
    skipped = [document_id for document_id in named if document_id in visible]
    end = body.offset + len(answer.hits)
    return SearchAnswer(
        hits=[_view(hit) for hit in answer.hits if hit.document_id in visible],
        found=answer.found,
        next_offset=end if answer.hits and end < answer.found else None,
        documents=answer.documents,
        skipped=skipped,
        skipped_documents=len(answer.skipped) - len(named) + len(skipped),
    )


@router.get(
    "/documents/{document_id}/tree",
    response_model=TreeNode,
    responses=problem_responses(*READ, 409),
)
def get_tree(document_id: str, caller: CallerDep, dependencies: DependenciesDep) -> Response:
    """Get the document's outline: sections and clusters, each with a summary and its passages.

    Answers 409 until the document has been indexed.
    """
    document = documents.find(dependencies, caller, document_id)
    for entry in _entries(dependencies, caller, document):
        with suppress(FileMissingError):
            return Response(dependencies.files.get(keys.tree(entry.prefix)), media_type="application/json")
    raise _not_indexed()


def _entries(dependencies: ApiDependencies, caller: Caller, document: DocumentRecord) -> Iterator[IndexEntry]:
    """Yield the indexes of a document that the caller may read: the caller's own, then its owner's.

    An index belongs to whoever had the document analysed: a team mate, or an administrator.
    """
    if dependencies.search_index is None:
        return
    now = dependencies.clock()
    for owner in {owner.key: owner for owner in (caller.owner, document.owner)}.values():
        entry = dependencies.search_index.find(owner, document.document_id)
        if entry is not None and (entry.expires_at is None or entry.expires_at > now):
            yield entry


def _visible(dependencies: ApiDependencies, caller: Caller, document_ids: set[str]) -> set[str]:
    """Return those documents that the caller sees now: whatever was found, the record has the last word."""
    visible: set[str] = set()
    for document_id in document_ids:
        try:
            documents.find(dependencies, caller, document_id)
        except DocumentNotFoundError:
            continue
        visible.add(document_id)
    return visible


def _view(hit: SearchHit) -> HitView:
    fields: dict[str, Any] = {name: getattr(hit, name) for name in HitView.model_fields}
    return HitView(**{**fields, "product_id": hit.product_id or None, "case_id": hit.case_id or None})


def _not_indexed() -> RequestError:
    return RequestError(
        "document-not-indexed",
        "The document has no index yet: it is made after the first analysis. Ask again later.",
        status=409,
    )
