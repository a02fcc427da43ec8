"""The engine: lines found, then read one by one."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from functions.analyze.ocr.port import ReadWord
from functions.analyze.ocr.ppocr.models import Models, load

if TYPE_CHECKING:
    from functions.analyze.extract.bitmap import Grey
    from functions.analyze.ocr.ppocr.alphabet import Alphabet

# A line is wider than high; what is higher was printed from bottom to top, in a margin.
_TALL = 1.5


class PaddleOcr:
    """PP-OCR on one thread. The models (31 MB) load with the first page, in about a quarter of a second."""

    name = "ppocr"

    def __init__(self) -> None:
        self._loaded: tuple[Models, Alphabet] | None = None
        self._lock = threading.Lock()

    def read(self, pixels: Grey) -> list[ReadWord]:
        """Return the words of an upright image. Lines are read one by one: batches are no faster."""
        from functions.analyze.ocr.ppocr.detect import find_lines
        from functions.analyze.ocr.ppocr.recognise import read_line

        models, alphabet = self._models()
        words: list[ReadWord] = []
        for number, box in enumerate(find_lines(pixels, models.detection)):
            if box.bottom - box.top > _TALL * (box.x1 - box.x0):
                continue
            line = pixels[box.top : box.bottom, box.x0 : box.x1]
            place = (float(box.x0), float(box.top), float(box.x1), float(box.bottom))
            words += read_line(line, place, number, models.recognition, alphabet)
        return words

    def _models(self) -> tuple[Models, Alphabet]:
        from functions.analyze.ocr.ppocr.alphabet import Alphabet

        with self._lock:
            if self._loaded is None:
                models = load()
                self._loaded = models, Alphabet(models.characters)
            return self._loaded
