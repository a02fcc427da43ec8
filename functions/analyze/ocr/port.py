"""The port of text recognition: an engine reads the words off grey pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from functions.analyze.document.model import Box

if TYPE_CHECKING:
    from functions.analyze.extract.bitmap import Grey


@dataclass(frozen=True, slots=True)
class ReadWord:
    """A word as it was read: its box in pixels (x0, top, x1, bottom), and how sure the engine is (0 to 1).

    ``line`` numbers the run of words that the engine took for one line; ``box`` spans that line's height.
    """

    text: str
    box: Box
    confidence: float
    line: int


class Recogniser(Protocol):
    """An engine. It loads its models with the first page, and keeps them."""

    name: str

    def read(self, pixels: Grey) -> list[ReadWord]:
        """Return the words of an upright image (rows by columns, 0 black to 255 white), in no certain order.

        An image without text has none. Raises PermanentError (``ocr-unavailable``) where the engine's
        packages are not installed.
        """
        ...
