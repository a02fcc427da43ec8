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
# A lone character that is none is read with less certainty than this.
_SURE = 0.9


class PaddleOcr:
    """PP-OCR on one thread. The models (31 MB) load with the first page, in about a quarter of a second."""

    name = "ppocr"

    def __init__(self) -> None:
        self._loaded: tuple[Models, Alphabet] | None = None
        self._lock = threading.Lock()

    def read(self, pixels: Grey) -> list[ReadWord]:
        """Return the words of an upright image. Lines are read one by one: batches are no faster."""
        from functions.analyze.ocr.ppocr.alphabet import settle
        from functions.analyze.ocr.ppocr.detect import find_lines
        from functions.analyze.ocr.ppocr.leftover import find_leftovers
        from functions.analyze.ocr.ppocr.recognise import read_line, words_of

        models, alphabet = self._models()
        found = find_lines(pixels, models.detection)
        lone = find_leftovers(pixels, found)
        boxes = [*(box for box in found if box.bottom - box.top <= _TALL * (box.x1 - box.x0)), *lone]
        lines = [pixels[box.top : box.bottom, box.x0 : box.x1] for box in boxes]
        decoded = [read_line(line, models.recognition, alphabet) for line in lines]
        words: list[ReadWord] = []
        for number, characters in enumerate(settle(decoded)):
            box = boxes[number]
            place = (float(box.x0), float(box.top), float(box.x1), float(box.bottom))
            read = words_of(characters, decoded[number].length, lines[number], place, number)
            if number < len(boxes) - len(lone) or _is_sure(read):
                words += read
        return words

    def _models(self) -> tuple[Models, Alphabet]:
        from functions.analyze.ocr.ppocr.alphabet import Alphabet

        with self._lock:
            if self._loaded is None:
                models = load()
                self._loaded = models, Alphabet(models.characters)
            return self._loaded


def _is_sure(words: list[ReadWord]) -> bool:
    return all(word.confidence >= _SURE and any(map(str.isalnum, word.text)) for word in words)
