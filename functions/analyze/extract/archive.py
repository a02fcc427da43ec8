"""Opens an archive from outside with care: what it would unpack to is checked before anything is."""

from __future__ import annotations

import io
import zipfile
import zlib

from functions.analyze.extract.source import ExtractionLimits
from shared.errors import PermanentError

_SMALL = 1024 * 1024


class Archive:
    """A ZIP archive in memory; reads single members, never more bytes than the archive declares."""

    def __init__(self, data: bytes, limits: ExtractionLimits) -> None:
        """Open. Raises PermanentError: ``docx-damaged``, ``archive-too-large``, ``docx-encrypted``."""
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
            raise _damaged() from error
        self._members = {info.filename: info for info in self._archive.infolist()}
        self._limits = limits
        _check(self._archive.infolist(), limits)

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def names(self) -> list[str]:
        """Return the members' names, sorted."""
        return sorted(self._members)

    def read(self, name: str) -> bytes:
        """Return a member.

        Raises PermanentError: ``docx-damaged`` for one missing or broken, ``archive-too-large``.
        """
        info = self._members.get(name)
        if info is None:
            raise _damaged()
        if info.file_size > self._limits.max_part_bytes:
            raise _too_large()
        try:
            with self._archive.open(info) as member:
                data = member.read(info.file_size + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError) as error:
            raise _damaged() from error
        if len(data) != info.file_size:
            raise _damaged()
        return data


def _check(members: list[zipfile.ZipInfo], limits: ExtractionLimits) -> None:
    total = sum(info.file_size for info in members)
    bombs = [
        info
        for info in members
        if info.file_size > _SMALL
        and info.file_size > limits.max_compression_ratio * max(1, info.compress_size)
    ]
    if len(members) > limits.max_archive_entries or total > limits.max_unpacked_bytes or bombs:
        raise _too_large()
    if any(info.flag_bits & 1 for info in members):
        raise PermanentError(
            "docx-encrypted", "The document is protected by a password. Remove it and send it again."
        )


def _too_large() -> PermanentError:
    detail = (
        "The file unpacks to far more than a document needs, and was not opened. Save it anew, or as PDF."
    )
    return PermanentError("archive-too-large", detail)


def _damaged() -> PermanentError:
    detail = "The Word document is damaged. Open it in Word, save it anew and send that file."
    return PermanentError("docx-damaged", detail)
