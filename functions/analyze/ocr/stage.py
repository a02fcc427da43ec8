"""The stage of text recognition: one page a unit, and only pages that need it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from functions.analyze.document.codec import page_from_dict, page_to_dict
from functions.analyze.document.model import Page
from functions.analyze.document.phases import RECOGNISING
from functions.analyze.extract.source import Source, Visible
from functions.analyze.ocr.port import Recogniser
from shared.errors import PermanentError
from shared.jobs.workflow import Run, Stage

# A page takes some seconds: of the time of a scanned document, recognition takes nearly all.
_WEIGHT = 40


class Recognition:
    """Reads the pages of a document that have no text layer, and the pictures on those that have one.

    Without an engine, a page that has no text layer is an error; pictures are passed over, and the document
    says so in a warning.
    """

    def __init__(self, run: Run, engine: Recogniser | None, source: Callable[[], Source]) -> None:
        self._run = run
        self._engine = engine
        self._source = source

    @property
    def stage(self) -> Stage:
        """Return the stage; it has no units where every page has its text."""
        return Stage("ocr", _WEIGHT, lambda: len(self._unread), self._recognise, phase=RECOGNISING)

    def pages(self) -> list[Page]:
        """Return all pages of the document, with what was recognised in place of what was extracted."""
        read = {page["number"]: page for page in self._run.outputs("ocr")}
        return [page_from_dict(read.get(page["number"], page)) for page in self._extracted]

    @property
    def _extracted(self) -> list[dict[str, Any]]:
        return [page for batch in self._run.outputs("extract") for page in batch]

    @property
    def _unread(self) -> list[dict[str, Any]]:
        return [
            page
            for page in self._extracted
            if page["scanned"] or (page["pictures"] and self._engine is not None)
        ]

    def _recognise(self, index: int) -> dict[str, Any]:
        page = page_from_dict(self._unread[index])
        source = self._source()
        if self._engine is None or not isinstance(source, Visible):
            raise PermanentError(
                "ocr-unavailable",
                f"Page {page.number} has no text layer, and text recognition is off here "
                "(OCR_ENGINE). Send a document with a text layer.",
            )
        from functions.analyze.ocr.page import recognise

        return page_to_dict(recognise(source, page, self._engine))
