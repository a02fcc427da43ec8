"""A source whose file is read in a process of its own: the one to use for files from outside."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from typing import Any, cast

from functions.analyze.document.codec import page_from_dict, page_to_dict
from functions.analyze.document.model import Box, Document, Page
from functions.analyze.extract import ExtractionLimits, Visible, open_source
from functions.analyze.extract.apart import Allowance, StepFailedError, run_apart
from functions.analyze.extract.assemble import assemble
from functions.analyze.extract.bitmap import FOR_RECOGNITION, Bitmap, Look
from functions.analyze.extract.printed import Glyphs, Rules
from shared.errors import PermanentError


class GuardedSource:
    """Opens and reads a file as ``open_source`` does, each time in a child that ends with the call.

    Raises the same errors, and ``file-too-slow``, ``file-too-large`` or ``file-crashes-reader`` for what
    would otherwise take the whole process with it. Boxes of words come in tenths of a point.
    """

    def __init__(self, data: bytes, file_name: str, media_type: str | None, limits: ExtractionLimits) -> None:
        self._file = data, file_name, media_type, limits
        self._allowance = Allowance(limits.seconds_a_step, limits.memory_bytes)
        first, count, *flow = run_apart(self._look, self._allowance)
        self.media_type, self._count = str(first), int(count)
        self._flow = [page_from_dict(page) for page in flow]
        self._reader: Generator[Any, None, None] | None = None
        self._next = 0

    @property
    def page_count(self) -> int:
        """Return the number of pages."""
        return self._count

    def pages(self, first: int, last: int) -> list[Page]:
        """Return the pages ``first`` to ``last``; an error of the guard names the page it was at.

        Batches in a row are read by one child, which is a page or so ahead.
        """
        if self._flow:
            return self._flow[first - 1 : last]
        if self._reader is None or self._next != first:
            self._stop()
            self._next = first
            self._reader = run_apart(partial(self._read, first), self._allowance)
        found: list[Page] = []
        try:
            while self._next <= last:
                with _naming(self._next):
                    found.append(page_from_dict(next(self._reader)))
                self._next += 1
        except PermanentError:
            self._stop()
            raise
        if last == self._count:
            self._stop()
        return found

    def printed(self, number: int) -> tuple[list[Glyphs], Rules]:
        """Return the words of page ``number`` that need no recognition, and its drawn lines, in points."""
        words, rules = self._seen(number, lambda source: source.printed(number))
        return words, rules

    def bitmap(self, number: int, box: Box | None = None, look: Look = FOR_RECOGNITION) -> Bitmap:
        """Return what page ``number``, or the part of it in ``box``, looks like."""
        picture: Bitmap = self._seen(number, lambda source: source.bitmap(number, box, look))
        return picture

    def assemble(self, pages: Sequence[Page]) -> Document:
        """Return the document of all ``pages``."""
        return assemble(pages, self.media_type)

    def close(self) -> None:
        """Release the file."""
        self._stop()
        self._file, self._flow = (b"", "", None, self._file[3]), []

    def _look(self) -> Iterator[Any]:
        """Be the child that opens: yield type, number of pages, and the pages that come with opening."""
        with closing(open_source(*self._file)) as source:
            yield source.media_type
            yield source.page_count
            if not isinstance(source, Visible):
                yield from map(page_to_dict, source.pages(1, source.page_count))

    def _read(self, first: int) -> Iterator[Any]:
        """Be the child that reads: yield page after page."""
        with closing(open_source(*self._file)) as source:
            for number in range(first, self._count + 1):
                yield from map(page_to_dict, source.pages(number, number))

    def _seen(self, number: int, look: Callable[[Visible], Any]) -> Any:
        """Return what a child sees of page ``number``."""

        def steps() -> Iterator[Any]:
            with closing(open_source(*self._file)) as source:
                yield look(cast("Visible", source))

        self._stop()
        with _naming(number), closing(run_apart(steps, self._allowance)) as results:
            return next(results)

    def _stop(self) -> None:
        """End the child that reads."""
        if self._reader is not None:
            self._reader.close()
        self._reader = None


@contextmanager
def _naming(number: int) -> Iterator[None]:
    """Name the page in an error of the guard."""
    try:
        yield
    except StepFailedError as error:
        raise PermanentError(error.code, f"Page {number}: {error.detail}") from error
