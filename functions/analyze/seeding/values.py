"""Values as the customer's fields take them: texts cut to their lengths, numbers within their range."""

from __future__ import annotations

import math
import unicodedata

MAX_NAME = 255
MAX_REFERENCE = 200
MAX_TEXT = 20_000

SCALE = 4
LARGEST = 10.0**14 - 1
"""What a decimal of 18 digits with 4 of them behind the point holds."""

UNLIMITED = "unlimited"

_ELLIPSIS = "…"
_KEPT = "\n\t"
_LAST_OF_PLANE = 0xFFFE
_NONCHARACTERS = range(0xFDD0, 0xFDF0)


def text(value: str, length: int) -> str | None:
    """Return a text without control characters, cut to ``length``; None where nothing is left."""
    kept = "".join(character for character in value if _printable(character)).strip()
    if len(kept) > length:
        kept = kept[: length - len(_ELLIPSIS)].rstrip() + _ELLIPSIS
    return kept or None


def number(value: float) -> int | float | None:
    """Return a number as the field keeps it, whole where it is whole; None where it does not fit."""
    if not math.isfinite(value) or abs(value) > LARGEST:
        return None
    rounded = round(float(value), SCALE)
    return int(rounded) if rounded.is_integer() else rounded


def amount(value: float | None, unit: str) -> str | None:
    """Return a benefit's value as text; a number of any size has one."""
    if value is None:
        return UNLIMITED if unit == UNLIMITED else None
    fitting = number(value)
    return str(value if fitting is None else fitting)


def place(reference: str, page: int) -> str:
    """Return a document's reference with the page, which stays whole where the text is cut."""
    suffix = f", p. {page}"
    title = text(reference, MAX_REFERENCE - len(suffix))
    return title + suffix if title else suffix.removeprefix(", ")


def _printable(character: str) -> bool:
    code = ord(character)
    if code & _LAST_OF_PLANE == _LAST_OF_PLANE or code in _NONCHARACTERS:
        return False
    return character in _KEPT or unicodedata.category(character) not in {"Cc", "Cs"}
