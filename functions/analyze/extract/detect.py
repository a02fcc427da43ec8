"""Finds out what a file is by looking at it: names and declared types lie."""

from __future__ import annotations

from functions.analyze.extract.encoding import utf16_without_mark
from shared.errors import PermanentError

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
HTML = "text/html"
MARKDOWN = "text/markdown"
PLAIN = "text/plain"
PNG = "image/png"
JPEG = "image/jpeg"
TIFF = "image/tiff"
IMAGES = (PNG, JPEG, TIFF)
# What has pages that look the same wherever they are shown.
WITH_A_LOOK = frozenset({PDF, *IMAGES})

_IMAGE_SIGNS = {
    b"\x89PNG\r\n\x1a\n": PNG,
    b"\xff\xd8\xff": JPEG,
    b"II*\0": TIFF,
    b"MM\0*": TIFF,
    b"II+\0": TIFF,
    b"MM\0+": TIFF,
}
_OTHER_IMAGES = (b"GIF8", b"BM")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HTML_SIGNS = (b"<!doctype html", b"<html", b"<head", b"<body")
_PDF_WITHIN = 1024


def detect(data: bytes, file_name: str, media_type: str | None) -> str:
    """Return the media type of ``data``, one of this module's.

    Name and declared type decide only between plain text, Markdown and HTML fragments.
    Raises PermanentError: ``file-empty``, ``unsupported-type``, and others for what a name belies.
    """
    if not data.strip(b"\0 \t\r\n"):
        raise PermanentError("file-empty", "The file is empty. Send it again.")
    if b"%PDF-" in data[:_PDF_WITHIN]:
        return PDF
    if data.startswith(b"PK\x03\x04"):
        return _archive(data)
    if data.startswith(_OLE):
        raise _unsupported(
            "an old Office file (.doc, .xls, .ppt) or an encrypted one; save it as .docx or PDF"
        )
    for sign, image in _IMAGE_SIGNS.items():
        if data.startswith(sign):
            return image
    if data.startswith(_OTHER_IMAGES) or data[8:12] == b"WEBP":
        raise _unsupported("an image of another kind; save it as PNG, JPEG, TIFF or PDF")
    return _text(data, file_name.lower(), (media_type or "").split(";")[0].strip().lower())


def _unsupported(what: str) -> PermanentError:
    return PermanentError(
        "unsupported-type",
        f"The file is {what}. Supported: PDF, DOCX, HTML, Markdown, text, PNG, JPEG, TIFF.",
    )


def _archive(data: bytes) -> str:
    """Tell a DOCX by its parts; the central directory at the end names them."""
    if b"word/" in data:
        return DOCX
    raise _unsupported("an archive without a Word document in it; send the documents one by one")


def _text(data: bytes, name: str, media_type: str) -> str:
    utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    if not utf16 and b"\0" in data[:8192] and not utf16_without_mark(data):
        raise _unsupported("binary data of an unknown kind")
    if name.endswith(".pdf") or media_type == PDF:
        raise PermanentError("not-a-pdf", "The file is named a PDF, but is none. Send the PDF itself.")
    if name.endswith(".docx") or media_type == DOCX:
        raise PermanentError("docx-damaged", "The file is named a Word document, but is none. Save it anew.")
    start = data[:4096].lower().replace(b"\0", b"")
    if any(sign in start for sign in _HTML_SIGNS):
        return HTML
    if media_type == HTML or name.endswith((".html", ".htm", ".xhtml")):
        return HTML
    if media_type == MARKDOWN or name.endswith((".md", ".markdown")):
        return MARKDOWN
    return PLAIN
