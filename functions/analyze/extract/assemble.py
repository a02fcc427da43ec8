"""Makes a document of its pages: what only the whole can tell (running margins, heading ranks, language)."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from functions.analyze.document.model import BlockKind, Document, Page
from functions.analyze.extract.contents import mark_contents
from functions.analyze.extract.headings import rank_headings
from functions.analyze.extract.margins import drop_margins
from shared.errors import PermanentError

_TITLE_LENGTH = 200
_LEAST_TEXT = 200
_DOUBTFUL = 0.8


def assemble(pages: Sequence[Page], media_type: str) -> Document:
    """Return the document of ``pages``, all of them in order.

    Raises PermanentError: ``no-text-layer`` for scans that were not recognised, ``no-text`` where there is
    nothing to read.
    """
    if not any(page.text.strip() for page in pages):
        raise _nothing(pages)
    finished = rank_headings(mark_contents(drop_margins(pages)))
    language = detect_language("\n".join(page.text for page in finished))
    finished = [dataclasses.replace(page, language=_language_of(page, language)) for page in finished]
    return Document(
        pages=tuple(finished),
        language=language,
        media_type=media_type,
        title=_title(finished),
        warnings=tuple(_warnings(finished)),
    )


def _nothing(pages: Sequence[Page]) -> PermanentError:
    if any(page.scanned and page.ocr is None for page in pages):
        detail = (
            "No page of the file has a text layer: it is a scan that was not recognised. "
            "Send a PDF with a text layer."
        )
        return PermanentError("no-text-layer", detail)
    return PermanentError(
        "no-text", "The file holds no text. Check that it is the right one and send it again."
    )


def detect_language(text: str) -> str:
    """Return the ISO 639-1 code of the language most of ``text`` is in."""
    import py3langid

    code, _ = py3langid.classify(text)
    return str(code)


def _language_of(page: Page, document: str) -> str:
    """Return the language of a page; a few words are taken to be in that of the document."""
    return detect_language(page.text) if len(page.text) >= _LEAST_TEXT else document


def _title(pages: Sequence[Page]) -> str:
    """Return the largest heading of the first page with text; its first line where type tells nothing."""
    page = next(page for page in pages if page.text.strip())
    headings = [block for block in page.blocks if block.kind is BlockKind.HEADING]
    best = max(headings, key=lambda block: (block.size, -block.level), default=None)
    if best is None or not (best.size or (best.level == 1 and best.start == 0)):
        return page.text.strip().splitlines()[0][:_TITLE_LENGTH]
    return page.text[best.start : best.end][:_TITLE_LENGTH]


def _warnings(pages: Sequence[Page]) -> list[str]:
    warnings = []
    if scanned := [str(page.number) for page in pages if page.scanned and page.ocr is None]:
        warnings.append(f"Without a text layer, and therefore not read: page {', '.join(scanned)}.")
    if pictures := [str(page.number) for page in pages if page.pictures and page.ocr is None]:
        warnings.append(f"Pictures that may hold text were not read: page {', '.join(pictures)}.")
    doubtful = [
        f"{page.number} ({page.ocr.confidence:.0%})"
        for page in pages
        if page.ocr is not None and page.ocr.confidence < _DOUBTFUL
    ]
    if doubtful:
        warnings.append(
            f"Recognised with low confidence, check against the scan: page {', '.join(doubtful)}."
        )
    return warnings
