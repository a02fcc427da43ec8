"""Images as documents: PNG, JPEG and TIFF; each frame of a TIFF is a page."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from functions.analyze.document.model import Box, Document, Page
from functions.analyze.extract.assemble import assemble
from functions.analyze.extract.bitmap import FOR_RECOGNITION, POINTS, Bitmap, Look
from functions.analyze.extract.detect import JPEG, PNG, TIFF
from functions.analyze.extract.pdf.render import too_large
from functions.analyze.extract.printed import Glyphs, Rules
from functions.analyze.extract.source import DEFAULT_LIMITS, ExtractionLimits
from shared.errors import PermanentError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

    from functions.analyze.extract.bitmap import Grey

_FORMATS = {PNG: "PNG", JPEG: "JPEG", TIFF: "TIFF"}
_LIKELY_DPI = (50.0, 1300.0)
_A4_LONG_SIDE = 842.0
_ORIENTATION = 0x0112
_SIDEWAYS = 5
# What makes each EXIF orientation upright, as numbers of PIL.Image.Transpose: 0 and 1 mirror left to right
# and top to bottom, 2 to 4 turn by 90, 180 and 270 degrees the other way, 5 and 6 mirror along a diagonal.
_TURNS = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}


class ImageSource:
    """An image file in memory. Pages are as they are shown: EXIF orientation is applied.

    Raises PermanentError: ``image-damaged``, ``image-too-large``, ``too-many-pages``.
    """

    def __init__(self, media_type: str, data: bytes, limits: ExtractionLimits = DEFAULT_LIMITS) -> None:
        self.media_type = media_type
        self._data = data
        self._limits = limits
        self._opened: Image | None = None
        self._count = self._count_pages()
        self._page(1)

    @property
    def page_count(self) -> int:
        """Return the number of pages."""
        return self._count

    def pages(self, first: int, last: int) -> list[Page]:
        """Return the pages ``first`` to ``last``, all of them still to be recognised."""
        return [self._page(number) for number in range(first, last + 1)]

    def printed(self, number: int) -> tuple[list[Glyphs], Rules]:
        """Return nothing: an image has no text layer."""
        return [], Rules((), ())

    def bitmap(self, number: int, box: Box | None = None, look: Look = FOR_RECOGNITION) -> Bitmap:
        """Return what page ``number``, or the part of it in ``box``, looks like."""
        page = self._page(number)
        x0, top, x1, bottom = box or (0.0, 0.0, page.width, page.height)
        dpi = look.resolution_for(x1 - x0, bottom - top)
        with self._frame(number) as image:
            # A JPEG can be read at a half, a quarter or an eighth of its size, which costs as much less.
            mode = "RGB" if look.colour else "L"
            image.draft(mode, (round(page.width * dpi / POINTS), round(page.height * dpi / POINTS)))
            shown = _upright(image, mode)
            scale = page.width / shown.width
            if box is not None:
                left, upper, right, lower = (round(value / scale) for value in box)
                shown = shown.crop((left, upper, max(right, left + 1), max(lower, upper + 1)))
            shrink = dpi / POINTS * scale
            if shrink < 1:
                shown = shown.resize(
                    (max(1, round(shown.width * shrink)), max(1, round(shown.height * shrink)))
                )
                scale /= shrink
            return Bitmap(_pixels(shown), scale, x0, top)

    def assemble(self, pages: Sequence[Page]) -> Document:
        """Return the document of all ``pages``."""
        return assemble(pages, self.media_type)

    def close(self) -> None:
        """Release the file."""
        self._opened, self._data = None, b""

    def _page(self, number: int) -> Page:
        """Return an empty page of the frame's size, after looking at nothing but its header."""
        with self._frame(number) as image:
            columns, rows = image.size
            sideways = image.getexif().get(_ORIENTATION, 1) >= _SIDEWAYS
            dpi = image.info.get("dpi", (0.0, 0.0))
        if columns * rows > self._limits.max_image_pixels:
            raise too_large(number, columns, rows, self._limits.max_image_pixels)
        scale = _scale(dpi, max(columns, rows))
        width, height = (rows, columns) if sideways else (columns, rows)
        return Page(number, "", width=width * scale, height=height * scale, scanned=True)

    @contextmanager
    def _frame(self, number: int) -> Iterator[Image]:
        """Open the file at one of its frames; nothing is unpacked before it is asked for.

        A TIFF stays open: each of its frames names the next, and the way to one is walked once only.
        """
        from PIL import Image

        with _readable(number):
            image = self._opened
            if image is None:
                image = Image.open(io.BytesIO(self._data), formats=(_FORMATS[self.media_type],))
            if self.media_type == TIFF:
                self._opened = image
                image.seek(number - 1)
            yield image

    def _count_pages(self) -> int:
        """Count the frames of a TIFF, one by one; other formats have one page."""
        if self.media_type != TIFF:
            return 1
        count = 1
        with self._frame(1) as image:
            while count <= self._limits.max_pages:
                try:
                    image.seek(count)
                except EOFError:
                    return count
                count += 1
        detail = f"The TIFF has more pages than the limit of {self._limits.max_pages}. Split it."
        raise PermanentError("too-many-pages", detail)


@contextmanager
def _readable(number: int) -> Iterator[None]:
    """Turn what the image library says of a bad file into our error.

    It raises what its decoders stumble over: OSError, ValueError, SyntaxError, struct.error, KeyError, more.
    Trying again mends none of them.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (PermanentError, MemoryError):
        raise
    except Exception as error:
        if type(error).__name__ == "DecompressionBombError":
            detail = f"The image on page {number} has too many pixels. Scan it at 300 dpi and send that."
            raise PermanentError("image-too-large", detail) from error
        detail = f"The image on page {number} is damaged or cut off. Open it, save it anew and send that."
        raise PermanentError("image-damaged", detail) from error


def _scale(dpi: Any, longest: int) -> float:
    """Return points per pixel: by the resolution that the file names, else as if it were an A4 sheet."""
    try:
        named = float(dpi[0])
    except (TypeError, ValueError, IndexError, ZeroDivisionError):
        named = 0.0
    low, high = _LIKELY_DPI
    return POINTS / named if low <= named <= high else _A4_LONG_SIDE / max(1, longest)


def _upright(image: Image, mode: str) -> Image:
    """Return the frame as it is shown, in grey (``L``) or colour (``RGB``); transparent parts are white."""
    from PIL import Image

    orientation = image.getexif().get(_ORIENTATION, 1)
    if image.mode.startswith("I") or image.mode == "F":
        shown = Image.fromarray(_eight_bits(image)).convert(mode)
    elif image.mode == "LAB":
        shown = image.getchannel(0).convert(mode)
    elif image.has_transparency_data:
        clear = image.convert("RGBA")
        shown = Image.new(mode, image.size, "white")
        shown.paste(clear.convert(mode), mask=clear.getchannel("A"))
    else:
        shown = image.convert(mode)
    turn = _TURNS.get(orientation)
    return shown if turn is None else shown.transpose(Image.Transpose(turn))


def _eight_bits(image: Image) -> Grey:
    """Return the pixels of an image of more than eight bits; those of floats by their own range."""
    import numpy as np

    values: NDArray[Any] = np.asarray(image)
    if values.dtype.kind != "f":
        return np.asarray(np.clip(values, 0, 65535) >> 8, dtype=np.uint8)
    values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    return np.asarray((values - low) * (255.0 / max(high - low, 1e-6)), dtype=np.uint8)


def _pixels(shown: Image) -> Grey:
    import numpy as np

    return np.array(shown, dtype=np.uint8)
