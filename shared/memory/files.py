"""Files in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from shared.files.port import FileInfo, FileMissingError, UploadForm


@dataclass(slots=True)
class MemoryFiles:
    """A versioned file store in memory."""

    _versions: dict[str, list[tuple[bytes, str]]] = field(default_factory=dict)

    def put(self, key: str, data: bytes, media_type: str) -> FileInfo:
        """See Files."""
        versions = self._versions.setdefault(key, [])
        versions.append((data, media_type))
        return FileInfo(key, f"v{len(versions)}", len(data), media_type)

    def get(self, key: str, version_id: str = "") -> bytes:
        """See Files."""
        return self._find(key, version_id)[0]

    def stream(self, key: str, version_id: str = "") -> Iterator[bytes]:
        """See Files."""
        yield self.get(key, version_id)

    def head(self, key: str, version_id: str = "") -> FileInfo | None:
        """See Files."""
        try:
            data, media_type = self._find(key, version_id)
        except FileMissingError:
            return None
        return FileInfo(key, version_id or f"v{len(self._versions[key])}", len(data), media_type)

    def delete_prefix(self, prefix: str) -> int:
        """See Files."""
        keys = [key for key in self._versions if key.startswith(prefix)]
        for key in keys:
            del self._versions[key]
        return len(keys)

    def link(self, key: str, *, file_name: str, media_type: str, seconds: int) -> str:
        """See Files; the link leads nowhere."""
        return f"memory://{key}?name={file_name}&type={media_type}&seconds={seconds}"

    def upload_form(self, key: str, *, media_type: str, max_size: int, seconds: int) -> UploadForm:
        """See Files; the form leads nowhere."""
        fields = {"key": key, "Content-Type": media_type, "max": max_size, "seconds": seconds}
        return UploadForm("memory://upload", fields)

    def keys(self) -> list[str]:
        """Return every key, sorted."""
        return sorted(self._versions)

    def _find(self, key: str, version_id: str) -> tuple[bytes, str]:
        versions = self._versions.get(key, [])
        index = int(version_id[1:]) - 1 if version_id else len(versions) - 1
        if not 0 <= index < len(versions):
            raise FileMissingError(key)
        return versions[index]


def sha256_of(pieces: Iterator[bytes]) -> str:
    """Return the SHA-256 (hex) of a stream."""
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()
