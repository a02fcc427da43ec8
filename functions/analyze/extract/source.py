"""The port of the extractors: a source opens a file and hands out its pages, batch by batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from functions.analyze.document import Document, Page


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may cost: pages, and bytes after unpacking (for formats that are archives).

    A part of XML that we read takes up to thirty times its bytes in memory.
    """

    max_pages: int = 2000
    max_unpacked_bytes: int = 512 * 1024 * 1024
    max_part_bytes: int = 48 * 1024 * 1024
    max_archive_entries: int = 5000
    max_compression_ratio: int = 200


DEFAULT_LIMITS = Limits()


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
