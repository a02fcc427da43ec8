"""The output ``images``: pictures of the pages, for people, on which a viewer draws the boxes.

They are a job of their own, as they are there long before the index and do not depend on it.

PDFs, scans and images have a look of their own. DOCX, HTML, Markdown and plain text have none: where a line
of them ends is up to whoever shows it, and they have no boxes that a drawing of ours could carry. They get no
pictures.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from functions.analyze.document import extraction_files, source_file
from functions.analyze.document.source_file import SourceFile
from functions.analyze.extract import DEFAULT_LIMITS, ExtractionLimits
from functions.analyze.extract.bitmap import FOR_PEOPLE, Bitmap
from functions.analyze.extract.detect import WITH_A_LOOK
from functions.analyze.extract.guarded import GuardedSource
from shared.documents.extractions import extraction_gone
from shared.errors import PermanentError
from shared.files import keys
from shared.jobs.workflow import Run, Stage
from shared.observability import logger

# About a second of work, with encoding and storing.
PAGES_PER_UNIT = 10
_ENDING, _MEDIA_TYPE = "webp", "image/webp"
_QUALITY, _EFFORT = 80, 2


def encode(bitmap: Bitmap) -> bytes:
    """Return a bitmap as WebP: a page of text in colour takes about 100 KB, and 50 ms on one core."""
    from PIL import Image

    data = io.BytesIO()
    Image.fromarray(bitmap.pixels).save(data, "WEBP", quality=_QUALITY, method=_EFFORT)
    return data.getvalue()


class PageImages:
    """An output, made of the extraction that its job's parameters name.

    Pictures are made of the bytes that were read, by fixed rules: repeated, the same ones are written again.
    A page that cannot be shown has none, which is no error of the job.
    """

    revision = 1

    def __init__(self, run: Run, limits: ExtractionLimits = DEFAULT_LIMITS) -> None:
        self._run = run
        self._limits = limits

    @property
    def stages(self) -> Sequence[Stage]:
        """Return the one stage; it has no units for formats without a look."""
        return (Stage("images", 15, self._count, self._draw, self._pages_of),)

    def finish(self) -> Mapping[str, Any]:
        """Return how many pages have a picture."""
        return {"images": sum(len(pages) for pages in self._run.outputs("images"))}

    def undo(self) -> None:
        """Remove the pictures."""
        self._run.files.delete_prefix(keys.images_prefix(self._prefix))

    def _count(self) -> int:
        pages: int = self._about["pages"]
        return math.ceil(pages / PAGES_PER_UNIT) if self._about["media_type"] in WITH_A_LOOK else 0

    def _pages_of(self, units: int) -> int:
        pages: int = self._about["pages"]
        return min(units * PAGES_PER_UNIT, pages)

    def _draw(self, index: int) -> list[int]:
        """Draw a batch of pages; return the numbers of those that could be shown."""
        numbers = range(self._pages_of(index) + 1, self._pages_of(index + 1) + 1)
        drawn = [number for number in numbers if self._picture(number)]
        if self._run.files.head(keys.about(self._prefix)) is None:
            # Removed while a worker that stood still was in here: nothing else would look for them.
            self.undo()
            raise extraction_gone()
        return drawn

    def _picture(self, number: int) -> bool:
        """Store the picture of a page, then the note by which it is found."""
        source = self._source
        try:
            bitmap = source.bitmap(number, look=FOR_PEOPLE)
        except PermanentError as error:
            logger.warning("Page without a picture", page=number, problem=error.code)
            return False
        rows, columns = bitmap.pixels.shape[:2]
        note = {
            "ending": _ENDING,
            "media_type": _MEDIA_TYPE,
            "width": columns,
            "height": rows,
            "scale": round(1 / bitmap.scale, 6),
        }
        files = self._run.files
        files.put(keys.image(self._prefix, number, _ENDING), encode(bitmap), _MEDIA_TYPE)
        files.put(keys.image_note(self._prefix, number), json.dumps(note).encode(), "application/json")
        return True

    @property
    def _prefix(self) -> str:
        return extraction_files.prefix_of(self._run)

    @cached_property
    def _about(self) -> dict[str, Any]:
        return extraction_files.read_json(self._run, keys.about(self._prefix))

    @cached_property
    def _source(self) -> GuardedSource:
        file = SourceFile(**self._about["original"])
        data = source_file.read(self._run, file)
        return GuardedSource(data, file.file_name, file.media_type or None, self._limits)
