"""Uploaded documents: the record beside the object in the file store."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePosixPath, PureWindowsPath
from typing import Protocol

from shared.errors import ClauseworksError
from shared.jobs.model import Owner

MEDIA_TYPES = {
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".html": "text/html",
    ".htm": "text/html",
    ".md": "text/markdown",
    ".txt": "text/plain",
}
MAX_FILE_NAME = 200
# A job that was accepted while the document was still shown is in the indexes by then.
REMOVAL_DELAY = timedelta(hours=1)


class DocumentNotFoundError(ClauseworksError):
    """There is no such document, or the caller may not see it."""

    status = 404

    def __init__(self, document_id: str) -> None:
        super().__init__("document-not-found", f"There is no document {document_id!r} among your documents.")


@dataclass(frozen=True, slots=True)
class Document:
    """An uploaded document.

    ``file_name`` is what the user called it, made safe. The object lies under ``key``; ``version_id``,
    ``sha256`` (hex) and ``size`` (bytes) are empty until the upload has been seen by a submission.
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
    expires_at: datetime | None = None

    def expired(self, now: datetime) -> bool:
        """Say whether the document's time is over: nobody sees it any more."""
        return self.expires_at is not None and self.expires_at <= now

    @property
    def remove_at(self) -> datetime | None:
        """Return from when on the record and its objects are to be removed; None for never."""
        return None if self.expires_at is None else self.expires_at + REMOVAL_DELAY

    @property
    def key(self) -> str:
        """Return the object's key; it is made of our id alone, never of the user's words."""
        return f"{self.prefix}original"

    @property
    def prefix(self) -> str:
        """Return what every key of this document begins with."""
        return f"documents/{self.document_id}/"


class DocumentStore(Protocol):
    """Where the records of uploads live. Every method may raise TransientError."""

    def put(self, document: Document) -> None:
        """Write the record, over an older one."""
        ...

    def get(self, document_id: str) -> Document | None:
        """Return the record, or None where there is none or it has expired."""
        ...

    def expired(self, document_id: str) -> Document | None:
        """Return a document whose time is over and whose record is still there."""
        ...

    def to_remove(self, now: datetime, limit: int) -> list[str]:
        """Return ids of documents to be removed, the longest expired first; ``get`` does not show them."""
        ...

    def delete(self, document_id: str) -> None:
        """Remove the record; a missing one is no error."""
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
