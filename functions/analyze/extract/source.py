"""The port of the extractors: a source opens a file and hands out its pages, batch by batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from functions.analyze.document.model import Box, Document, Page
from functions.analyze.extract.bitmap import FOR_RECOGNITION, Bitmap, Look
from functions.analyze.extract.printed import Glyphs, Rules


@dataclass(frozen=True, slots=True)
class ExtractionLimits:
    """What a file may cost: pages, bytes after unpacking (for formats that are archives), pixels of an image.

    A part of XML that we read takes up to thirty times its bytes in memory, an image four bytes a pixel.
    ``seconds_a_step`` (of CPU time, for opening and for each page) and ``memory_bytes`` (beyond the worker's
    own) hold where the file is read in a process of its own.
    """

    max_pages: int = 2000
    max_unpacked_bytes: int = 512 * 1024 * 1024
    max_part_bytes: int = 48 * 1024 * 1024
    max_archive_entries: int = 5000
    max_compression_ratio: int = 200
    max_image_pixels: int = 80_000_000
    seconds_a_step: int = 30
    memory_bytes: int = 768 * 1024 * 1024


DEFAULT_LIMITS = ExtractionLimits()


class Source(Protocol):
    """An opened file. ``media_type`` is what the content is, whatever its name says."""

    media_type: str

    @property
    def page_count(self) -> int:
        """Return the number of pages, at least 1."""
        ...

    def pages(self, first: int, last: int) -> list[Page]:
        """Return the pages ``first`` to ``last`` (from 1, both included).

        A page depends on nothing but the file: any split into batches gives the same pages.
        Raises PermanentError (``pdf-page-damaged``) where a page cannot be read.
        """
        ...

    def assemble(self, pages: Sequence[Page]) -> Document:
        """Return the document of all ``pages``: repeated margins dropped, headings ranked, language found.

        Raises PermanentError (``no-text-layer``, ``no-text``) where no page has text.
        """
        ...

    def close(self) -> None:
        """Release the file; the source is of no use afterwards."""
        ...


@runtime_checkable
class Visible(Source, Protocol):
    """A source whose pages have a look: all that yield pages with ``scanned`` or ``pictures``."""

    def printed(self, number: int) -> tuple[list[Glyphs], Rules]:
        """Return the words of page ``number`` that need no recognition, and its drawn lines, in points."""
        ...

    def bitmap(self, number: int, box: Box | None = None, look: Look = FOR_RECOGNITION) -> Bitmap:
        """Return what page ``number``, or the part of it in ``box``, looks like.

        Raises PermanentError where it cannot be shown (``image-too-large``, ``image-damaged``).
        """
        ...
