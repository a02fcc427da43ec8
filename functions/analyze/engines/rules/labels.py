"""Section numbers: ``Art. 12``, ``B 3.2.4``, ``F1.2``, ``202.9.1``, ``II``, ``3.``, ``§ 5``."""

from __future__ import annotations

import re
from dataclasses import dataclass

_KINDS = (
    r"Art(?:ikel|icle|\.)?|§|Ziff(?:er|\.)?|Section|Clause|Chapitre|Chapter|Kapitel|Teil|Part(?:ie)?|Titre"
    r"|Abschnitt|Baustein|Modul|Module"
)
_NUMBERED = re.compile(
    rf"\s*(?:(?:{_KINDS})\.?\s*)?"
    r"(?:(?P<letter>[A-Z])[\s.]?(?=\d))?(?P<digits>\d{1,3}(?:\.\d{1,3}){0,5})(?:[a-z](?![\w.)]))?(?P<stop>[.):]?)"
    r"(?=[\sA-ZÄÖÜÉ\"«–-]|$)",
)
_LETTER = re.compile(r"\s*(?P<letter>[A-Z])(?P<stop>[.):]?)\s+(?=[^\W\d_])")
_ROMAN = re.compile(r"\s*(?P<roman>[IVX]{2,5})(?P<stop>[.):]?)\s+(?=[^\W\d_])")
_CHAPTER = re.compile(rf"\s*(?:{_KINDS})\s+(?P<part>[A-Z]|[IVX]{{1,5}})(?:\s*[.):–—-]|\s*$)\s*")
_WORDED = re.compile(rf"\s*(?:{_KINDS})", re.IGNORECASE)

_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10}
_CHAPTER_PARTS = 2
_PLAIN_DIGITS = 2


@dataclass(frozen=True, slots=True)
class Label:
    """A section number in parts; ``B 3.2`` is ("B", "3", "2"). ``worded`` marks Art., §, Section."""

    parts: tuple[str, ...]
    worded: bool = False

    @property
    def shape(self) -> tuple[int, bool]:
        """Depth and whether a letter leads: numbers of one series share it."""
        return len(self.parts), self.parts[0].isalpha()

    @property
    def is_section(self) -> bool:
        """Say whether it numbers a section, not a list item (``3.``): it has depth or a word before it."""
        return self.worded or len(self.parts) > 1

    @property
    def starts_series(self) -> bool:
        """Whether this is the first of a series."""
        return self.parts[-1] in {"1", "A", "I"}

    @property
    def starts_chapter(self) -> bool:
        """Whether a letter series begins anew here (``C 1`` behind ``B 5.3``)."""
        return len(self.parts) == _CHAPTER_PARTS and self.parts[0].isalpha() and self.parts[1] in {"0", "1"}

    def is_below(self, other: Label) -> bool:
        """Whether ``other`` is a proper beginning of this number."""
        return len(other.parts) < len(self.parts) and self.parts[: len(other.parts)] == other.parts

    def follows(self, other: Label) -> bool:
        """Whether this is a later number of the same series."""
        if self.shape != other.shape or self.parts[:-1] != other.parts[:-1]:
            return False
        if self.parts[-1].isdigit() and other.parts[-1].isdigit():
            return int(self.parts[-1]) > int(other.parts[-1])
        mine, theirs = self.parts[-1], other.parts[-1]
        if len(mine) == len(theirs) == 1:
            return mine > theirs
        return _roman(mine) > _roman(theirs)

    def is_past(self, other: Label) -> bool:
        """Whether ``other``, of the same chapter letter or plain numbering, lies behind for good."""
        if self.parts[0].isalpha() != other.parts[0].isalpha() or len(self.parts) == 1:
            return False
        if self.parts[0].isalpha() and self.parts[0] != other.parts[0]:
            return False
        mine, theirs = _numbers(self.parts), _numbers(other.parts)
        return mine[: len(theirs)] > theirs


def parse_label(text: str) -> tuple[Label | None, int]:
    """Return the number that begins ``text`` and where the words behind it start."""
    chapter = _CHAPTER.match(text)
    if chapter:
        return Label((chapter.group("part"),), worded=True), chapter.end()
    for pattern in (_ROMAN, _LETTER):
        match = pattern.match(text)
        if match:
            part = match.groupdict().get("roman") or match.groupdict().get("letter") or ""
            return Label((part,)), match.end()
    match = _NUMBERED.match(text)
    if not match:
        return None, 0
    worded = bool(_WORDED.match(text))
    parts = tuple(match.group("digits").split("."))
    letter = match.group("letter")
    if not worded and not letter and len(parts) == 1 and not match.group("stop") and match.end() < len(text):
        return (
            (Label(parts), match.end())
            if len(parts[0]) <= _PLAIN_DIGITS and text[match.end()].isspace()
            else (None, 0)
        )
    return Label((letter, *parts) if letter else parts, worded), match.end()


def _numbers(parts: tuple[str, ...]) -> list[int]:
    return [int(part) for part in parts if part.isdigit()]


def _roman(part: str) -> int:
    """Return the value of a Roman number, or 0."""
    if not set(part) <= set(_ROMAN_VALUES):
        return 0
    values = [_ROMAN_VALUES[char] for char in part]
    following = [*values[1:], 0]
    return sum(-value if after > value else value for value, after in zip(values, following, strict=True))
