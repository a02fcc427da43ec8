"""Documents: the record beside the object in the file store, and what analyses have extracted of it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePosixPath, PureWindowsPath
from typing import Protocol

from shared.errors import ClauseworksError, PermanentError
from shared.files import keys
from shared.jobs.model import Owner

MEDIA_TYPES = {
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".html": "text/html",
    ".htm": "text/html",
    ".md": "text/markdown",
    ".txt": "text/plain",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
}
MAX_FILE_NAME = 200
# A job that was accepted while the document was still shown is in the indexes by then.
REMOVAL_DELAY = timedelta(hours=1)
# Who deletes a document wants it gone: indexes are behind by less than a second as a rule. A job that comes
# into them later still finds no document, and ends without having read it.
DELETION_DELAY = timedelta(seconds=10)


class DocumentNotFoundError(ClauseworksError):
    """There is no such document, or the caller may not see it."""

    status = 404

    def __init__(self, document_id: str) -> None:
        super().__init__("document-not-found", f"There is no document {document_id!r} among your documents.")


class DocumentGoneError(PermanentError):
    """The document was deleted while a job was reading it."""

    status = 409

    def __init__(self, document_id: str) -> None:
        super().__init__("document-deleted", f"Document {document_id!r} was deleted while the job read it.")


@dataclass(frozen=True, slots=True)
class Extraction:
    """What one analysis has extracted of a document; its files lie below ``prefix``.

    ``sha256`` (hex) and ``media_type`` are those of the bytes that were read, which lie under
    ``original_key``; ``recipe`` stands for all else that the pages depend on: with the same bytes and the
    same recipe any job gets the same pages. ``headings`` counts those of the outline, ``chunks`` the
    passages; ``ocr_pages`` are the numbers of the pages whose text was recognised in an image.
    """

    document_id: str
    job_id: str
    fence: int
    at: datetime
    sha256: str
    media_type: str
    recipe: str
    page_count: int
    original_key: str = ""
    original_version: str = ""
    language: str = ""
    title: str = ""
    headings: int = 0
    chunks: int = 0
    chunk_size: int = 0
    chunk_overlap: int = 0
    ocr_pages: tuple[int, ...] = ()

    @property
    def prefix(self) -> str:
        """Return what the keys of its files begin with; it carries the fence, as every key of a job does."""
        return keys.extraction_prefix(self.document_id, self.job_id, self.fence)


@dataclass(frozen=True, slots=True)
class DocumentRecord:
    """A document: an upload, or what an analysis found in a product of Directus (``product_id``).

    ``file_name`` is what the user called it, made safe. The object lies under ``key``; ``version_id``,
    ``sha256`` (hex) and ``size`` (bytes) are empty until the upload has been seen by a submission.
    ``extractions`` are what analyses have extracted of it, the newest analysis last. With ``deleted_at`` the
    document has been deleted, and is removed with everything about it; where it is ``emptied`` it was not
    deleted, but no extraction of it is left, and the jobs about it stay.
    """

    document_id: str
    owner: Owner
    file_name: str
    media_type: str
    created_at: datetime
    version_id: str = ""
    sha256: str = ""
    size: int = 0
    case_id: str = ""
    product_id: str = ""
    expires_at: datetime | None = None
    deleted_at: datetime | None = None
    emptied: bool = False
    extractions: tuple[Extraction, ...] = ()

    @property
    def latest_extraction(self) -> Extraction | None:
        """Return that of the newest analysis, or None."""
        return self.extractions[-1] if self.extractions else None

    def expired(self, now: datetime) -> bool:
        """Say whether the document's time is over: it is not shown any more."""
        return self.expires_at is not None and self.expires_at <= now

    @property
    def remove_at(self) -> datetime | None:
        """Return from when on the record and its objects are to be removed; None for never."""
        if self.deleted_at is not None:
            return self.deleted_at + DELETION_DELAY
        return None if self.expires_at is None else self.expires_at + REMOVAL_DELAY

    @property
    def key(self) -> str:
        """Return the object's key; it is made of our id alone, never of the user's words."""
        return keys.original(self.document_id)

    @property
    def prefix(self) -> str:
        """Return what every key of this document begins with."""
        return keys.document_prefix(self.document_id)


class DocumentStore(Protocol):
    """Where the records of documents live. Every method may raise TransientError."""

    def put(self, document: DocumentRecord) -> None:
        """Write the record, over an older one; what analyses have extracted stays as it is.

        Raises DocumentGoneError where the document has been deleted and is not removed yet.
        """
        ...

    def get(self, document_id: str) -> DocumentRecord | None:
        """Return the record, or None where there is none or it has expired."""
        ...

    def expired(self, document_id: str) -> DocumentRecord | None:
        """Return a document whose time is over and whose record is still there."""
        ...

    def to_remove(self, now: datetime, limit: int) -> list[str]:
        """Return ids of documents that expired, the longest expired first; ``get`` does not show them."""
        ...

    def deleted(self, now: datetime, limit: int) -> list[str]:
        """Return ids of documents that were deleted and are to be removed by now, the longest ago first."""
        ...

    def delete(self, document_id: str) -> None:
        """Remove the record and its extractions; a missing one is no error.

        The record goes last: cut short, the removal is begun again.
        """
        ...

    def begin_deletion(self, document_id: str, now: datetime) -> None:
        """Hide a document from now on, and have it removed with everything about it.

        Repeated, it changes nothing, but that it takes the place of the mark of an emptied one; a missing
        document is no error.
        """
        ...

    def mark_emptied(self, document_id: str, now: datetime) -> bool:
        """Hide a document of which no extraction is left, and have it removed without its jobs.

        Return whether the mark was written. It is not where the document is missing or marked already, or
        where something is understood of it, if it was published only this moment.
        """
        ...

    def publish(self, understood: Extraction, product: DocumentRecord | None = None) -> None:
        """Publish what a job has extracted, by one write, in place of what the same job had before.

        ``product`` is the record of a product's document, which is written along with it. Raises FencedError
        where another worker has the job by now, and DocumentGoneError where the document was deleted.
        """
        ...

    def withdraw(self, document_id: str, job_id: str) -> None:
        """Take back what a job has published of a document; where there is nothing, nothing changes."""
        ...

    def same_content(self, owner: Owner, sha256: str, recipe: str) -> list[Extraction]:
        """Return the extractions of the same bytes by the same recipe, of documents of one owner only.

        The newest analysis comes last. Documents that have expired or were deleted are left out.
        """
        ...


def safe_file_name(name: str) -> str:
    """Return a file name for display and downloads: no path, no control characters, not too long.

    The ending survives the cut. A name of which nothing is left becomes ``document``.
    """
    last = PurePosixPath(PureWindowsPath(unicodedata.normalize("NFC", name)).name).name
    clean = re.sub(r"\s+", " ", "".join(c for c in last if unicodedata.category(c)[0] != "C")).strip(" .")
    if len(clean) > MAX_FILE_NAME:
        ending = PurePosixPath(clean).suffix[:20]
        clean = clean[: MAX_FILE_NAME - len(ending)].rstrip() + ending
    return clean or "document"


def media_type_of(file_name: str) -> str | None:
    """Return the media type that a file name's ending stands for, or None for one we do not read."""
    return MEDIA_TYPES.get(PurePosixPath(file_name.lower()).suffix)
