"""What responses say about documents; the field descriptions are the API's reference."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, Field

from functions.api.schemas import job_views
from shared.clock import to_text
from shared.documents.model import DocumentRecord, Extraction
from shared.jobs.model import Job, Kind
from shared.jobs.outputs import INDEX

Box = tuple[float, float, float, float]


class UnderstoodView(BaseModel):
    """What the newest analysis has understood of a document."""

    at: str = Field(description="When it was published, which is before the analysis has ended.")
    media_type: str = Field(description="What the content is, whatever the file's name says.")
    pages: int
    language: str = Field(description="ISO 639-1 code of the document's main language.")
    title: str
    headings: int = Field(description="Headings of the outline.")
    chunks: int = Field(description="Passages that the document was cut into.")
    ocr_pages: list[int] = Field(description="Pages whose text was recognised in an image.")


class DocumentJobView(BaseModel):
    """A job about a document."""

    job_id: str
    kind: str
    outputs: list[str] = Field(description="What a job of kind output makes.")
    status: str
    created_at: str
    status_url: str


class IndexView(BaseModel):
    """How far the document's index for search has come."""

    status: str = Field(description="none, or the status of the newest job that makes the index.")
    job_id: str | None


class DocumentView(BaseModel):
    """A document as its owner sees it; times are ISO 8601 in UTC."""

    document_id: str
    file_name: str
    media_type: str = Field(description="What the file's name says.")
    size: int | None = Field(description="Bytes; null until a job was submitted about it.")
    sha256: str | None = Field(description="Hex; null until a job was submitted about it.")
    product_id: str | None = Field(description="The product of Directus that the document is of.")
    case_id: str | None
    created_at: str
    expires_at: str | None
    understood: UnderstoodView | None = Field(description="Null until an analysis has read the document.")
    index: IndexView
    jobs: list[DocumentJobView] = Field(description="Your jobs about it, the newest 50, newest first.")
    first_page_url: str | None


class Deletion(BaseModel):
    """A document that is being removed, with everything about it."""

    document_id: str
    status: str = "deleting"
    message: str


class Span(BaseModel):
    """A span of the page's text, in characters (Unicode code points)."""

    start: int
    end: int


class Heading(Span):
    """A heading; ``level`` is 1 (highest) to 6."""

    level: int
    text: str


class BlockView(Span):
    """A run of text that belongs together: heading, paragraph, list_item, table_row or toc_entry."""

    kind: str
    level: int = Field(description="1 to 6 for headings, else 0.")


class TableRow(Span):
    """A row of a table."""

    cells: list[str]
    header: bool = Field(description="Whether the row names the columns.")


class TableView(BaseModel):
    """A table."""

    rows: list[TableRow]


class WordView(Span):
    """A word of the text; its box (x0, y0, x1, y1) is in points from the top left of the page."""

    text: str
    box: Box


class PageImage(BaseModel):
    """A picture of the page as it is shown. Boxes times ``scale`` are pixels."""

    url: str = Field(description="Valid for a few minutes.")
    media_type: str
    width: int = Field(description="Pixels.")
    height: int = Field(description="Pixels.")
    scale: float = Field(description="Pixels for one point.")


class OcrView(BaseModel):
    """How text was recognised."""

    engine: str
    confidence: float = Field(description="0 to 1, the mean over the characters.")


class PageView(BaseModel):
    """What was understood of one page, in reading order; headers and footers are not part of the text."""

    document_id: str
    number: int = Field(description="From 1.")
    pages: int = Field(description="Pages of the document.")
    label: str = Field(description="The printed page number, where there is one.")
    language: str
    width: float | None = Field(description="Points (1/72 inch); null for formats without pages.")
    height: float | None = Field(description="Points.")
    scanned: bool = Field(description="Whether the page is a picture without text of its own.")
    ocr: OcrView | None = Field(description="Where text of the page was recognised in an image.")
    text: str
    headings: list[Heading]
    blocks: list[BlockView]
    tables: list[TableView]
    words: list[WordView]
    headers: list[str]
    footers: list[str]
    image: PageImage | None = Field(description="Null where there is none, or none yet.")


def document_view(document: DocumentRecord, jobs: Sequence[Job], root: str) -> DocumentView:
    """Return what the owner of a document sees; ``jobs`` are those about it, newest first."""
    understood = document.latest_extraction
    return DocumentView(
        document_id=document.document_id,
        file_name=document.file_name,
        media_type=document.media_type,
        size=document.size if document.sha256 else None,
        sha256=document.sha256 or None,
        product_id=document.product_id or None,
        case_id=document.case_id or None,
        created_at=to_text(document.created_at),
        expires_at=None if document.expires_at is None else to_text(document.expires_at),
        understood=None if understood is None else _understood(understood),
        index=_index(jobs),
        jobs=[_job(job, root) for job in jobs],
        first_page_url=page_url(root, document, 1) if understood else None,
    )


def page_url(root: str, document: DocumentRecord, number: int) -> str:
    """Return the address of a page below ``root``, the path that the API is served under."""
    return f"{root}/documents/{document.document_id}/pages/{number}"


def _understood(understood: Extraction) -> UnderstoodView:
    return UnderstoodView(
        at=to_text(understood.at),
        media_type=understood.media_type,
        pages=understood.page_count,
        language=understood.language,
        title=understood.title,
        headings=understood.headings,
        chunks=understood.chunks,
        ocr_pages=list(understood.ocr_pages),
    )


def _index(jobs: Sequence[Job]) -> IndexView:
    making = (job for job in jobs if job.kind is Kind.OUTPUT and INDEX in outputs_of(job))
    newest = next(making, None)
    if newest is None:
        return IndexView(status="none", job_id=None)
    return IndexView(status=newest.status.value, job_id=newest.job_id)


def _job(job: Job, root: str) -> DocumentJobView:
    return DocumentJobView(
        job_id=job.job_id,
        kind=job.kind.value,
        outputs=outputs_of(job),
        status=job.status.value,
        created_at=to_text(job.created_at),
        status_url=job_views.status_url(root, job.job_id),
    )


def outputs_of(job: Job) -> list[str]:
    """Return the outputs that a job makes, none for other kinds of jobs."""
    return [str(name) for name in job.params.get("outputs", [])]
