"""The port of the file store: versioned objects under keys, and links for clients."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from shared.errors import PermanentError


class FileMissingError(PermanentError):
    """The object, or that version of it, is not there."""

    status = 404

    def __init__(self, key: str) -> None:
        super().__init__("file-missing", f"The stored file {key!r} no longer exists.")
        self.key = key


@dataclass(frozen=True, slots=True)
class FileInfo:
    """What the store knows of an object: ``size`` in bytes, and the version that was looked at."""

    key: str
    version_id: str
    size: int
    media_type: str


@dataclass(frozen=True, slots=True)
class UploadForm:
    """A presigned POST: the client sends ``fields``, then the file, to ``url``."""

    url: str
    fields: dict[str, Any]


class Files(Protocol):
    """Objects in one bucket. Every method may raise TransientError."""

    def put(self, key: str, data: bytes, media_type: str) -> FileInfo:
        """Store ``data`` as the newest version of ``key``."""
        ...

    def get(self, key: str, version_id: str = "") -> bytes:
        """Return the bytes of an object; raises FileMissingError."""
        ...

    def stream(self, key: str, version_id: str = "") -> Iterator[bytes]:
        """Yield an object in pieces of at most 1 MiB; raises FileMissingError."""
        ...

    def head(self, key: str, version_id: str = "") -> FileInfo | None:
        """Describe an object, or return None where it is missing."""
        ...

    def delete_prefix(self, prefix: str) -> int:
        """Remove every version of every object below ``prefix``; return how many objects went."""
        ...

    def link(self, key: str, *, file_name: str, media_type: str, seconds: int) -> str:
        """Return a presigned GET that a browser can follow for ``seconds``."""
        ...

    def upload_form(self, key: str, *, media_type: str, max_size: int, seconds: int) -> UploadForm:
        """Return a presigned POST for ``key`` with the size and type enforced by the store."""
        ...
