"""The type of a file: named by its ending, and checked against its first bytes."""

from __future__ import annotations

from functions.api.http.problems import RequestError
from shared.documents.model import MEDIA_TYPES, media_type_of

SNIFFED = 1024

_PDF = MEDIA_TYPES[".pdf"]
# What files of these types begin with; TIFF in either byte order, in its large form, too.
_SIGNS = {
    MEDIA_TYPES[".docx"]: (b"PK\x03\x04",),
    MEDIA_TYPES[".png"]: (b"\x89PNG\r\n\x1a\n",),
    MEDIA_TYPES[".jpg"]: (b"\xff\xd8\xff",),
    MEDIA_TYPES[".tif"]: (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
}
_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")


def require_media_type(file_name: str) -> str:
    """Return the media type of a file we read; raises RequestError for any other."""
    media_type = media_type_of(file_name)
    if media_type is None:
        endings = ", ".join(sorted(MEDIA_TYPES))
        raise RequestError("unsupported-file-type", f"The file's name has to end in one of {endings}.")
    return media_type


def require_content(media_type: str, first: bytes) -> None:
    """Refuse a file that is empty, or whose first bytes belie its type.

    PDF allows other bytes before its header, within the first 1024; UTF-16 text holds zero bytes, but
    begins with a byte order mark.
    """
    if not first:
        raise RequestError("empty-file", "The file is empty.")
    if media_type == _PDF:
        fits = b"%PDF-" in first[:SNIFFED]
    elif media_type in _SIGNS:
        fits = first.startswith(_SIGNS[media_type])
    else:
        fits = first.startswith(_BYTE_ORDER_MARKS) or b"\0" not in first[:SNIFFED]
    if not fits:
        raise RequestError("file-type-mismatch", f"The file's content is not {media_type}.")
